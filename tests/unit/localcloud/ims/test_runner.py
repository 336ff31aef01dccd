"""The threads that take work."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from localcloud.ims import runner as runners
from localcloud.ims.runner import Runner, Stopped
from tests.contract.ims.cloud import until


def test_a_runner_goes_on_after_an_item_that_fails_and_leaves_one_that_was_stopped() -> None:
    waiting, done, failed = ["stopped", "bad", "good"], [], []
    lock = threading.Lock()

    def claim() -> str | None:
        with lock:
            return waiting.pop(0) if waiting else None

    def run(item: str) -> None:
        if item == "stopped":
            raise Stopped
        if item == "bad":
            raise ValueError(item)
        done.append(item)

    runner: Runner[str] = Runner("test", 1, claim, run, lambda item, error: failed.append((item, str(error))))
    runner.start()
    runner.call()
    until(lambda: done)
    runner.stop()
    runner.join(5)
    assert (done, failed) == (["good"], [("bad", "bad")])


def test_a_runner_tries_again_what_the_store_could_not_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN a disk that is full for a while WHEN jobs end THEN each is kept once there is room, and none in another way than it ended."""
    monkeypatch.setattr(runners, "FIRST_PAUSE", 0.01)
    waiting, kept, failed = ["good", "bad", "next"], [], []
    troubles = {"good": 2, "told": 2}

    def trouble(of: str) -> None:
        if troubles.get(of, 0):
            troubles[of] -= 1
            raise sqlite3.OperationalError("disk I/O error")

    def run(item: str) -> None:
        if item == "bad":
            raise ValueError(item)
        trouble(item)
        kept.append(item)

    def give_up(item: str, error: Exception) -> None:
        trouble("told")
        failed.append((item, str(error)))

    runner: Runner[str] = Runner("test", 1, lambda: waiting.pop(0) if waiting else None, run, give_up)
    runner.start()
    until(lambda: "next" in kept)
    runner.stop()
    runner.join(5)
    assert (kept, failed) == (["good", "next"], [("bad", "bad")])


def test_a_runner_that_waits_for_its_store_is_stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "FIRST_PAUSE", 60.0)
    waiting, tried = ["one"], threading.Event()

    def run(item: str) -> None:
        tried.set()
        raise sqlite3.OperationalError("database or disk is full")

    runner: Runner[str] = Runner("test", 1, lambda: waiting.pop(0) if waiting else None, run, lambda _item, error: pytest.fail(str(error)))
    runner.start()
    assert tried.wait(10)
    runner.stop()
    runner.join(10)
    assert not any(thread.name.startswith("test-") for thread in threading.enumerate())
