"""Job messages, however they reach a function.

Three ways in: FC's `mns_topic` trigger in JSON form (an envelope with `Message`), the same in STREAM form (the bare body), and an MNS
queue through EventBridge (a list of CloudEvents). The body is the message of a smart tag job (`QuerySmarttagJob` documentation,
"Callback message format") or an IMS event envelope. Whether it is base64 is written nowhere, so both are read.
"""

from __future__ import annotations

from typing import Any

from sightline.errors import BadInput
from sightline.events.records import Event, decoded, is_text
from sightline.value import Value

_FIX = "send the message of a job; samples are in events/"


class JobMessage(Value):
    """A hint that something happened to a job. Only the job id is believed; `state` saves a question where it is not final."""

    job_id: str
    kind: str
    state: str


def read_job_message(event: Event) -> JobMessage:
    """The message of an event of one record. Raises BadInput for any other shape."""
    body = _body(event)
    if not isinstance(body, dict):
        raise BadInput("message", "is no JSON object", _FIX)
    message = body["MessageBody"] if isinstance(body.get("MessageBody"), dict) else body
    job_id = message.get("JobId")
    if not is_text(job_id):
        raise BadInput("JobId", "is missing or no text", _FIX)
    kind = str(message.get("Type") or body.get("EventType") or "")
    return JobMessage(job_id, kind, str(message.get("State") or message.get("Status") or ""))


def _body(event: Event) -> Any:
    item = event[0] if isinstance(event, list) and len(event) == 1 else event
    if isinstance(item, dict) and isinstance(item.get("data"), dict) and "messageBody" in item["data"]:
        return decoded(item["data"]["messageBody"])
    if isinstance(item, dict) and "TopicName" in item and "Message" in item:
        return decoded(item["Message"])
    return decoded(item)
