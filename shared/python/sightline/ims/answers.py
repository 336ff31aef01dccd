"""Reading answers loosely: JSON in JSON, numbers as text, lists of one, parts that are missing or of another type.

IMS declares much of what it answers as strings, and its own samples disagree with its declarations; some of it was written by a model.
Nothing here raises because of what an answer holds.
"""

from __future__ import annotations

import json
import math
from typing import Any

from sightline.untrusted import plain

Json = dict[str, Any]

# EventDesc is encoded twice in the documentation's sample; more layers than these have no use but to be taken off.
DEEPEST_ENCODING = 5
# 32 hex digits in the samples; the form is not documented.
LONGEST_JOB_ID = 128


def decode_data(data: Any) -> Any:
    """What is in JSON that may be encoded up to five times, with white space around it; the text itself where it is no JSON."""
    value = data
    for _ in range(DEEPEST_ENCODING):
        if not isinstance(value, str):
            return value
        try:
            value = json.loads(value.strip("\ufeff\0 \t\r\n"))
        except (ValueError, RecursionError):  # nested a few thousand deep, it is a trap
            return value
    return value


def objects(value: Any) -> list[Json]:
    """The objects of a list; of anything else none, but an object by itself is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """A finite number, also from its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON; empty for what is missing."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return compact(value)
    except RecursionError:
        return kind_of(value)


def compact(value: object) -> str:
    """As JSON in a parameter."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_job_id(text: str) -> bool:
    """Whether it can be one."""
    return 0 < len(text) <= LONGEST_JOB_ID and all("!" <= character <= "~" for character in text)


def flag(value: Any) -> bool | None:
    """A truth value, also from its name or from 0 and 1; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value[:10].strip().lower())
    return bool(value) if isinstance(value, (bool, int)) and value in (0, 1) else None


def kind_of(value: Any) -> str:
    """What to call a value of the wrong type."""
    names = {type(None): "missing", bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")


def shown(value: Any) -> str:
    """What an error says of a value: a text's beginning, or what else it is."""
    return repr(plain(value, 60)) if isinstance(value, str) else kind_of(value)
