"""OSS events of Function Compute's native trigger.

Format: "Trigger event formats" in the Function Compute documentation, and `events/oss.go` of aliyun/fc-runtime-go-sdk. The key is
taken as it stands: no document says that it is encoded, and public functions use it undecoded.
"""

from __future__ import annotations

from sightline.errors import BadInput
from sightline.events.records import Event, is_text
from sightline.value import Value

_FIX = "send an OSS event of Function Compute; samples are in events/"


class ObjectChange(Value):
    """Something happened to an object: `name` as in the event, `event_id` the request that did it.

    The event's eTag and size are left out on purpose: events come late, twice and out of order, so the bucket is asked instead.
    """

    name: str
    bucket: str
    key: str
    event_id: str


def read_change(event: Event) -> ObjectChange:
    """The change that an event of one record tells of. Raises BadInput for any other shape."""
    records = event.get("events") if isinstance(event, dict) else None
    if not isinstance(records, list) or len(records) != 1:
        raise BadInput("events", "is missing, or no list of one", _FIX)
    record = records[0]
    try:
        name, bucket, key = record["eventName"], record["oss"]["bucket"]["name"], record["oss"]["object"]["key"]
        event_id = (record.get("responseElements") or {}).get("requestId", "")
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput("events[0]", f"has another shape ({type(error).__name__}: {error})", _FIX) from error
    if not all(is_text(part) for part in (name, bucket, key)):
        raise BadInput("events[0]", "has an eventName, bucket name or object key that is no text", _FIX)
    if not name.startswith(("ObjectCreated:", "ObjectRemoved:")):
        raise BadInput("eventName", f"is {name[:100]!r}", "have the trigger send ObjectCreated and ObjectRemoved only")
    return ObjectChange(name, bucket, key, str(event_id))
