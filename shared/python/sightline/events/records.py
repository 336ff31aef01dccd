"""What every shape of event has in common: records, one or many.

Function Compute hands over what happened as one event, which may hold several records: OSS lists them below `events`, EventBridge sends a
list. Each record is dealt with by itself, so an event of several is taken for as many events of one.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, TypeGuard

Json = dict[str, Any]

Event = Any
"""A JSON object or list, decoded; the text itself of an event that is neither, or is nested deeper than anybody can follow."""

DEEPEST = 64


def read_event(event: bytes) -> Event:
    """Never fails: what is no UTF-8 becomes surrogates, which `event_bytes` turns back."""
    try:
        document = json.loads(event.decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict | list) and _depth(document) <= DEEPEST:
        return document
    return event.decode("utf-8", errors="surrogateescape")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")  # though Python reads and writes it


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _depth(document: Any) -> int:
    """How deep lists and objects are nested, as far as it matters here; counted without recursion."""
    depth, level = 0, [document]
    while level and depth <= DEEPEST:
        level = [child for part in level for child in _children(part) if isinstance(child, dict | list)]
        depth += 1
    return depth


def _children(part: Any) -> Iterable[Any]:
    return part.values() if isinstance(part, dict) else part


def event_bytes(event: Event) -> bytes:
    """What a function receives: the inverse of `read_event`, but for white space between the parts of JSON."""
    if isinstance(event, str):
        return event.encode("utf-8", errors="surrogateescape")
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode()


def single_events(event: Event) -> Sequence[Event]:
    """The records of an event, each as an event of the same shape that holds nothing else."""
    if isinstance(event, list):
        return [[item] for item in event]
    if isinstance(event, dict) and isinstance(event.get("events"), list):
        return [{**event, "events": [record]} for record in event["events"]]
    return [event]


def decoded(text: Any) -> Any:
    """JSON, or base64 of JSON, or the text as it came: which of them a message's body is, is written nowhere."""
    if not isinstance(text, str):
        return text
    for candidate in (text, _from_base64(text)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return text


def is_text(value: Any) -> TypeGuard[str]:
    """Whether it is a text that can be sent anywhere: not empty, and without half a surrogate, which JSON can hold and UTF-8 can't."""
    return isinstance(value, str) and value != "" and not re.search("[\ud800-\udfff]", value)


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
