"""The queue of asynchronous invocations by itself: fairness, and what a crash leaves."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.fc.errors import TooManyInstances
from localcloud.fc.project.project import AsyncInvocation
from localcloud.fc.running.async_store import AsyncStore
from localcloud.fc.running.instance import Call, Outcome
from localcloud.fc.running.instances import Ran
from localcloud.fc.running.queue import AsyncInvocations, refusal_delay
from localcloud.place import Place
from tests.contract.fc.laptop import InMemoryQueues, eventually

POLICY = AsyncInvocation.model_validate(
    {"destinationConfig": {"onSuccess": {"destination": "acs:mns:cn-shanghai:1:/queues/good/messages"}}}
)
FINE = Ran(Outcome(b"fine"), "i-1")


class Queue:
    """One file, opened as often as the laptop cloud is started."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "invocations.sqlite"
        self.opened: list[AsyncInvocations] = []

    def open(self, run: Callable[[str, Call], Ran], queues: InMemoryQueues | None = None, **policies: AsyncInvocation) -> AsyncInvocations:
        made = AsyncInvocations(
            self.file,
            policies or {"work": POLICY},
            run,
            queues or self.with_queue(),
            Place().function_arn,
            time.time,
            2,
            lambda _failures: 0.01,
        )
        made.start()
        self.opened.append(made)
        return made

    @staticmethod
    def with_queue() -> InMemoryQueues:
        queues = InMemoryQueues()
        queues.create("good")
        return queues

    def stop(self) -> None:
        while self.opened:
            self.opened.pop().stop()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path)
    yield made
    made.stop()


def test_a_function_that_hangs_does_not_hold_up_another(queue: Queue) -> None:
    # GIVEN a function that hangs, with a backlog
    release, ran = threading.Event(), []

    def run(function: str, call: Call) -> Ran:
        if function == "hanging":
            release.wait(20)
        ran.append(function)
        return FINE

    invocations = queue.open(run, hanging=AsyncInvocation.model_validate({}), quick=AsyncInvocation.model_validate({}))
    for number in range(10):
        invocations.put("hanging", b"", f"hanging-{number}")
    # WHEN another one is invoked
    invocations.put("quick", b"", "quick-1")
    # THEN it runs at once, and the backlog is still there
    eventually(lambda: ran == ["quick"] and invocations.pending() == 10)
    release.set()
    eventually(lambda: not invocations.pending())


def test_a_refusal_uses_up_no_retry(queue: Queue) -> None:
    retries: list[int] = []

    def run(function: str, call: Call) -> Ran:
        retries.append(call.retry_count)
        if len(retries) == 1:
            raise TooManyInstances(1)
        return FINE

    invocations = queue.open(run)
    invocations.put("work", b"", "one")
    eventually(lambda: not invocations.pending())
    assert retries == [0, 0]


def test_a_fault_of_ours_keeps_the_invocation(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    def run(function: str, call: Call) -> Ran:
        raise OSError("no more processes")

    invocations = queue.open(run)
    invocations.put("work", b"", "one")
    eventually(lambda: "could not be run" in caplog.text)
    assert invocations.pending() == 1


def test_an_outcome_that_could_not_be_delivered_is_delivered_after_a_restart_and_nothing_runs_twice(queue: Queue) -> None:
    # GIVEN an invocation that ended while MNS was out of order
    ran: list[str] = []

    def run(function: str, call: Call) -> Ran:
        ran.append(call.request_id)
        return FINE

    class OutOfOrder(InMemoryQueues):
        tried = threading.Event()

        def send(self, queue: str, body: str) -> None:
            self.tried.set()
            raise OSError("disk full")

    broken = OutOfOrder()
    queue.open(run, broken).put("work", b"event", "one")
    assert broken.tried.wait(20)
    queue.stop()
    # WHEN the cloud comes up again, a minute later
    with_mail = queue.with_queue()
    clock = time.time() + 120
    invocations = AsyncInvocations(queue.file, {"work": POLICY}, run, with_mail, Place().function_arn, lambda: clock, 2)
    invocations.start()
    queue.opened.append(invocations)
    # THEN the outcome arrives
    eventually(lambda: not invocations.pending())
    assert json.loads(with_mail.bodies("good")[0])["responsePayload"] == "fine"
    assert ran == ["one"]


def test_an_invocation_of_a_function_that_is_gone_waits_for_it(queue: Queue) -> None:
    queue.open(lambda function, call: FINE).stop()
    queue.opened.clear()
    without = AsyncInvocations(queue.file, {}, lambda function, call: FINE, InMemoryQueues(), Place().function_arn, time.time, 2)
    without.put("work", b"", "one")
    assert without.pending() == 0
    without.stop()
    mail = queue.with_queue()
    queue.open(lambda function, call: FINE, mail)
    eventually(lambda: mail.bodies("good"))


def test_a_day_of_refusals_is_waited_for_like_an_hour_of_them() -> None:
    assert [refusal_delay(refusals) for refusals in (1, 2, 3, 100, 2_000)] == [0.5, 1, 2, 60, 60]


def test_a_database_that_fails_for_a_while_ends_nothing(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a disk that is full when an attempt is to be put back, and when the queue is looked at
    attempts: list[int] = []

    def run(function: str, call: Call) -> Ran:
        attempts.append(call.retry_count)
        return Ran(Outcome(b"", "UnhandledInvocationError"), "i-1") if len(attempts) == 1 else FINE

    full = threading.Event()
    for name in ("postpone", "due"):
        real = getattr(AsyncStore, name)

        def failing(*arguments: Any, real: Callable[..., Any] = real, name: str = name, **named: Any) -> Any:
            if name == "postpone" and not full.is_set():
                full.set()
                raise sqlite3.OperationalError("database or disk is full")
            if name == "due" and full.is_set() and looks and not looks.pop():
                raise sqlite3.OperationalError("database or disk is full")
            return real(*arguments, **named)

        monkeypatch.setattr(AsyncStore, name, failing)
    looks = [False, False, False]
    monkeypatch.setattr("localcloud.fc.running.queue.LONGEST_SLEEP", 0.05)
    invocations = queue.open(run)
    # WHEN one is accepted
    invocations.put("work", b"", "one")
    # THEN it ends well once there is room again
    eventually(lambda: not invocations.pending())
    assert attempts == [0, 0]
    assert looks == []
