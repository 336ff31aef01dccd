"""Asynchronous invocations: kept on disk until they have ended, run again after errors, and reported to their destinations.

At least once: one that was running when the process was killed runs again. The rules are those of the official help, "Retry policy for
asynchronous invocations"; the pause between two attempts is not documented, and starts at one second here (assumption).
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localcloud.database import Database
from localcloud.fc.errors import Stopped, TooManyInstances
from localcloud.fc.instance import Call, Outcome
from localcloud.fc.instances import Ran
from localcloud.fc.project import AsyncInvocation, Destination
from localcloud.ports import Queues

log = logging.getLogger("localcloud.fc")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS invocation (
    request_id TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted REAL NOT NULL,
    due REAL NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    report TEXT
);
CREATE INDEX IF NOT EXISTS invocation_due ON invocation (function, running, due);
"""
LONGEST_BACK_OFF = 60.0
LONGEST_SLEEP = 1.0
"""Seconds between two looks at the queue, lest a clock that is set back holds it up."""
EXPIRED = Outcome(json.dumps({"errorMessage": "The maximum age of the event was exceeded"}).encode(), "EventAgeExceeded")


def growing_delay(failures: int) -> float:
    """Seconds to wait after so many failures: 1, 2, 4, …"""
    return 2.0 ** (failures - 1)


def refusal_delay(refusals: int) -> float:
    """Seconds to wait after so many refusals for lack of instances: 0.5, 1, 2, 4, … (official help)."""
    return min(0.5 * 2.0 ** min(refusals - 1, 16), LONGEST_BACK_OFF)


