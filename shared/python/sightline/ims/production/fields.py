"""Reading a function's parameters from a plain mapping: of a rules file, or of a command line, where every value is a text.

Each reader gives what was meant, or raises BadInput that names the field, what is wrong with it, and what would be right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sightline.errors import BadInput
from sightline.ims.answers import kind_of, number, shown
from sightline.value import Value

# Shares that end at the edge may add up to a little more than 1: 0.7 + 0.1 + 0.2 does.
_ROUNDING = 1e-6
# "Object naming conventions" of OSS allow 1,023 bytes, which may all be percent-encoded; a query follows.
LONGEST_URL = 4_096


class Box(Value):
    """As shares of the picture: left and top of its corner, width and height."""

    left: float
    top: float
    width: float
    height: float


class Fields:
    """What was given. A field that is asked for and was not given is None."""

    def __init__(self, given: Mapping[str, Any], known: Sequence[str]) -> None:
        """Raises BadInput for a field that is none of the `known`."""
        unknown = next((name for name in given if name not in known), None)
        if unknown is not None:
            fix = f"leave it out; there are {', '.join(known)}" if known else "leave it out; the function takes none"
            raise BadInput(f"JobParams.{unknown}", "is no parameter of this function", fix)
        self._given = given

    def text(self, name: str, fix: str) -> str | None:
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise _wrong(name, value, fix)
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        fix = f"give one of {', '.join(map(repr, choices))}"
        value = self.text(name, fix)
        if value is not None and value not in choices:
            raise _wrong(name, value, fix)
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        read = number(value)
        if read is None or read != int(read) or not least <= read <= most:
            raise _wrong(name, value, f"give a whole number from {least} to {most}")
        return int(read)

    def url(self, name: str) -> str | None:
        fix = "give an address that begins with https://, http:// or oss://"
        value = self.text(name, fix)
        if value is not None:
            check_url(f"JobParams.{name}", value, fix)
        return value

    def value(self, name: str) -> Any:
        """A list or an object, also from its JSON; None where it is missing."""
        value = self._given.get(name)
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            return value

    def boxes(self, name: str, most: int | None = None) -> Sequence[Box] | None:
        value = self.value(name)
        if value is None:
            return None
        fix = (
            f"give {'' if most is None else f'at most {most} '}boxes as [[left, top, width, height], ...], each number a share from 0 to 1"
        )
        if not isinstance(value, list) or not value or len(value) > (most or len(value)):
            raise _wrong(name, value, fix)
        return [_box(name, entry, fix) for entry in value]

    def box(self, name: str) -> Box | None:
        value = self.value(name)
        return None if value is None else _box(name, value, "give [left, top, width, height], each a share from 0 to 1")


def check_url(field: str, url: str, fix: str) -> None:
    """Raises BadInput for what is no address, or none that can be sent."""
    scheme, separator, rest = url.partition("://")
    is_address = scheme.lower() in ("https", "http", "oss") and separator and rest.partition("/")[0]
    if not is_address or len(url) > LONGEST_URL or not url.isprintable() or url != url.strip():
        raise BadInput(field, f"is {shown(url)}", fix)


def numbers(value: Any, count: int) -> list[float] | None:
    """So many of them; None for anything else."""
    read = [number(entry) for entry in value] if isinstance(value, list) and len(value) == count else []
    return [entry for entry in read if entry is not None] if read and None not in read else None


def shares(field: str, value: Any, fix: str) -> tuple[float, float]:
    """Where something begins and ends, from 0 to 1."""
    read = numbers(value, 2)
    if read is None or not 0 <= read[0] < read[1] <= 1 + _ROUNDING:
        raise BadInput(field, f"has {_said(value)}", fix)
    return read[0], min(read[1], 1.0)


def _box(name: str, value: Any, fix: str) -> Box:
    read = numbers(value, 4)
    if read is None:
        raise BadInput(f"JobParams.{name}", f"has {_said(value)}, which is no box", fix)
    box = Box(*read)
    is_inside = min(read) >= 0 and box.left + box.width <= 1 + _ROUNDING and box.top + box.height <= 1 + _ROUNDING
    if not is_inside or not box.width or not box.height:
        raise BadInput(f"JobParams.{name}", f"has {_said(value)}, which is no part of the picture", fix)
    return box


def _wrong(name: str, value: Any, fix: str) -> BadInput:
    return BadInput(f"JobParams.{name}", f"is {_said(value)}", fix)


def _said(value: Any) -> str:
    if isinstance(value, (dict, list, int, float)) and not isinstance(value, bool):
        try:
            return json.dumps(value)[:80]
        except (ValueError, TypeError, RecursionError):
            return kind_of(value)
    return shown(value)
