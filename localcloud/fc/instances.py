"""The instances of all functions: kept warm, scaled out under a limit, and let go when idle."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from localcloud.fc.errors import Stopped, TooManyInstances
from localcloud.fc.instance import Call, Instance, Launch, Outcome

log = logging.getLogger("localcloud.fc")


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
    """An outcome and the instance that it came from."""

    outcome: Outcome
    instance_id: str


class Instances:
    """Runs calls in instances. `launch` says how to start an instance of a function, `write_log` takes a line of its log."""

    def __init__(self, launch: Callable[[str, str], Launch], write_log: Callable[[str, str], None], limits: Limits | None = None) -> None:
        self._launch = launch
        self._write_log = write_log
        self.limits = limits or Limits()
        self._changed = threading.Condition()
        self._idle: dict[str, list[Instance]] = defaultdict(list)
        self._busy: set[Instance] = set()
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
        ending = [threading.Thread(target=instance.stop) for instance in idle]
        ending += [threading.Thread(target=instance.kill) for instance in busy]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def run(self, function: str, call: Call, wait_seconds: float = 0) -> Ran:
        """Run `call`, waiting up to `wait_seconds` for an instance. Raises TooManyInstances or Stopped."""
        with self._instance(function, call, wait_seconds) as (instance, failed_start):
            outcome = failed_start or instance.invoke(call)
        if self._stopping.is_set() and outcome.error_type:
            raise Stopped
        return Ran(outcome, instance.instance_id)

    @contextlib.contextmanager
    def _instance(self, function: str, call: Call, wait_seconds: float) -> Iterator[tuple[Instance, Outcome | None]]:
        instance = self._take(function, wait_seconds)
        failed_start = None
        try:
            if instance is None:
                instance, failed_start = self._start(function, call)
            yield instance, failed_start
        finally:
            self._give_back(function, None if failed_start else instance)

    def _take(self, function: str, wait_seconds: float) -> Instance | None:
        """A warm instance, or None with a place reserved for a new one."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while not self._stopping.is_set():
                if self._idle[function]:
                    instance = self._idle[function].pop()
                    if self._fit(instance):
                        self._busy.add(instance)
                        return instance
                    self._discard(function, instance)
                elif self._count[function] < self.limits.per_function and self._make_room():
                    self._count[function] += 1
                    return None
                elif not self._changed.wait(deadline - time.monotonic()):
                    raise TooManyInstances(self.limits.per_function)
        raise Stopped

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

    def _start(self, function: str, call: Call) -> tuple[Instance, Outcome | None]:
        instance_id = f"i-{secrets.token_hex(8)}"
        began = time.monotonic()
        instance = Instance(instance_id, self._launch(function, instance_id), lambda line: self._write_log(function, line))
        with self._changed:
            self._busy.add(instance)
            if self._stopping.is_set():
                threading.Thread(target=instance.kill, daemon=True).start()
        outcome = instance.start(call.request_id)
        milliseconds = (time.monotonic() - began) * 1000
        self._write_log(function, f"instance {instance_id} cold start {milliseconds:.0f} ms")
        if not outcome.error_type:
            return instance, None
        log.warning("function %s: instance %s failed to start", function, instance_id)
        instance.kill()
        with self._changed:
            self._busy.discard(instance)
        return instance, outcome

    def _give_back(self, function: str, instance: Instance | None) -> None:
        with self._changed:
            if instance:
                self._busy.discard(instance)
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
