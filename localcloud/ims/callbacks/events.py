"""Event callbacks: one receiver for the whole region, told of the events that it subscribed to.

Of the documented events two happen here: MediaAiAnalysisComplete, the end of a SubmitMediaAiAnalysisJob, and AIProduceComplete, that of a
SubmitIProductionJob.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from localcloud.database import Database
from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.callbacks.callbacks import Callbacks, Receiver
from localcloud.ims.errors import invalid_parameter, missing_parameter
from localcloud.ims.inputs import is_web_address
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import CommaList, Parameters, at_most_bytes
from localcloud.ports import CallbackQueues

EVENTS = frozenset(
    (
        *("FileUploadComplete", "UploadByURLComplete", "ImageUploadComplete", "AttachedMediaUploadComplete", "RegisterStreamComplete"),
        *("StreamUploadComplete", "UploadStreamByURLComplete", "CreateAuditComplete", "RegisterMediaComplete", "DeleteMediaComplete"),
        *("MediaBaseChangeComplete", "WorkflowTaskComplete", "VideoAnalysisComplete", "SnapshotComplete", "DynamicImageComplete"),
        *("TranscodeComplete", "TranscodeParentComplete", "MediaConvertComplete", "MediaConvertOutputGroupComplete"),
        *("MediaConvertOutputComplete", "AIMediaAuditComplete", "AIProduceComplete", "MediaAiAnalysisComplete", "ProduceMediaComplete"),
        *("BatchProduceMediaComplete", "LiveRecordFileCreated", "LiveRecordTaskStatus", "LiveSnapshotFileCreated"),
    )
)
"""The names on the page "Event types" of IMS."""
QUEUE_PREFIX = "ice-callback-"


def _strong_key(key: str) -> str:
    if not (any(map(str.isupper, key)) and any(map(str.islower, key)) and any(map(str.isdigit, key))):
        raise ValueError("it must have upper-case letters, lower-case letters and digits")
    return key


class SetEventCallback(Parameters):
    callback_type: Literal["HTTP", "MNS"] = "HTTP"
    callback_url: Annotated[str, at_most_bytes(256)] | None = Field(None, alias="CallbackURL")
    callback_queue_name: str | None = None
    event_type_list: CommaList = ()
    auth_switch: Literal["on", "off"] = "off"
    auth_key: Annotated[str, Field(max_length=32), AfterValidator(_strong_key)] | None = None


class GetEventCallback(Parameters):
    pass


class EventCallback:
    def __init__(
        self, database: Database, callbacks: Callbacks, queues: CallbackQueues, account_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._callbacks = callbacks
        self._queues = queues
        self._account_id = account_id
        self._clock = clock

    def set(self, given: SetEventCallback) -> Answer:
        self._check(given)
        with self._database.transaction() as write:
            write.execute("DELETE FROM event_callback")
            write.execute(
                "INSERT INTO event_callback VALUES (?, ?, ?, ?, ?, ?)",
                (
                    given.callback_type,
                    given.callback_url,
                    given.callback_queue_name,
                    ",".join(given.event_type_list),
                    given.auth_switch,
                    given.auth_key,
                ),
            )
        return {"Success": True}

    def get(self, _given: GetEventCallback) -> Answer:
        row = self._database.one("SELECT * FROM event_callback")
        if row is None:
            return {}
        common = {"CallbackType": row["type"], "EventTypeList": row["events"]}
        if row["type"] == "MNS":
            return {**common, "CallbackQueueName": row["queue"]}
        return {**common, "CallbackURL": row["url"], "AuthSwitch": row["auth_switch"], "AuthKey": row["auth_key"] or ""}

    def happened(self, transaction: sqlite3.Connection, event: str, body: Mapping[str, object]) -> None:
        """Part of the transaction that makes it so. Whoever subscribed to `event` is told; nobody else."""
        row = transaction.execute("SELECT * FROM event_callback").fetchone()
        if row is not None and event in row["events"].split(","):
            key = row["auth_key"] if row["auth_switch"] == "on" else ""
            receiver = Receiver(row["queue"]) if row["type"] == "MNS" else Receiver(row["url"], key or "")
            self._callbacks.write(transaction, receiver, self.envelope(event, body))

    def envelope(self, event: str, body: Mapping[str, object]) -> dict[str, object]:
        return {"EventType": event, "UserId": int(self._account_id), "EventTime": iso_time(self._clock()), "MessageBody": body}

    def _check(self, given: SetEventCallback) -> None:
        if given.callback_type == "HTTP":
            if given.callback_url is None:
                raise missing_parameter("CallbackURL")
            if not is_web_address(given.callback_url):
                raise invalid_parameter("CallbackURL", "it is no http or https URL")
            if given.auth_switch == "on" and given.auth_key is None:
                raise missing_parameter("AuthKey")
        else:
            if given.callback_queue_name is None:
                raise missing_parameter("CallbackQueueName")
            check_queue("CallbackQueueName", given.callback_queue_name, self._queues)
        unknown = sorted(set(given.event_type_list) - EVENTS)
        if unknown:
            raise invalid_parameter("EventTypeList", f"{', '.join(unknown)} is no event of IMS")


def check_queue(parameter: str, name: str, queues: CallbackQueues) -> None:
    """Raises AcsError. That the queue must be there already is an assumption: a callback to none would only be lost."""
    if not name.startswith(QUEUE_PREFIX):
        raise invalid_parameter(parameter, f"the name of the queue must begin with {QUEUE_PREFIX}")
    if not queues.has_queue(name):
        raise invalid_parameter(parameter, f'there is no queue "{name}" in MNS')


OPERATIONS = (
    Operation(
        "SetEventCallback",
        SetEventCallback,
        EventCallback.set,
        lacks="events other than MediaAiAnalysisComplete and AIProduceComplete never happen here",
    ),
    Operation("GetEventCallback", GetEventCallback, EventCallback.get),
)
