"""Where asynchronous invocations are kept: from the moment they are accepted until nothing of them is left to do, and a while longer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.database import Database
from localcloud.fc.errors import KnownTask

_SCHEMA = """
CREATE TABLE IF NOT EXISTS invocation (
    request_id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL,
    function TEXT NOT NULL,
    payload BLOB NOT NULL,
    accepted REAL NOT NULL,
    due REAL NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    -- Whether something is left to do: to run it, or to tell its destination.
    live INTEGER NOT NULL DEFAULT 1,
    -- Enqueued, or Stopping where its caller wants it no more; then Succeeded, Failed, Expired or Stopped.
    status TEXT NOT NULL DEFAULT 'Enqueued',
    started REAL,
    ended REAL,
    instance_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    report TEXT,
    UNIQUE (function, task_id)
);
CREATE INDEX IF NOT EXISTS invocation_due ON invocation (function, due) WHERE live;
CREATE INDEX IF NOT EXISTS invocation_ended ON invocation (function, ended) WHERE NOT live;
"""
KEPT = 500
"""How many invocations of a function are remembered once nothing of them is left to do."""
ENQUEUED, STOPPING = "Enqueued", "Stopping"
SUCCEEDED, FAILED, EXPIRED, STOPPED = "Succeeded", "Failed", "Expired", "Stopped"


@dataclass(frozen=True)
class Kept:
    """One invocation. Times in seconds since the epoch; `report` is what its destination is still to be told."""

    request_id: str
    task_id: str
    function: str
    payload: bytes
    accepted: float
    due: float
    failures: int
    refusals: int
    live: bool
    status: str
    started: float | None
    ended: float | None
    instance_id: str
    error: str
    report: str | None


@dataclass(frozen=True)
class End:
    """How an invocation ended. `error` is empty for a success."""

    status: str
    started: float
    ended: float
    instance_id: str = ""
    error: str = ""


class AsyncStore:
    """Every method is one transaction; what a method has returned from outlives a killed process."""

    def __init__(self, file: Path) -> None:
        self._database = Database(file, _SCHEMA)

    def put(self, function: str, payload: bytes, request_id: str, task_id: str, now: float) -> None:
        """Raises KnownTask."""
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO invocation (request_id, task_id, function, payload, accepted, due) VALUES (?, ?, ?, ?, ?, ?)",
                    (request_id, task_id, function, payload, now, now),
                )
        except sqlite3.IntegrityError:
            raise KnownTask(task_id) from None

    def due(self, function: str, now: float, count: int) -> list[Kept]:
        """Those whose time has come, the longest due first."""
        return self._kept("WHERE function = ? AND live AND due <= ? ORDER BY due LIMIT ?", function, now, count)

    def next_due(self, now: float) -> float | None:
        row = self._database.one("SELECT min(due) AS due FROM invocation WHERE live AND due > ?", now)
        return row["due"] if row else None

    def postpone(self, request_id: str, due: float, *, failures: int = 0, refusals: int = 0) -> None:
        """To be looked at again at `due`, with so many failures or refusals more."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE invocation SET due = ?, failures = failures + ?, refusals = refusals + ? WHERE request_id = ?",
                (due, failures, refusals, request_id),
            )

    def want_no_more(self, request_id: str, now: float) -> None:
        """It is not to be run (again), and is due for being ended; what has ended already stays as it is."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE invocation SET status = ?, due = ? WHERE request_id = ? AND status = ?", (STOPPING, now, request_id, ENQUEUED)
            )

    def is_wanted(self, request_id: str) -> bool:
        row = self._database.one("SELECT status FROM invocation WHERE request_id = ?", request_id)
        return row is not None and row["status"] != STOPPING

    def end(self, request_id: str, end: End, failures: int, report: str | None) -> None:
        """It ran for the last time; with a `report` its destination is left to be told."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE invocation SET status = ?, started = ?, ended = ?, instance_id = ?, error = ?, failures = ?, report = ?, live = ?"
                " WHERE request_id = ?",
                (end.status, end.started, end.ended, end.instance_id, end.error, failures, report, report is not None, request_id),
            )

    def settle(self, request_id: str, function: str) -> None:
        """Nothing is left to do for it. The oldest such ones beyond `KEPT` are forgotten."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE invocation SET live = 0, report = NULL WHERE request_id = ?", (request_id,))
            connection.execute(
                "DELETE FROM invocation WHERE function = ? AND NOT live AND ended <"
                " (SELECT ended FROM invocation WHERE function = ? AND NOT live ORDER BY ended DESC LIMIT 1 OFFSET ?)",
                (function, function, KEPT - 1),
            )

    def pending(self, functions: Sequence[str]) -> int:
        """How many of these functions have something left to do."""
        rows = self._database.query("SELECT function, count(*) AS pending FROM invocation WHERE live GROUP BY function")
        return sum(row["pending"] for row in rows if row["function"] in functions)

    def of_function(self, function: str) -> list[Kept]:
        return self._kept("WHERE function = ?", function)

    def task(self, function: str, task_id: str) -> Kept | None:
        return next(iter(self._kept("WHERE function = ? AND task_id = ?", function, task_id)), None)

    def close(self) -> None:
        self._database.close()

    def _kept(self, condition: str, *parameters: object) -> list[Kept]:
        return [Kept(**dict(row)) for row in self._database.query(f"SELECT * FROM invocation {condition}", *parameters)]