class AsyncInvocations:
    """The queue of asynchronous invocations. `run` runs one call; at most `at_once` of a function run together."""

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
    ) -> None:
        self._database = Database(file, _SCHEMA)
        self._policies = policies
        self._run = run
        self._queues = queues
        self._function_arn = function_arn
        self._clock = clock
        self._at_once = at_once
        self._delay = delay
        self._changed = threading.Condition()
        self._running: Counter[str] = Counter()
        self._stopping = False
        self._workers = ThreadPoolExecutor(max(1, len(policies) * at_once), thread_name_prefix="fc asynchronous")
        self._dispatcher = threading.Thread(target=self._dispatch, name="fc asynchronous invocations", daemon=True)

    def put(self, function: str, payload: bytes, request_id: str) -> None:
        """Keep an invocation; once this returns it will run."""
        now = self._clock()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO invocation (request_id, function, payload, accepted, due) VALUES (?, ?, ?, ?, ?)",
                (request_id, function, payload, now, now),
            )
        self.wake()

    def pending(self) -> int:
        """How many have not ended."""
        rows = self._database.query("SELECT function, count(*) AS pending FROM invocation GROUP BY function")
        # Those of a function that the project no longer has wait for it to come back.
        return sum(row["pending"] for row in rows if row["function"] in self._policies)

    def start(self) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE invocation SET running = 0")
        self._dispatcher.start()

    def stop(self) -> None:
        """Start nothing more and wait for what runs; whoever calls this has its instances ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._dispatcher.is_alive():
            self._dispatcher.join()
        self._workers.shutdown()
        self._database.close()

    def wake(self) -> None:
        """Look at once for what is due."""
        with self._changed:
            self._changed.notify_all()

    def _dispatch(self) -> None:
        with self._changed:
            while not self._stopping:
                now = self._clock()
                for function in self._policies:
                    self._start_due(function, now)
                self._changed.wait(self._seconds_to_next(now))

    def _start_due(self, function: str, now: float) -> None:
        free = self._at_once - self._running[function]
        if free <= 0:
            return
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM invocation WHERE function = ? AND running = 0 AND due <= ? ORDER BY due LIMIT ?",
                (function, now, free),
            ).fetchall()
            connection.executemany("UPDATE invocation SET running = 1 WHERE request_id = ?", [(row["request_id"],) for row in rows])
        for row in rows:
            self._running[function] += 1
            self._workers.submit(self._attempt, row)

    def _seconds_to_next(self, now: float) -> float:
        row = self._database.one("SELECT min(due) AS due FROM invocation WHERE running = 0 AND due > ?", now)
        return min(row["due"] - now, LONGEST_SLEEP) if row and row["due"] is not None else LONGEST_SLEEP

    def _attempt(self, row: sqlite3.Row) -> None:
        try:
            if row["report"] is None:
                self._execute(row)
            else:
                self._deliver(row, json.loads(row["report"]))
        except Stopped:
            log.info("invocation %s of %s will run again after the restart", row["request_id"], row["function"])
        except TooManyInstances:
            self._again(row, refusal_delay(row["refusals"] + 1), refused=True)
        except Exception:  # the boundary of a thread: the invocation stays in the queue whatever happened
            log.exception("invocation %s of %s could not be run", row["request_id"], row["function"])
            self._again(row, LONGEST_BACK_OFF, refused=True)
        finally:
            with self._changed:
                self._running[row["function"]] -= 1
                self._changed.notify_all()

    def _execute(self, row: sqlite3.Row) -> None:
        policy = self._policies[row["function"]]
        if self._clock() - row["accepted"] > policy.max_async_event_age_in_seconds:
            self._end(row, EXPIRED, row["failures"])
            return
        outcome = self._run(row["function"], Call(row["request_id"], row["payload"], row["failures"])).outcome
        failures = row["failures"] + bool(outcome.error_type)
        if not outcome.error_type or failures > policy.max_async_retry_attempts:
            self._end(row, outcome, failures + (not outcome.error_type))
            return
        delay = self._delay(failures)
        log.warning("invocation %s of %s failed (attempt %d); again in %g s", row["request_id"], row["function"], failures, delay)
        self._again(row, delay, refused=False)

    def _again(self, row: sqlite3.Row, delay: float, *, refused: bool) -> None:
        column = "refusals" if refused else "failures"
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE invocation SET running = 0, due = ?, {column} = {column} + 1 WHERE request_id = ?",
                (self._clock() + delay, row["request_id"]),
            )

    def _end(self, row: sqlite3.Row, outcome: Outcome, attempts: int) -> None:
        if outcome.error_type:
            log.error("invocation %s of %s failed for good after %d attempts", row["request_id"], row["function"], attempts)
        destinations = self._policies[row["function"]].destination_config
        destination = destinations.on_failure if outcome.error_type else destinations.on_success
        if destination is None:
            self._forget(row)
            return
        report = self._report(row, outcome, attempts)
        with self._database.transaction() as connection:
            connection.execute("UPDATE invocation SET report = ? WHERE request_id = ?", (json.dumps(report), row["request_id"]))
        self._deliver(row, report)

    def _report(self, row: sqlite3.Row, outcome: Outcome, attempts: int) -> dict[str, object]:
        """What a destination gets; as the samples of Function Compute show it (github.com/awesome-fc/Stateful-Async-Invocation)."""
        return {
            "timestamp": int(self._clock() * 1000),
            "requestContext": {
                "requestId": row["request_id"],
                "functionArn": self._function_arn(row["function"]),
                "condition": "",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": bytes(row["payload"]).decode(errors="replace"),
            "responseContext": {"statusCode": 200, "functionError": outcome.error_type},
            "responsePayload": outcome.payload.decode(errors="replace"),
        }

    def _deliver(self, row: sqlite3.Row, report: dict[str, object]) -> None:
        context = report["responseContext"]
        failed = bool(isinstance(context, dict) and context["functionError"])
        destinations = self._policies[row["function"]].destination_config
        destination = destinations.on_failure if failed else destinations.on_success
        if destination is not None:
            self._send(destination, json.dumps(report, ensure_ascii=False), row["request_id"])
        self._forget(row)

    def _send(self, destination: Destination, body: str, request_id: str) -> None:
        try:
            send = self._queues.send if destination.kind == "queues" else self._queues.publish
            send(destination.name, body)
        except KeyError:
            log.error("the outcome of %s is lost: its destination %s does not exist", request_id, destination.destination)

    def _forget(self, row: sqlite3.Row) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM invocation WHERE request_id = ?", (row["request_id"],))
