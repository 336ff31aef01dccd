"""Threads that take work from the store: a claim, then the work, again and again, and a rest when there is none."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger("localcloud.ims")

Item = TypeVar("Item")
REST_SECONDS = 0.5
"""After so long a rest the store is asked again, even if nobody called."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds until an item is tried again whose end the store could not keep, as on a full disk."""


class Stopped(Exception):
    """The service is being stopped; what was under way stays as it is in the store, and is done again after the next start."""


def own_fault(error: Exception) -> str:
    """What a caller is told of a fault that is not his. Of an error of the system its cause, such as a full disk, but not the file."""
    cause = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"the laptop cloud failed with {type(error).__name__}{cause}; its log says more"


class Runner(Generic[Item]):
    """`claim` returns None when there is nothing to do; `give_up` is told of an item whose `run` raised.

    Where the store is in trouble (sqlite3.OperationalError) both are tried again until it is not: nobody else has claimed the item.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        claim: Callable[[], Item | None],
        run: Callable[[Item], None],
        give_up: Callable[[Item, Exception], None],
    ) -> None:
        self._claim = claim
        self._run = run
        self._give_up = give_up
        self._calls = 0
        self._stopping = False
        self._called = threading.Condition()
        self._threads = [threading.Thread(target=self._loop, name=f"{name}-{number}", daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def call(self) -> None:
        """There may be something to do."""
        with self._called:
            self._calls += 1
            self._called.notify_all()

    def stop(self) -> None:
        """Take nothing more. What is under way must be ended by its owner; `join` waits for it."""
        with self._called:
            self._stopping = True
            self._called.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for what is under way, no longer than `seconds` in all."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _loop(self) -> None:
        while not self._stopping:
            # Read before the claim, so that a call during it is not slept through.
            calls = self._calls
            if not self._step():
                with self._called:
                    self._called.wait_for(lambda seen=calls: self._stopping or self._calls != seen, REST_SECONDS)  # type: ignore[misc]

    def _step(self) -> bool:
        try:
            item = self._claim()
        except Exception:  # The boundary of a thread: it has to live on.
            log.exception("the store could not be asked for work")
            return False
        return item is not None and self._is_done(item)

    def _is_done(self, item: Item) -> bool:
        """False where it was stopped."""
        try:
            self._until_kept(lambda: self._run(item))
        except Stopped:
            return False
        except Exception as error:  # noqa: BLE001 - the boundary of an item, whose owner tells of it
            return self._is_given_up(item, error)
        return True

    def _is_given_up(self, item: Item, error: Exception) -> bool:
        try:
            self._until_kept(lambda: self._give_up(item, error))
        except Stopped:
            return False
        except Exception:  # The boundary of a thread: it has to live on, and the item is done again after the next start.
            log.exception("an end could not be told")
        return True

    def _until_kept(self, act: Callable[[], None]) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                return act()
            except sqlite3.OperationalError as trouble:
                log.error("the store is in trouble (%s); what is under way is tried again in %g s", trouble, pause)
            with self._called:
                if self._called.wait_for(lambda: self._stopping, pause):
                    raise Stopped
            pause = min(2 * pause, LONGEST_PAUSE)
