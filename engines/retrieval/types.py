"""What a retrieval engine stores and answers. No cloud words here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Segment:
    """A stretch of a media, in seconds from its start, and what is said of it."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Document:
    """One media of one library. Putting a document with a known id replaces it. `attributes` are filtered by, never searched for."""

    media_id: str
    namespace: str
    media_type: str
    title: str
    text: str
    segments: tuple[Segment, ...] = ()
    attributes: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """What an attribute must be: one of `values` where there are any, and not below `least` nor above `most`. 12 is not "12"."""

    attribute: str
    values: tuple[int | str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Query:
    """A sentence, asked of one library. `namespace` None asks all of them; `offset` and `limit` cut the ranked answer.

    A document must pass all of `filters`; one without the attribute passes none.
    """

    text: str
    namespace: str | None = None
    media_type: str | None = None
    media_id: str | None = None
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True)
class Clip:
    start: float
    end: float
    score: float


@dataclass(frozen=True)
class Hit:
    """`score` is 0 to 1, comparable between queries; `clips` are best first."""

    media_id: str
    score: float
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class Answer:
    """`total` counts all hits above the threshold, `hits` are the page that was asked for."""

    total: int
    hits: tuple[Hit, ...]


class Library(Protocol):
    """The port behind which every retrieval engine stands: one searchable collection, durable once a call returns."""

    def put(self, documents: Sequence[Document]) -> None: ...

    def delete(self, media_ids: Sequence[str]) -> None: ...

    def get(self, media_id: str) -> Document | None: ...

    def count(self) -> int: ...

    def search(self, query: Query) -> Answer: ...

    def close(self) -> None: ...
