"""What a service of the laptop cloud sees of HTTP: a request read whole, a reply to send.

Services are plain synchronous functions from `Request` to `Reply`; the door (`localcloud.door`) does the network. So a service can be
called from a test without a socket. One that has to wait for something to happen (an MNS long poll) answers `Later`, and holds no thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import unquote, unquote_plus

from localcloud.checksum import Checksums

LONGEST_BODY = 5 * 2**30
"""Bytes; what OSS takes in one request, and so more than any other service does."""


class Headers(Mapping[str, str]):
    """Request headers, looked up without regard to case; repeated ones are joined with a comma (RFC 9110, 5.3)."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]},{value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Body:
    """A request body: in memory when small, in a temporary file when large.

    `path` is set for a large one, and `sums` of its content; whoever wants to keep the file moves it away, and the door removes it
    otherwise.
    """

    data: bytes = b""
    path: Path | None = None
    sums: Checksums | None = None

    def __len__(self) -> int:
        return self.path.stat().st_size if self.path else len(self.data)

    def read(self) -> bytes:
        return self.path.read_bytes() if self.path else self.data


@dataclass(frozen=True)
class Request:
    """One HTTP request. `target` is the request target exactly as it stood on the request line: MNS signs it byte for byte."""

    method: str
    target: str
    headers: Headers
    body: Body = field(default_factory=Body)
    client: str = "127.0.0.1"

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        """The decoded path; a plus is a plus."""
        return unquote(self.raw_path, errors="surrogateescape")

    @property
    def raw_query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def query(self) -> dict[str, str]:
        """Decoded query parameters, blank ones kept; of a repeated name the last counts."""
        pairs = (part.partition("=") for part in self.raw_query.split("&") if part)
        return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


@dataclass(frozen=True)
class FileSlice:
    """`length` bytes of a file from `start` on, sent without reading them into memory; gzipped, or at a limited speed, if so set."""

    path: Path
    start: int
    length: int
    bytes_per_second: int | None = None
    gzipped: bool = False


@dataclass(frozen=True)
class Reply:
    """One HTTP reply. Header names go out as they are written here; Content-Length is the door's business."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FileSlice = b""


@dataclass(frozen=True)
class Terms:
    """How the door takes the body of a request: not at all, not faster than this, and no more of it than `longest` bytes."""

    takes_body: bool = True
    bytes_per_second: int | None = None
    longest: int = LONGEST_BODY


class Trouble(Enum):
    """Why the door can't hand a request over."""

    HEAD_TOO_LARGE = "The request's headers are too large."
    BODY_TOO_LARGE = "The request's body is larger than this service takes."
    BODY_TOO_SLOW = "The request's body did not arrive in time."
    TWO_LENGTHS = "The request has both a Content-Length and a Transfer-Encoding."
    TOO_MANY_CONNECTIONS = "Too many connections are open; close some, and try again."

    @property
    def status(self) -> int:
        return {Trouble.BODY_TOO_SLOW: 408, Trouble.TOO_MANY_CONNECTIONS: 503}.get(self, 400)


@dataclass(frozen=True)
class Later:
    """A reply that can be made once `ready` is done, by calling `reply`. A client that hangs up before cancels `ready`."""

    ready: Future[Any]
    reply: Callable[[], Reply | Later]


class Service(Protocol):
    """A service behind the door."""

    def claims(self, request: Request) -> bool:
        """Whether this request is addressed to this service."""
        ...

    def serve(self, request: Request) -> Reply | Later:
        """Answer it; never raises for bad input, which is answered with the cloud's own error."""
        ...


@runtime_checkable
class SetsTerms(Protocol):
    """A service that has a say in how the body of a request is taken."""

    def terms(self, request: Request) -> Terms:
        """`request` has no body yet, and nobody has checked who sent it."""
        ...


@runtime_checkable
class Refuses(Protocol):
    """A service that says in its own words what the door could not hand over to it."""

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        """`request` has no body, and nobody has checked who sent it."""
        ...
