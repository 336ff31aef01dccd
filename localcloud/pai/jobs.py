"""The jobs that callers poll: kept from their submission on, each with its answer once it has one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from pathlib import Path
from typing import Any

from localcloud.database import Database
from localcloud.ims.jobs.runner import KEPT_SECONDS
from localcloud.pai.errors import PaiError, parameter_error
from localcloud.pai.models import POST

# Ids are never used again, so that nobody polls another's job: AUTOINCREMENT.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER REFERENCES batch, app_id TEXT NOT NULL, asked TEXT NOT NULL, state INTEGER NOT NULL,
    message TEXT NOT NULL, result TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS job_of_batch ON job (batch);
CREATE INDEX IF NOT EXISTS job_unfinished ON job (state, id) WHERE state < 2;
"""
_CHINA = timezone(timedelta(hours=8))
DOWNLOADING = "video downloading"
"""The one message that is documented for a job that runs."""
_OF_A_POST = {"model_id": 0, "request_id": "", "type": "Video"}
"""In the sample of a completed post, and in no other; no document says what they are."""


class State(IntEnum):
    INITIALIZING = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3


@dataclass(frozen=True)
class Asked:
    """What a job is to do: `model` by its action and name, `configure` as it was given."""

    action: str
    model_name: str
    video: str
    images: tuple[str, ...]
    text: str
    configure: Mapping[str, Any]


class Jobs:
    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._database = Database(path, _SCHEMA)
        self._clock = clock
        with self._database.transaction() as write:
            # What the last process left unfinished is done again.
            write.execute("UPDATE job SET state = ?, message = '' WHERE state = ?", (State.INITIALIZING, State.RUNNING))
            # PAI names no time; that jobs are kept as long as those of smart tags is an assumption.
            write.execute("DELETE FROM job WHERE state >= ? AND created < ?", (State.COMPLETED, clock() - KEPT_SECONDS))
            write.execute("DELETE FROM batch WHERE id NOT IN (SELECT batch FROM job WHERE batch IS NOT NULL)")

    def close(self) -> None:
        self._database.close()

    def add(self, app_id: str, asked: Asked) -> int:
        with self._database.transaction() as write:
            return self._add(write, app_id, asked, None)

    def add_batch(self, app_id: str, asked: Sequence[Asked]) -> int:
        with self._database.transaction() as write:
            batch = write.execute("INSERT INTO batch DEFAULT VALUES").lastrowid
            assert batch is not None
            for each in asked:
                self._add(write, app_id, each, batch)
        return batch

    def _add(self, write: sqlite3.Connection, app_id: str, asked: Asked, batch: int | None) -> int:
        row = (batch, app_id, json.dumps(vars(asked)), State.INITIALIZING, self._clock())
        insert = "INSERT INTO job (batch, app_id, asked, state, message, result, created) VALUES (?, ?, ?, ?, '', '', ?)"
        added = write.execute(insert, row).lastrowid
        assert added is not None
        return added

    def job(self, app_id: str, job_id: int) -> dict[str, Any]:
        """As PAI shows it. Raises PaiError."""
        row = self._database.one("SELECT * FROM job WHERE id = ? AND app_id = ?", job_id, app_id)
        if row is None:
            raise _not_found("job")
        return _shown(row)

    def batch(self, app_id: str, batch_id: int) -> list[dict[str, Any]]:
        """Its jobs, as PAI shows them. Raises PaiError."""
        rows = self._database.query("SELECT * FROM job WHERE batch = ? AND app_id = ? ORDER BY id", batch_id, app_id)
        if not rows:
            raise _not_found("batch")
        return [{**_shown(row), "batch_id": batch_id, "object": _asked(row).video} for row in rows]

    def claim(self) -> tuple[int, Asked] | None:
        """The next that waits; it runs from now on."""
        with self._database.transaction() as write:
            row = write.execute("SELECT * FROM job WHERE state = ? ORDER BY id LIMIT 1", (State.INITIALIZING,)).fetchone()
            if row is None:
                return None
            write.execute("UPDATE job SET state = ?, message = ? WHERE id = ?", (State.RUNNING, DOWNLOADING, row["id"]))
        return row["id"], _asked(row)

    def complete(self, job_id: int, result: Any) -> None:
        self._end(job_id, State.COMPLETED, "success", json.dumps(result, ensure_ascii=False, separators=(",", ":")))

    def fail(self, job_id: int, message: str) -> None:
        self._end(job_id, State.FAILED, message, "")

    def _end(self, job_id: int, state: State, message: str, result: str) -> None:
        with self._database.transaction() as write:
            write.execute("UPDATE job SET state = ?, message = ?, result = ? WHERE id = ?", (state, message, result, job_id))


def _asked(row: sqlite3.Row) -> Asked:
    asked = json.loads(row["asked"])
    return Asked(**{**asked, "images": tuple(asked["images"])})


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    is_post = row["state"] == State.COMPLETED and _asked(row).action == POST
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "state": row["state"],
        "message": row["message"],
        "create_time": _time(row["created"]),
        "Result": row["result"],
        **(_OF_A_POST if is_post else {}),
    }


def _time(seconds: float) -> str:
    """As in the documented samples: the time of China, milliseconds without zeros at their end."""
    moment = datetime.fromtimestamp(round(seconds, 3), _CHINA)
    fraction = f".{moment.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}+08:00"


def _not_found(what: str) -> PaiError:
    """Our assumption: nothing is documented for an id that nobody has."""
    return parameter_error(f"{what} not found", 404)
