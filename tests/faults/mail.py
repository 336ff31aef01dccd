"""What waits for a function: events and messages, and how Function Compute invokes with them again after a failure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from localcloud.fc.project.project import Function
from localcloud.fc.triggers import events
from localcloud.ports import ObjectEvent, TopicMessage
from tests.faults.laptop_services import PLACE

MALFORMED_RECORDS: dict[str, Any] = {
    "no record": "not even a record",
    "no key": {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "oss": {"bucket": {"name": "sightline-media"}, "object": {}},
    },
    "unknown event": {
        "eventName": "ObjectReplicated:Put",
        "oss": {"bucket": {"name": "sightline-media"}, "object": {"key": "uploads/x.jpg"}},
    },
    "foreign bucket": {"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "other"}, "object": {"key": "uploads/x.jpg"}}},
}
MALFORMED_EVENTS = {
    "not JSON": ("submit", b"{"),
    "no events": ("submit", b'{"event": []}'),
    "only bad records": ("submit", b'{"events": [7, {}, {"eventName": "ObjectCreated:PutObject"}]}'),
    "unknown job": ("collect", b'{"Type":"smarttag","JobId":"0123456789abcdef0123456789abcdef","State":"Success","UserData":"{}"}'),
    "no job": ("collect", b'{"Type":"smarttag","State":"Success"}'),
    "no callback": ("collect", b"hello"),
}


@dataclass(frozen=True)
class Message:
    """`attempts` that were made, `due` in seconds since the epoch; `keys` are the uploads that it is about."""

    name: str
    function: str
    event: bytes
    keys: tuple[str, ...]
    due: float
    attempts: int = 0

    def again(self, due: float) -> Message:
        return replace(self, attempts=self.attempts + 1, due=due)


def object_message(name: str, event: ObjectEvent, functions: Iterable[Function]) -> Message | None:
    """None where no trigger of the project fires."""
    for function in functions:
        for trigger in function.triggers:
            if trigger.trigger_type == "oss" and trigger.matches(event.name, event.bucket, event.key):
                return Message(
                    name, short_name(function), events.object_event(event, trigger.trigger_name, PLACE), (event.key,), event.time
                )
    return None


def topic_message(name: str, message: TopicMessage, functions: Iterable[Function], keys: Sequence[str]) -> Message | None:
    for function in functions:
        for trigger in function.triggers:
            if trigger.trigger_type == "mns_topic" and trigger.matches(message.topic, message.tag):
                is_json = trigger.trigger_config.notify_content_format == "JSON"
                event = events.topic_json(message, trigger.trigger_name, PLACE) if is_json else events.topic_stream(message)
                return Message(name, short_name(function), event, tuple(keys), message.publish_time)
    return None


def merged(messages: Sequence[Message], malformed: Sequence[str]) -> Message:
    """One event of the records of several OSS events, and of records that can't be used, which come first and last."""
    records = [record for message in messages for record in _records(message)]
    for number, kind in enumerate(malformed):
        records.insert(0 if number % 2 == 0 else len(records), MALFORMED_RECORDS[kind])
    keys = tuple(key for message in messages for key in message.keys)
    return replace(messages[0], event=json.dumps({"events": records}).encode(), keys=keys)


def _records(message: Message) -> list[Any]:
    """Of an event that can be read."""
    return list(json.loads(message.event)["events"])


def short_name(function: Function) -> str:
    return function.function_name.rpartition("-")[2]
