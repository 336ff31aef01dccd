"""What the core asks of an object store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from sightline.value import Value


class PositionConflict(Exception):
    """An append named another position than the object's length."""


class ObjectInfo(Value):
    """`etag` is upper-case hex without quotes, as in an OSS event."""

    etag: str
    size: int
    modified: datetime


class ListedObject(Value):
    """A line of a listing: the object as `ObjectInfo` tells of it, and its key."""

    key: str
    info: ObjectInfo


class Tail(Value):
    """The end of an object: what it holds from the byte `start` on."""

    start: int
    content: bytes


class Bucket(Protocol):
    """One bucket. Calls raise ServiceRefused or ServiceUnreachable; a missing object is None, never an error."""

    @property
    def name(self) -> str: ...

    def get(self, key: str) -> bytes | None: ...

    def tail(self, key: str, most: int) -> Tail | None:
        """The last `most` bytes, or all of a shorter object."""
        ...

    def part(self, key: str, start: int, most: int) -> bytes | None:
        """At most `most` bytes from the byte `start` on; none from the end on."""
        ...

    def head(self, key: str) -> ObjectInfo | None: ...

    def put(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> None: ...

    def append(self, key: str, position: int, content: bytes) -> None:
        """Append where the object has exactly `position` bytes; 0 creates it. Raises PositionConflict otherwise."""
        ...

    def delete(self, key: str) -> None: ...

    def objects(self, prefix: str, after: str = "") -> Iterator[ListedObject]:
        """The objects below `prefix` beyond the key `after`, in the order of their keys' bytes; pages are fetched as they are needed."""
        ...

    def keys(self, prefix: str, after: str = "", page: int = 1000) -> Iterator[str]:
        """`page` is how many one request asks for, 1,000 at most: who reads only the first few saves the rest."""
        ...

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The names between `prefix` and the next slash, each once and in order, that come after the folder `after`."""
        ...

    def presign(self, key: str, seconds: int, process: str | None = None) -> str:
        """An address that reads the object for `seconds`, processed by `x-oss-process` where that is given."""
        ...
