"""One operation of the API: how it is asked for, and who answers it. The tables stand in `operations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import unquote

from localcloud.http import Request

A = TypeVar("A")


@dataclass(frozen=True)
class Asked:
    """A request that has been authenticated. `names` holds what stood in the variable places of its path."""

    request: Request
    version: str
    request_id: str
    names: Mapping[str, str]

    @cached_property
    def query(self) -> dict[str, str]:
        return self.request.query


@dataclass(frozen=True)
class Operation(Generic[A]):
    """`path` is what follows the version; a part of it in braces may be anything.

    `answer` takes the one who knows and the request, and gives the JSON of the reply. `lacks` says in a phrase what of the documented
    operation is missing here.
    """

    name: str
    method: str
    path: str
    answer: Callable[[A, Asked], object]
    lacks: str = ""


@dataclass(frozen=True)
class NotHere:
    """An operation that the API has and this laptop cloud has not."""

    name: str
    method: str
    path: str


def path_parts(request: Request) -> list[str]:
    """The decoded parts behind the version. A slash within a part, as in the ARN of a layer, is sent encoded."""
    return [unquote(part) for part in request.raw_path.strip("/").split("/")[1:]]


def match(path: str, parts: Sequence[str]) -> dict[str, str] | None:
    """What stands in the variable places of `path`, or None where it is another path."""
    wanted = path.strip("/").split("/")
    if len(wanted) != len(parts):
        return None
    names = {}
    for pattern, part in zip(wanted, parts, strict=True):
        if pattern.startswith("{") and part:
            names[pattern[1:-1]] = part
        elif pattern != part:
            return None
    return names
