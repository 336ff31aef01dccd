"""OSS events of Function Compute's native trigger.

Format: "Trigger event formats" in the Function Compute documentation, and `events/oss.go` of aliyun/fc-runtime-go-sdk. The key is
taken as it stands: no document says that it is encoded, and public functions use it undecoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.errors import BadInput
from sightline.events.records import BadRecord, Json, bad_record, decode


@dataclass(frozen=True)
class ObjectChange:
    """Something happened to an object: `name` as in the event, `event_id` the request that did it.

    The event's eTag and size are left out on purpose: events come late, twice and out of order, so the bucket is asked instead.
    """

    name: str
    bucket: str
    key: str
    event_id: str


def parse_objects(event: bytes) -> Sequence[ObjectChange | BadRecord]:
    """The changes that an event tells of, in order. Raises BadInput where the whole event is no OSS event."""
    document = decode(event)
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise BadInput("events", "is missing or no list", "send an OSS event of Function Compute")
    return [_read(index, record) for index, record in enumerate(document["events"])]


def _read(index: int, record: Json) -> ObjectChange | BadRecord:
    try:
        name, bucket, key = record["eventName"], record["oss"]["bucket"]["name"], record["oss"]["object"]["key"]
        event_id = record.get("responseElements", {}).get("requestId", "")
    except (KeyError, TypeError, AttributeError) as error:
        return bad_record(index, f"{type(error).__name__}: {error}", record)
    if not all(isinstance(part, str) and part for part in (name, bucket, key)):
        return bad_record(index, "eventName, bucket name and object key must be texts", record)
    if not name.startswith(("ObjectCreated:", "ObjectRemoved:")):
        return bad_record(index, f"eventName {name!r} is neither ObjectCreated nor ObjectRemoved", record)
    return ObjectChange(name, bucket, key, str(event_id))
