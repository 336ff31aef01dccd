"""What a caller may see. Every route that shows a media passes here, and nothing else decides."""

from __future__ import annotations

from sightline.record.model import Record
from sightline.value import Value


class Caller(Value):
    """Who asks; limited to the namespace that the query names."""

    namespace: str


def may_see(caller: Caller, record: Record) -> bool:
    return record.namespace == caller.namespace


def is_own(record: Record, key: str) -> bool:
    """Whether the key is an output of the record's content, which lies in a folder of its own: whoever may see the one may see the other.

    A service that answered with somebody else's key, or with an upload's, would else give away what the caller may not see.
    """
    return f"/{record.media_id}/{record.generation}/" in f"/{key}"
