"""What OSS remembers of buckets, objects and uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ObjectType: TypeAlias = Literal["Normal", "Appendable", "Multipart", "Symlink"]


@dataclass(frozen=True)
class Bucket:
    name: str
    acl: str
    created: float


@dataclass(frozen=True)
class Properties:
    """What a client says of an object besides its content. `headers` are those returned with it; `meta` is without `x-oss-meta-`."""

    headers: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    acl: str = "default"

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "application/octet-stream")


@dataclass(frozen=True)
class StoredRecord:
    """An object: `etag` without quotes, in upper case; `crc` is its CRC-64; `target` is what a symlink points to."""

    bucket: str
    key: str
    blob: str
    size: int
    etag: str
    crc: int
    type: ObjectType
    modified: float
    properties: Properties
    target: str = ""


@dataclass(frozen=True)
class Upload:
    """A multipart upload that is under way."""

    id: str
    bucket: str
    key: str
    initiated: float
    properties: Properties


@dataclass(frozen=True)
class Part:
    number: int
    blob: str
    size: int
    etag: str
    modified: float


@dataclass(frozen=True)
class Change:
    """What an event says of the call that changed an object."""

    name: str
    request_id: str
    source_ip: str
    time: float
