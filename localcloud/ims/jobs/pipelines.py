"""Pipelines: what a job waits in, and where its state changes are told.

The binding of a pipeline to a topic or queue is made with UpdatePipeline of the older MPS API (2014-06-18) and told by its
QueryPipelineList; those of IMS know nothing of it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from localcloud.acs import AcsError
from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import invalid_parameter, not_found, operation_denied
from localcloud.ims.jobs import parameters as p
from localcloud.ims.operation import MPS, Operation
from localcloud.ports import CallbackQueues


class Pipelines:
    def __init__(self, database: Database, queues: CallbackQueues, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        """`changed` is called when a paused pipeline may have become active."""
        self._database = database
        self._queues = queues
        self._clock = clock
        self._changed = changed
        if database.one("SELECT id FROM pipeline WHERE is_default") is None:
            self._insert("default", "Standard", 6, is_default=True)

    def create(self, given: p.CreatePipeline) -> Answer:
        return {"Pipeline": _shape(self._row(self._insert(given.name, given.speed, given.priority)))}

    def get(self, given: p.GetPipeline) -> Answer:
        return {"Pipeline": _shape(self._row(given.pipeline_id))}

    def list(self, given: p.ListPipelines) -> Answer:
        rows = self._database.query("SELECT * FROM pipeline WHERE ? IS NULL OR speed = ? ORDER BY created, id", given.speed, given.speed)
        return {"PipelineList": [_shape(row) for row in rows]}

    def update(self, given: p.UpdatePipeline) -> Answer:
        row = self._row(given.pipeline_id)
        with self._database.transaction() as write:
            write.execute(
                "UPDATE pipeline SET name = ?, priority = ?, status = ?, modified = ? WHERE id = ?",
                (given.name or row["name"], given.priority or row["priority"], given.status or row["status"], self._clock(), row["id"]),
            )
        self._changed()
        return {"Success": True}

    def delete(self, given: p.DeletePipeline) -> Answer:
        row = self._row(given.pipeline_id)
        if row["is_default"]:
            raise operation_denied("the default pipeline stays")
        with self._database.transaction() as write:
            sql = (
                "SELECT 1 FROM smarttag_job WHERE pipeline = ? AND state IN ('Submitted', 'Processing')"
                " UNION SELECT 1 FROM production_job WHERE pipeline = ? AND state IN ('Queuing', 'Analysing')"
            )
            if write.execute(sql, (row["id"], row["id"])).fetchone():
                raise operation_denied("jobs are waiting or running in this pipeline")
            write.execute("DELETE FROM pipeline WHERE id = ?", (row["id"],))
            write.execute("DELETE FROM notice WHERE pipeline = ?", (row["id"],))
        return {"Success": True}

    def bind(self, given: p.BindPipeline) -> Answer:
        """MPS UpdatePipeline: without NotifyConfig the binding stays as it is, with an empty one it ends."""
        row = self._row(given.pipeline_id)
        kind, name = row["notify_kind"], row["notify_name"]
        if given.notify_config is not None:
            kind, name = self._target(given.notify_config)
        with self._database.transaction() as write:
            write.execute(
                "UPDATE pipeline SET name = ?, status = ?, notify_kind = ?, notify_name = ?, role = ?, modified = ? WHERE id = ?",
                (given.name, given.state, kind, name, given.role, self._clock(), row["id"]),
            )
        self._changed()
        return {"Pipeline": _mps_shape(self._row(given.pipeline_id))}

    def find(self, given: p.QueryPipelineList) -> Answer:
        """MPS QueryPipelineList: the ids that it does not know are listed apart."""
        rows = {str(row["id"]): row for row in self._database.query("SELECT * FROM pipeline")}
        known = [_mps_shape(rows[identity]) for identity in given.pipeline_ids if identity in rows]
        unknown = [identity for identity in given.pipeline_ids if identity not in rows]
        return {"PipelineList": {"Pipeline": known}, "NonExistPids": {"String": unknown}}

    def resolve(self, identity: str | None) -> str:
        """The pipeline of a job: the one it names, or the default one. Raises AcsError."""
        row = self._database.one("SELECT id FROM pipeline WHERE id = ? OR (? IS NULL AND is_default)", identity, identity)
        if row is None:
            raise invalid_parameter("ScheduleConfig.PipelineId", f'there is no pipeline "{identity}"; ListPipelines names them')
        return str(row["id"])

    def _target(self, config: p.NotifyConfig) -> tuple[str | None, str | None]:
        if config.topic and config.queue_name:
            raise invalid_parameter("NotifyConfig", "it names both a Topic and a QueueName; name one")
        if config.topic and not self._queues.has_topic(config.topic):
            raise AcsError(400, "TopicNotExist", f'The specified topic "{config.topic}" does not exist.')
        if config.queue_name and not self._queues.has_queue(config.queue_name):
            raise AcsError(400, "QueueNotExist", f'The specified queue "{config.queue_name}" does not exist.')
        if config.topic:
            return "topic", config.topic
        return ("queue", config.queue_name) if config.queue_name else (None, None)

    def _insert(self, name: str, speed: str, priority: int, is_default: bool = False) -> str:
        identity, now = uuid.uuid4().hex, self._clock()
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO pipeline VALUES (?, ?, ?, ?, 'Active', ?, NULL, NULL, NULL, ?, ?)",
                (identity, name, speed, priority, is_default, now, now),
            )
        return identity

    def _row(self, identity: str) -> sqlite3.Row:
        row = self._database.one("SELECT * FROM pipeline WHERE id = ?", identity)
        if row is None:
            raise not_found("pipeline", identity)
        return row


def _shape(row: sqlite3.Row) -> Answer:
    return {
        "CreateTime": iso_time(row["created"]),
        "ModifiedTime": iso_time(row["modified"]),
        "Name": row["name"],
        "PipelineId": row["id"],
        "Priority": row["priority"],
        "Speed": row["speed"],
        "Status": row["status"],
    }


def _mps_shape(row: sqlite3.Row) -> Answer:
    notify = {"topic": {"Topic": row["notify_name"]}, "queue": {"QueueName": row["notify_name"]}}.get(row["notify_kind"], {})
    return {
        "Id": row["id"],
        "Name": row["name"],
        "Speed": row["speed"],
        "State": row["status"],
        "Role": row["role"],
        "NotifyConfig": notify,
    }


OPERATIONS = (
    Operation("CreatePipeline", p.CreatePipeline, Pipelines.create),
    Operation("UpdatePipeline", p.UpdatePipeline, Pipelines.update),
    Operation("GetPipeline", p.GetPipeline, Pipelines.get),
    Operation("ListPipelines", p.ListPipelines, Pipelines.list),
    Operation("DeletePipeline", p.DeletePipeline, Pipelines.delete),
    Operation("UpdatePipeline", p.BindPipeline, Pipelines.bind, version=MPS),
    Operation("QueryPipelineList", p.QueryPipelineList, Pipelines.find, version=MPS),
)
