"""Receivers that wait for a message: one thread looks on behalf of all of them, and only when there may be something to see."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from localcloud.mns.model import Message


@dataclass(frozen=True)
class _Receiver:
    count: int
    deadline: float
    future: Future[list[Message]] = field(default_factory=Future)


class LongPolls:
    """`take` hands out up to so many messages of a queue, and `put_back` undoes that for whoever hung up in that very moment.

    `soonest` says in how many seconds another message shows itself, None for never.
    Receivers of a queue are served in the order in which they came. Deadlines run by the monotonic clock.
    """

    def __init__(
        self,
        take: Callable[[str, int], list[Message]],
        put_back: Callable[[str, list[Message]], None],
        soonest: Callable[[str], float | None],
    ) -> None:
        self._take = take
        self._put_back = put_back
        self._soonest = soonest
        self._bell = threading.Condition()
        self._receivers: dict[str, list[_Receiver]] = {}
        self._look_at: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def wait(self, queue: str, count: int, seconds: float) -> Future[list[Message]]:
        """Done with the messages, or with none after `seconds`. Whoever no longer waits cancels it."""
        receiver = _Receiver(count, time.monotonic() + seconds)
        with self._bell:
            if self._closed:
                receiver.future.set_result([])
                return receiver.future
            self._receivers.setdefault(queue, []).append(receiver)
            # A message may have come since the caller looked.
            self._look_at[queue] = 0.0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mns-polls", daemon=True)
                self._thread.start()
            self._bell.notify()
        return receiver.future

    def wake(self, queue: str) -> None:
        """There may be something new in the queue; called once it is committed."""
        with self._bell:
            if queue in self._receivers:
                self._look_at[queue] = 0.0
                self._bell.notify()

    def close(self) -> None:
        """Send everyone home who waits."""
        with self._bell:
            self._closed = True
            self._bell.notify()
            everyone = [receiver for receivers in self._receivers.values() for receiver in receivers]
            self._receivers.clear()
        _answer(everyone, [])
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._bell:
                if self._closed:
                    return
                now = time.monotonic()
                due = [queue for queue, moment in self._look_at.items() if moment <= now]
                if not due:
                    self._bell.wait(min(self._look_at.values()) - now if self._look_at else None)
            for queue in due:
                self._look(queue)

    def _look(self, queue: str) -> None:
        with self._bell:
            receivers = list(self._receivers.get(queue, ()))
            self._look_at[queue] = math.inf
        try:
            pause = self._serve(queue, receivers)
        except Exception as error:  # noqa: BLE001 - the boundary of a thread: what fails for one queue is told to those who wait for it
            _fail(receivers, error)
            pause = None
        now = time.monotonic()
        _answer([receiver for receiver in receivers if receiver.deadline <= now], [])
        with self._bell:
            left = [receiver for receiver in self._receivers.get(queue, ()) if not receiver.future.done()]
            if left:
                self._receivers[queue] = left
                moments = [receiver.deadline for receiver in left] + ([now + pause] if pause is not None else [])
                self._look_at[queue] = min(self._look_at[queue], *moments)
            else:
                self._receivers.pop(queue, None)
                del self._look_at[queue]

    def _serve(self, queue: str, receivers: list[_Receiver]) -> float | None:
        """Give what there is to those who came first. Returns in how many seconds there may be more."""
        for receiver in receivers:
            if receiver.future.done():
                continue
            messages = self._take(queue, receiver.count)
            if not messages:
                # A little late rather than a little early, which would be one more look for nothing.
                seconds = self._soonest(queue)
                return None if seconds is None else max(seconds, 0) + 0.002
            if not _answer([receiver], messages):
                self._put_back(queue, messages)
        return None


def _answer(receivers: Iterable[_Receiver], messages: list[Message]) -> bool:
    """Whether all of them still waited."""
    waited = True
    for receiver in receivers:
        try:
            receiver.future.set_result(messages)
        except InvalidStateError:
            waited = False
    return waited


def _fail(receivers: Iterable[_Receiver], error: Exception) -> None:
    for receiver in receivers:
        if not receiver.future.done():
            receiver.future.set_exception(error)
