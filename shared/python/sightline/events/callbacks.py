"""Job messages, however they reach a function.

Three ways in: FC's `mns_topic` trigger in JSON form (an envelope with `Message`), the same in STREAM form (the bare body), and an MNS
queue through EventBridge (a list of CloudEvents). The body is the message of a smart tag job (`QuerySmarttagJob` documentation,
"Callback message format") or an IMS event envelope. Whether it is base64 is written nowhere, so both are read.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.events.records import BadRecord, bad_record


@dataclass(frozen=True)
class JobMessage:
    """A hint that something happened to a job. Only the job id is believed; `state` saves a question where it is not final."""

    job_id: str
    kind: str
    state: str


def parse_callbacks(event: bytes) -> Sequence[JobMessage | BadRecord]:
    return [_read(index, body) for index, body in enumerate(_bodies(event))]


def _bodies(event: bytes) -> Iterator[Any]:
    document = _decode(event.decode("utf-8", errors="replace"))
    for item in document if isinstance(document, list) else [document]:
        if isinstance(item, dict) and isinstance(item.get("data"), dict) and "messageBody" in item["data"]:
            yield _decode(item["data"]["messageBody"])
        elif isinstance(item, dict) and "TopicName" in item and "Message" in item:
            yield _decode(item["Message"])
        else:
            yield item


def _decode(text: Any) -> Any:
    """JSON, or base64 of JSON, or the text as it came."""
    if not isinstance(text, str):
        return text
    for candidate in (text, _from_base64(text)):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return text


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _read(index: int, body: Any) -> JobMessage | BadRecord:
    if not isinstance(body, dict):
        return bad_record(index, "the message is no JSON object", body)
    message = body["MessageBody"] if isinstance(body.get("MessageBody"), dict) else body
    job_id = message.get("JobId")
    if not isinstance(job_id, str) or not job_id:
        return bad_record(index, "the message names no JobId", body)
    kind = str(message.get("Type") or body.get("EventType") or "")
    return JobMessage(job_id, kind, str(message.get("State") or message.get("Status") or ""))
