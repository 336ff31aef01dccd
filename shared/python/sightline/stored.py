"""Reading JSON that was stored: each field by its name and of its type, or an error that names it. Other fields are passed over."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sightline.clock import from_iso
from sightline.untrusted import plain


class Unreadable(ValueError):
    """What is wrong, and of which field."""


class Stored:
    """A JSON object. Each method raises Unreadable for a field of another type, and for a missing one that has no `default`."""

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict):
            raise Unreadable("it is no JSON object")
        self._document: dict[str, Any] = document

    @classmethod
    def parse(cls, content: bytes) -> Stored:
        try:
            return cls(json.loads(content))
        except (ValueError, RecursionError) as error:
            raise error if isinstance(error, Unreadable) else Unreadable(f"it is no JSON ({type(error).__name__})") from error

    def value(self, name: str) -> Any:
        """None for one that is missing."""
        return self._document.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """As it is: of names and ids."""
        return _sendable(name, self._any_text(name, default))

    def _any_text(self, name: str, default: str | None) -> str:
        value = self._document.get(name, default)
        if not isinstance(value, str):
            raise Unreadable(f"{name}: no text")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._document.get(name) is None else self.text(name)

    def told(self, name: str, most: int) -> str:
        """What a model or a service said, fit to be shown and not longer than `most`; empty where it said nothing."""
        return plain(self._any_text(name, ""), most)

    def all_told(self, name: str, most: int, longest: int) -> Sequence[str]:
        """`most` of such texts."""
        return [plain(entry, longest) for entry in self._any_texts(name)[:most]]

    def texts(self, name: str) -> Sequence[str]:
        """As they are: of names and ids; none where it is missing."""
        return [_sendable(name, entry) for entry in self._any_texts(name)]

    def _any_texts(self, name: str) -> Sequence[str]:
        value = self._document.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise Unreadable(f"{name}: no list of texts")
        return value

    def whole(self, name: str, default: int) -> int:
        value = self._document.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unreadable(f"{name}: no whole number")
        return value

    def seconds(self, name: str) -> float | None:
        """Not negative, finite; None where it is missing."""
        value = self._document.get(name)
        if value is None:
            return None
        if _finite(name, value) < 0:
            raise Unreadable(f"{name}: no number of seconds")
        return float(value)

    def number(self, name: str) -> float | None:
        """Finite; None where it is missing."""
        value = self._document.get(name)
        return None if value is None else _finite(name, value)

    def numbers(self, name: str) -> Sequence[float]:
        """None where they are missing."""
        value = self._document.get(name, [])
        if not isinstance(value, list):
            raise Unreadable(f"{name}: no list of numbers")
        return [_finite(name, entry) for entry in value]

    def object(self, name: str) -> Stored:
        """An empty one where it is missing."""
        value = self._document.get(name)
        if value is not None and not isinstance(value, dict):
            raise Unreadable(f"{name}: no JSON object")
        return Stored(value or {})

    def objects(self, name: str, most: int) -> Sequence[Stored]:
        """The first `most`; none where they are missing."""
        value = self._document.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise Unreadable(f"{name}: no list of JSON objects")
        return [Stored(entry) for entry in value[:most]]

    def names(self) -> Sequence[str]:
        return list(self._document)

    def moment(self, name: str) -> datetime:
        try:
            return from_iso(self.text(name))
        except ValueError as error:
            raise error if isinstance(error, Unreadable) else Unreadable(f"{name}: no time") from error


def _finite(name: str, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise Unreadable(f"{name}: no number")
    return float(value)


def _sendable(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half a surrogate, which JSON can hold
        raise Unreadable(f"{name}: no text that can be sent") from error
    return text
