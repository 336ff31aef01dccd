"""What a caller may see. Every route that shows a media passes here, and nothing else decides."""

from __future__ import annotations

from typing import NamedTuple

from sightline.record.model import Record


class Caller(NamedTuple):
    """Who asks; limited to the namespace that the query names."""

    namespace: str


def may_see(caller: Caller, record: Record) -> bool:
    return record.namespace == caller.namespace
