"""The outbox of state changes: written with the change itself, sent until it is taken.

A pipeline's notices go out in order. One that can't be sent (its topic was deleted, MNS is not up yet) holds back those behind it
in the same pipeline and nobody else.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping

from localcloud.database import Database
from localcloud.ims.runner import Runner
from localcloud.ports import CallbackQueues

log = logging.getLogger("localcloud.ims")

LONGEST_WAIT_SECONDS = 30.0


class Notices:
    def __init__(self, database: Database, queues: CallbackQueues, clock: Callable[[], float], retry_seconds: float) -> None:
        self._database = database
        self._queues = queues
        self._clock = clock
        self._retry_seconds = retry_seconds
        self.runner: Runner[sqlite3.Row] = Runner("ims-notices", 1, self._next, self._send, self._postpone)

    def write(self, transaction: sqlite3.Connection, pipeline: str, body: Mapping[str, object]) -> None:
        """Part of the transaction that changes the state. A pipeline that is bound to nothing tells nobody."""
        transaction.execute(
            "INSERT INTO notice (pipeline, body, attempts, due) SELECT id, ?, 0, 0 FROM pipeline WHERE id = ? AND notify_kind IS NOT NULL",
            (json.dumps(body, ensure_ascii=False), pipeline),
        )

    def _next(self) -> sqlite3.Row | None:
        return self._database.one(
            "SELECT notice.*, notify_kind, notify_name FROM notice JOIN pipeline ON pipeline.id = notice.pipeline"
            " WHERE due <= ? AND position IN (SELECT MIN(position) FROM notice GROUP BY pipeline) ORDER BY position LIMIT 1",
            self._clock(),
        )

    def _send(self, notice: sqlite3.Row) -> None:
        if notice["notify_kind"] == "topic":
            self._queues.publish(notice["notify_name"], notice["body"])
        elif notice["notify_kind"] == "queue":
            self._queues.send(notice["notify_name"], notice["body"])
        with self._database.transaction() as write:
            write.execute("DELETE FROM notice WHERE position = ?", (notice["position"],))

    def _postpone(self, notice: sqlite3.Row, error: Exception) -> None:
        wait = min(LONGEST_WAIT_SECONDS, self._retry_seconds * 2 ** min(notice["attempts"], 20))
        log.warning("a state change was not taken by %s (%r); again in %.1f s", notice["notify_name"], error, wait)
        with self._database.transaction() as write:
            write.execute(
                "UPDATE notice SET attempts = attempts + 1, due = ? WHERE position = ?", (self._clock() + wait, notice["position"])
            )
