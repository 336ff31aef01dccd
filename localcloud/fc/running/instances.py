"""The instances of all functions: kept warm, scaled out under a limit, and let go when idle."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from localcloud.fc.errors import Stopped, TooManyInstances
from localcloud.fc.running.instance import Call, Instance, Launch, Outcome
from localcloud.fc.running.report import SUCCESS, Report

log = logging.getLogger("localcloud.fc")


LAST_WORDS_SECONDS = 5.0
"""How long preStop hooks may hold up the end of the laptop cloud; each has its own timeout otherwise."""


@dataclass(frozen=True)
class Limits:
    """How many instances there may be, and how long an idle one is kept, in seconds."""

    per_function: int = 4
    total: int = 16
    idle_seconds: float = 300.0
    # Its temporary keys are good for 36 hours.
    life_seconds: float = 35 * 3600.0


@dataclass(frozen=True)
class Ran:
    """An outcome, the instance that it came from, and the checksum of the code that the instance was started with."""

    outcome: Outcome
    instance_id: str
    code_checksum: str = ""


@dataclass(frozen=True)
class Running:
    """An instance that is up, since `since` (seconds since the epoch)."""

    instance_id: str
    since: float


class Instances:
    """Runs calls in instances. `launch` says how to start an instance of a function, `write_log` takes a line of its log.

    `reserved` bounds a function's instances further (its reserved concurrency).
    """

    def __init__(
        self,
        launch: Callable[[str, str], Launch],
        write_log: Callable[[str, str], None],
        limits: Limits | None = None,
        reserved: Mapping[str, int] | None = None,
    ) -> None:
        self._launch = launch
        self._write_log = write_log
        self.limits = limits or Limits()
        self._reserved = reserved or {}
        self._changed = threading.Condition()
        self._idle: dict[str, list[Instance]] = defaultdict(list)
        self._busy: dict[Instance, str] = {}
        self._calls: dict[str, Instance] = {}
        self._ending: set[str] = set()
        self._count: Counter[str] = Counter()
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._reap, name="fc idle instances", daemon=True).start()

    def stop(self) -> None:
        """End every instance: idle ones with their preStop hook, busy ones at once."""
        with self._changed:
            self._stopping.set()
            idle = [instance for instances in self._idle.values() for instance in instances]
            self._idle.clear()
            busy = list(self._busy)
            self._changed.notify_all()
        ending = [threading.Thread(target=instance.stop, args=(LAST_WORDS_SECONDS,)) for instance in idle]
        ending += [threading.Thread(target=instance.kill) for instance in busy]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def running(self, function: str) -> list[Running]:
        """The instances of a function that are up."""
        with self._changed:
            up = [*self._idle[function], *(instance for instance, owner in self._busy.items() if owner == function)]
        return [Running(instance.instance_id, instance.since) for instance in up if instance.alive]

    def end(self, request_id: str) -> None:
        """End the instance that runs this request, or is about to; the request fails with it."""
        with self._changed:
            self._ending.add(request_id)
            instance = self._calls.get(request_id)
        if instance:
            instance.kill()

    def run(self, function: str, call: Call, wait_seconds: float = 0) -> Ran:
        """Run `call`, waiting up to `wait_seconds` for an instance. Raises TooManyInstances or Stopped."""
        instance = self._take(function, wait_seconds)
        init, start = 0.0, Outcome(b"")
        cold = instance is None
        try:
            if instance is None:
                began = time.monotonic()
                instance = self._launched(function)
                start = instance.start(call.request_id)
                init = time.monotonic() - began
            outcome = start if start.error_type else self._invoke(instance, call)
        finally:
            self._give_back(function, instance)
        duration, initializer = (0.0, outcome.duration) if start.error_type else (outcome.duration, start.duration)
        told = Report(call.request_id, function, cold, init, initializer, duration, outcome.memory, outcome.error_type or SUCCESS)
        self._write_log(function, str(told))
        if self._stopping.is_set() and outcome.error_type:
            raise Stopped
        return Ran(outcome, instance.instance_id, instance.code_checksum)

    def _invoke(self, instance: Instance, call: Call) -> Outcome:
        with self._changed:
            self._calls[call.request_id] = instance
            ending = call.request_id in self._ending
        try:
            if ending:
                instance.kill()
            return instance.invoke(call)
        finally:
            with self._changed:
                self._calls.pop(call.request_id)
                self._ending.discard(call.request_id)

    def _take(self, function: str, wait_seconds: float) -> Instance | None:
        """A warm instance, or None with a place reserved for a new one."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while not self._stopping.is_set():
                if self._idle[function]:
                    instance = self._idle[function].pop()
                    if self._fit(instance):
                        self._busy[instance] = function
                        return instance
                    self._discard(function, instance)
                elif self._count[function] < self._most(function) and self._make_room():
                    self._count[function] += 1
                    return None
                elif not self._changed.wait(deadline - time.monotonic()):
                    raise TooManyInstances(self._most(function))
        raise Stopped

    def _most(self, function: str) -> int:
        return min(self.limits.per_function, self._reserved.get(function, self.limits.per_function))

    def _fit(self, instance: Instance) -> bool:
        return instance.alive and time.monotonic() - instance.started < self.limits.life_seconds

    def _make_room(self) -> bool:
        """Whether there is room for one more in all, letting the longest idle instance of another function go for it."""
        if self._count.total() < self.limits.total:
            return True
        idle = [(instances[0].idle_since, function) for function, instances in self._idle.items() if instances]
        if not idle:
            return False
        _, function = min(idle)
        self._discard(function, self._idle[function].pop(0))
        return True

    def _discard(self, function: str, instance: Instance) -> None:
        self._count[function] -= 1
        threading.Thread(target=instance.stop, name=f"{instance.instance_id} stop", daemon=True).start()

    def _launched(self, function: str) -> Instance:
        instance_id = f"i-{secrets.token_hex(8)}"
        instance = Instance(instance_id, self._launch(function, instance_id), lambda line: self._write_log(function, line))
        with self._changed:
            self._busy[instance] = function
            if self._stopping.is_set():
                threading.Thread(target=instance.kill, daemon=True).start()
        return instance

    def _give_back(self, function: str, instance: Instance | None) -> None:
        with self._changed:
            if instance:
                self._busy.pop(instance, None)
            if instance and self._stopping.is_set():
                self._discard(function, instance)
            elif instance and instance.alive:
                instance.idle_since = time.monotonic()
                self._idle[function].append(instance)
            else:
                self._count[function] -= 1
            self._changed.notify_all()

    def _reap(self) -> None:
        while not self._stopping.wait(min(1.0, self.limits.idle_seconds)):
            with self._changed:
                oldest = time.monotonic() - self.limits.idle_seconds
                for function, instances in self._idle.items():
                    while instances and instances[0].idle_since < oldest:
                        self._discard(function, instances.pop(0))
