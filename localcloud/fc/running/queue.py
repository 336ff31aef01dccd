"""Asynchronous invocations: kept on disk until they have ended, run again after errors, and reported to their destinations.

At least once: one that was running when the process was killed runs again. The rules are those of the official help, "Retry policy for
asynchronous invocations"; the pause between two attempts is not documented, and starts at one second here (assumption).
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from localcloud.fc.errors import Stopped, TooManyInstances
from localcloud.fc.project.project import AsyncInvocation
from localcloud.fc.running.async_store import EXPIRED, FAILED, STOPPED, SUCCEEDED, AsyncStore, End, Kept
from localcloud.fc.running.destinations import Postman, destination_of
from localcloud.fc.running.instance import Call, Outcome
from localcloud.fc.running.instances import Ran
from localcloud.fc.running.invocation import new_request_id
from localcloud.ports import Queues

log = logging.getLogger("localcloud.fc")

LONGEST_BACK_OFF = 60.0
LONGEST_SLEEP = 1.0
"""Seconds between two looks at the queue, lest a clock that is set back holds it up."""
NOT_WANTED = Outcome(json.dumps({"errorMessage": "The async task was stopped"}).encode(), "InvocationStopped")
TOO_OLD = Outcome(json.dumps({"errorMessage": "The maximum age of the event was exceeded"}).encode(), "EventAgeExceeded")


def growing_delay(failures: int) -> float:
    """Seconds to wait after so many failures: 1, 2, 4, …"""
    return 2.0 ** (failures - 1)


def refusal_delay(refusals: int) -> float:
    """Seconds to wait after so many refusals for lack of instances: 0.5, 1, 2, 4, … (official help)."""
    return min(0.5 * 2.0 ** min(refusals - 1, 16), LONGEST_BACK_OFF)


@dataclass(frozen=True)
class UnderWay:
    """An invocation that runs now, since `started` (seconds since the epoch)."""

    function: str
    started: float


class AsyncInvocations:
    """The queue of asynchronous invocations. `run` runs one call; at most `at_once` of a function run together.

    `check` is the `Postman`'s: whether a function's role may send to its destination.
    """

    def __init__(
        self,
        file: Path,
        policies: Mapping[str, AsyncInvocation],
        run: Callable[[str, Call], Ran],
        queues: Queues,
        function_arn: Callable[[str], str],
        clock: Callable[[], float],
        at_once: int,
        delay: Callable[[int], float] = growing_delay,
        check: Callable[[str, str, str], None] = lambda _function, _action, _resource: None,
    ) -> None:
        self._store = AsyncStore(file)
        self._policies = policies
        self._run = run
        self._postman = Postman(queues, self._pass_on, function_arn, check)
        self._clock = clock
        self._at_once = at_once
        self._delay = delay
        self._lock = threading.Lock()
        self._under_way: dict[str, UnderWay] = {}
        self._held: dict[str, float] = {}
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(max(1, len(policies) * at_once), thread_name_prefix="fc asynchronous")
        self._dispatcher = threading.Thread(target=self._dispatch, name="fc asynchronous invocations", daemon=True)

    def put(self, function: str, payload: bytes, request_id: str, task_id: str = "") -> None:
        """Keep an invocation; once this returns it will run. Raises KnownTask for a task id that the function had before."""
        self._store.put(function, payload, request_id, task_id or request_id, self._clock())
        self._woken.set()

    def pending(self) -> int:
        """How many have not ended. Those of a function that the project no longer has wait for it to come back."""
        return self._store.pending(list(self._policies))

    def of_function(self, function: str) -> list[Kept]:
        """Every invocation of a function that is kept, whatever became of it."""
        return self._store.of_function(function)

    def task(self, function: str, task_id: str) -> Kept | None:
        return self._store.task(function, task_id)

    def stop_task(self, kept: Kept) -> bool:
        """Run it no more; whether it runs now, and has to be ended by whoever runs it."""
        self._store.want_no_more(kept.request_id, self._clock())
        self._woken.set()
        return kept.request_id in self.under_way()

    def under_way(self) -> dict[str, UnderWay]:
        """What runs now, by request id."""
        with self._lock:
            return dict(self._under_way)

    def start(self) -> None:
        self._dispatcher.start()

    def stop(self) -> None:
        """Start nothing more and wait for what runs; whoever calls this has its instances ended."""
        self._stopping.set()
        self._woken.set()
        if self._dispatcher.is_alive():
            self._dispatcher.join()
        self._workers.shutdown()
        self._store.close()

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            sleep = LONGEST_SLEEP
            try:
                now = self._clock()
                for function in self._policies:
                    self._start_due(function, now)
                next_due = self._store.next_due(now)
                sleep = LONGEST_SLEEP if next_due is None else min(next_due - now, LONGEST_SLEEP)
            except sqlite3.Error:  # a full disk, for one; the thread goes on until there is room again
                log.exception("the queue of asynchronous invocations can't be read")
            self._woken.wait(sleep)

    def _start_due(self, function: str, now: float) -> None:
        with self._lock:
            busy = {request_id for request_id, one in self._under_way.items() if one.function == function}
            busy |= {request_id for request_id, until in self._held.items() if until > now}
        free = self._at_once - len(busy)
        if free <= 0:
            return
        ready = [kept for kept in self._store.due(function, now, self._at_once + len(busy)) if kept.request_id not in busy]
        for kept in ready[:free]:
            with self._lock:
                self._held.pop(kept.request_id, None)
                self._under_way[kept.request_id] = UnderWay(function, now)
            self._workers.submit(self._attempt, kept)

    def _attempt(self, kept: Kept) -> None:
        try:
            if kept.report is None:
                self._execute(kept)
            else:
                self._deliver(kept, kept.report, failed=kept.status != SUCCEEDED)
        except Stopped:
            log.info("invocation %s of %s will run again after the restart", kept.request_id, kept.function)
        except TooManyInstances:
            self._postpone(kept, refusal_delay(kept.refusals + 1), refusals=1)
        except Exception:  # the boundary of a thread: the invocation stays in the queue whatever happened
            log.exception("invocation %s of %s could not be run", kept.request_id, kept.function)
            self._postpone(kept, LONGEST_BACK_OFF, refusals=1)
        finally:
            with self._lock:
                self._under_way.pop(kept.request_id, None)
            self._woken.set()

    def _execute(self, kept: Kept) -> None:
        policy = self._policies[kept.function]
        started = self._clock()
        if not self._store.is_wanted(kept.request_id):
            self._end_unwanted(kept, started)
            return
        if started - kept.accepted > policy.max_async_event_age_in_seconds:
            self._end(kept, TOO_OLD, End(EXPIRED, started, started, error=TOO_OLD.error_type), kept.failures)
            return
        ran = self._run(kept.function, Call(kept.request_id, kept.payload, kept.failures))
        outcome, failures = ran.outcome, kept.failures + bool(ran.outcome.error_type)
        if outcome.error_type and not self._store.is_wanted(kept.request_id):
            self._end_unwanted(kept, started)
            return
        if not outcome.error_type or failures > policy.max_async_retry_attempts:
            status = FAILED if outcome.error_type else SUCCEEDED
            self._end(kept, outcome, End(status, started, self._clock(), ran.instance_id, outcome.error_type), failures)
            return
        delay = self._delay(failures)
        log.warning("invocation %s of %s failed (attempt %d); again in %g s", kept.request_id, kept.function, failures, delay)
        self._postpone(kept, delay, failures=1)

    def _end_unwanted(self, kept: Kept, started: float) -> None:
        self._end(kept, NOT_WANTED, End(STOPPED, started, self._clock(), error=NOT_WANTED.error_type), kept.failures)

    def _postpone(self, kept: Kept, delay: float, *, failures: int = 0, refusals: int = 0) -> None:
        try:
            self._store.postpone(kept.request_id, self._clock() + delay, failures=failures, refusals=refusals)
        except sqlite3.Error:
            log.exception("invocation %s of %s could not be put back; its attempt will not be counted", kept.request_id, kept.function)
            with self._lock:
                self._held[kept.request_id] = self._clock() + max(delay, LONGEST_SLEEP)

    def _end(self, kept: Kept, outcome: Outcome, end: End, failures: int) -> None:
        attempts = failures + (end.status == SUCCEEDED)
        if end.error:
            log.error("invocation %s of %s failed for good after %d attempts", kept.request_id, kept.function, attempts)
        destination = destination_of(self._policies[kept.function].destination_config, failed=bool(end.error))
        report = self._postman.report(destination, kept, outcome, attempts, self._clock()) if destination else None
        self._store.end(kept.request_id, end, failures, report)
        if report is None:
            self._store.settle(kept.request_id, kept.function)
        else:
            self._deliver(kept, report, failed=bool(end.error))

    def _deliver(self, kept: Kept, report: str, *, failed: bool) -> None:
        destination = destination_of(self._policies[kept.function].destination_config, failed=failed)
        if destination is not None:
            self._postman.deliver(kept.function, destination, report, kept.request_id)
        self._store.settle(kept.request_id, kept.function)

    def _pass_on(self, function: str, payload: bytes) -> None:
        if function not in self._policies:
            raise KeyError(function)
        self.put(function, payload, new_request_id(self._clock()))
