"""What a caller may see. Every route that shows a media passes here, and nothing else decides."""

from __future__ import annotations

from sightline.record.model import Record
from sightline.value import Value


class Caller(Value):
    """Who asks; limited to the namespace that the query names."""

    namespace: str


def may_see(caller: Caller, record: Record) -> bool:
    return record.namespace == caller.namespace
