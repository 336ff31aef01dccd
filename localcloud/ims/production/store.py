"""The production jobs on disk: added, taken in turn, and ended once."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from localcloud.database import Database
from localcloud.ims.jobs.runner import KEPT_SECONDS
from localcloud.ims.production.messages import Endings
from localcloud.ims.production.orders import Order

# The newer translation of the documents writes Analyzing; older ones, and a published script, have it so.
RUNNING = "Analysing"
MediaKind = Literal["image", "video", "audio", "text"]


@dataclass(frozen=True)
class Made:
    """An object that a job wrote."""

    bucket: str
    key: str
    kind: MediaKind


class ProductionStore:
    def __init__(self, database: Database, endings: Endings, clock: Callable[[], float], at_once: int) -> None:
        """`at_once` jobs of a pipeline run side by side."""
        self._database = database
        self._endings = endings
        self._clock = clock
        self._at_once = at_once
        with database.transaction() as write:
            # What the last process left unfinished is done again. That jobs are kept as long as those of smart tags is an assumption.
            write.execute("UPDATE production_job SET state = 'Queuing' WHERE state = ?", (RUNNING,))
            write.execute("DELETE FROM production_job WHERE finished < ?", (clock() - KEPT_SECONDS,))

    def add(self, order: Order, pipeline: str, priority: int, user_data: str | None) -> str:
        identity = uuid.uuid4().hex
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO production_job (id, pipeline, priority, function, work, user_data, state, submitted)"
                " VALUES (?, ?, ?, ?, ?, ?, 'Queuing', ?)",
                (identity, pipeline, priority, order.function, order.to_json(), user_data, self._clock()),
            )
        return identity

    def find(self, identity: str) -> sqlite3.Row | None:
        return self._database.one("SELECT * FROM production_job WHERE id = ?", identity)

    def claim(self) -> sqlite3.Row | None:
        """The next job that may run.

        "A smaller value indicates a higher priority" is what the page of SubmitIProductionJob says; that of QueryIProductionJob says the
        contrary, and the page of the operation that takes the value is believed.
        """
        with self._database.transaction() as write:
            row: sqlite3.Row | None = write.execute(
                "SELECT job.* FROM production_job AS job JOIN pipeline ON pipeline.id = job.pipeline"
                " WHERE state = 'Queuing' AND pipeline.status = 'Active' AND"
                " (SELECT COUNT(*) FROM production_job WHERE pipeline = job.pipeline AND state = 'Analysing') < ?"
                " ORDER BY job.priority, position LIMIT 1",
                (self._at_once,),
            ).fetchone()
            if row is not None:
                write.execute("UPDATE production_job SET state = ? WHERE id = ?", (RUNNING, row["id"]))
        return row

    def is_running(self, job: sqlite3.Row) -> bool:
        """False once it was cancelled."""
        row = self._database.one("SELECT state FROM production_job WHERE id = ?", job["id"])
        return row is not None and row["state"] == RUNNING

    def end(self, job: sqlite3.Row, state: str, result: Mapping[str, Any], made: Sequence[Made] = ()) -> bool:
        """False for a job that had ended before: it keeps its result, and nobody is told twice."""
        with self._database.transaction() as write:
            now = write.execute("SELECT state FROM production_job WHERE id = ?", (job["id"],)).fetchone()
            if now["state"] in ("Success", "Fail"):
                return False
            outputs = {"objects": [(each.bucket, each.key) for each in made], "media": self._register(write, job, made)}
            write.execute(
                "UPDATE production_job SET state = ?, result = ?, outputs = ?, finished = ? WHERE id = ?",
                (state, json.dumps(result, ensure_ascii=False), json.dumps(outputs), self._clock(), job["id"]),
            )
            self._endings.tell(write, job, state, result)
        self._endings.wake()
        return True

    def _register(self, write: sqlite3.Connection, job: sqlite3.Row, made: Sequence[Made]) -> list[str]:
        """The media that the outputs are: the one that was named, which is the first output from now on, or a new one for each."""
        order = Order.from_json(job["work"])
        if order.media is None or not made:
            return []
        new = [(order.media, made[0])] if order.media else [(uuid.uuid4().hex, each) for each in made]
        for identity, each in new:
            write.execute(
                "INSERT OR REPLACE INTO produced_media VALUES (?, ?, ?, ?)",
                (identity, f"oss://{each.bucket}/{each.key}", each.kind, int(self._clock() * 1000)),
            )
        return [identity for identity, _ in new]
