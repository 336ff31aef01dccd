"""What every parser here has in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sightline.errors import BadInput

Json = dict[str, Any]


@dataclass(frozen=True)
class BadRecord:
    """A record of an event that can't be used: which one, why, and its text, so that nothing is lost."""

    index: int
    reason: str
    text: str


def bad_record(index: int, reason: str, record: object) -> BadRecord:
    return BadRecord(index, reason, json.dumps(record, ensure_ascii=False, default=str)[:4096])


def decode(event: bytes) -> Any:
    """The JSON of an event. Raises BadInput."""
    try:
        return json.loads(event)
    except ValueError as error:
        raise BadInput("event", f"is not JSON ({error})", "send an event as Function Compute does; samples are in events/") from error
