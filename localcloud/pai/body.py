"""The JSON of a request, and what is said of one that is not as it should be.

The sample in PAI's table of errors ("Unmarshal type error: expected=string, got=number, field=image, offset=42, internal=json: cannot
unmarshal …") is what the web framework echo says of an error of Go's encoding/json, so the other errors here are worded as those two word
them, and the offset is counted as they count it: to the end of a plain value, to the beginning of the inside of a list or an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from localcloud.pai.errors import PaiError, parameter_error

Steps: TypeAlias = tuple[str | int, ...]
"""From the document to a value in it: names of members and numbers of items."""


@dataclass(frozen=True)
class Text:
    go: str = "string"


@dataclass(frozen=True)
class Mapped:
    go: str = "map[string]interface {}"


@dataclass(frozen=True)
class Struct:
    """`go` is the type's name, which the error tells."""

    go: str
    fields: Mapping[str, Form] = field(default_factory=dict)


@dataclass(frozen=True)
class ListOf:
    item: Text | Struct

    @property
    def go(self) -> str:
        return f"[]{self.item.go}"


Form: TypeAlias = Text | Mapped | Struct | ListOf
_PYTHON: Mapping[type, type] = {Text: str, Mapped: dict, Struct: dict, ListOf: list}
_EMPTY: Mapping[type, Any] = {Text: "", Mapped: {}, ListOf: ()}

_COMMON: Mapping[str, Form] = {"action": Text(), "model_name": Text(), "configure": Mapped()}
IMAGE = Struct("ImageRequest", {**_COMMON, "image": Text()})
VIDEO = Struct("VideoRequest", {**_COMMON, "video_url": Text(), "video_title": Text(), "text": Text(), "images": ListOf(Text())})
_VIDEOS = ListOf(Struct("BatchVideoRequestVideos", {"url": Text(), "title": Text()}))
BATCH = Struct("BatchVideoRequest", {**_COMMON, "videos": _VIDEOS})


def read(content: bytes, form: Struct) -> dict[str, Any]:
    """The fields of a request; one that is missing or null is empty. Raises PaiError."""
    try:
        text = content.decode()
        value = _whole(json.loads(text))
    except (ValueError, RecursionError) as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise parameter_error(f"Syntax error: offset={offset}, error=the body is no JSON: {_cause(error)}") from None
    fields: dict[str, Any] = _checked(value, form, (), form.go, text)
    return fields


def _whole(value: Any) -> Any:
    """The same, and each half of a surrogate pair as U+FFFD, which Go makes of it."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _cause(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__


def _checked(value: Any, form: Form, path: Steps, struct: str, text: str) -> Any:
    if value is None and not isinstance(form, Struct):
        return _EMPTY[type(form)]
    if not isinstance(value if value is not None else {}, _PYTHON[type(form)]):
        raise _unmarshal_error(value, form, path, struct, text)
    if isinstance(form, Struct):
        given = value or {}
        return {name: _checked(given.get(name), each, (*path, name), form.go, text) for name, each in form.fields.items()}
    if isinstance(form, ListOf):
        return [_checked(each, form.item, (*path, number), struct, text) or "" for number, each in enumerate(value)]
    return value


def _unmarshal_error(value: Any, form: Form, path: Steps, struct: str, text: str) -> PaiError:
    got = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}[type(value)]
    name = ".".join(step for step in path if isinstance(step, str))
    into = f"Go struct field {struct}.{name}" if name else "Go value"
    internal = f"json: cannot unmarshal {got} into {into} of type {form.go}"
    offset = len(text[: _offset(text, path)].encode())
    return parameter_error(f"Unmarshal type error: expected={form.go}, got={got}, field={name}, offset={offset}, internal={internal}")


_SPACE = re.compile(r"[\s,:]*")
_DECODER = json.JSONDecoder()


def _offset(text: str, path: Steps) -> int:
    """How far Go has read when it meets the value at `path` of a valid document."""
    at = _skip(text, 0)
    for step in path:
        at = dict(_members(text, at))[step]
    return at + 1 if text[at] in "[{" else _DECODER.raw_decode(text, at)[1]


def _members(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """The names of an object's members, or the numbers of a list's items, with where their values begin."""
    names = text[at] == "{"
    at, number = _skip(text, at + 1), 0
    while text[at] not in "]}":
        name: str | int = number
        if names:
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at)
        yield name, at
        at, number = _skip(text, _DECODER.raw_decode(text, at)[1]), number + 1


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()
