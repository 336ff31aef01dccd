"""What OSS remembers of buckets, objects and uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ObjectType: TypeAlias = Literal["Normal", "Appendable", "Multipart", "Symlink", "DeleteMarker"]
Versioning: TypeAlias = Literal["", "Enabled", "Suspended"]
NULL_VERSION = "null"
"""The id of what is written while versioning is not enabled; a key has at most one such version."""


@dataclass(frozen=True)
class Bucket:
    """`versioning` is empty for a bucket that never had it."""

    name: str
    acl: str
    created: float
    storage_class: str = "Standard"
    redundancy: str = "LRS"
    versioning: Versioning = ""


@dataclass(frozen=True)
class Usage:
    """What is in a bucket: bytes and objects of each storage class, every version of them counted."""

    by_class: dict[str, tuple[int, int]]
    delete_markers: int
    uploads: int
    parts: int
    live_channels: int


@dataclass(frozen=True)
class Properties:
    """What a client says of an object besides its content.

    `headers` are those returned with it; `meta` is without `x-oss-meta-`; `encryption` are the headers that asked for it.
    """

    headers: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    acl: str = "default"
    encryption: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "application/octet-stream")


@dataclass(frozen=True)
class StoredRecord:
    """An object, or one version of it: `etag` without quotes, in upper case; `crc` is its CRC-64; `target` is what a symlink points to.

    Of one key the version with the highest `sequence` is the latest; 0 is one written before its bucket ever had versioning.
    An archived object can be read from `restore_ready` to `restore_until`, seconds since 1970; both are 0 where nobody restored it.
    """

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
    storage_class: str = "Standard"
    version: str = NULL_VERSION
    sequence: int = 0
    restore_ready: float = 0.0
    restore_until: float = 0.0


@dataclass(frozen=True)
class Saved:
    """What a write did: the object as it is kept now, and the one that is gone for it, whose content nobody names any more."""

    record: StoredRecord
    gone: StoredRecord | None


@dataclass(frozen=True)
class Removed:
    """What a removal did. `version` is the one that was removed, or the new delete marker; empty in a bucket without versioning."""

    version: str = ""
    marker: bool = False
    gone: StoredRecord | None = None


@dataclass(frozen=True)
class ObjectLine:
    """An object as listings show it."""

    key: str
    size: int
    etag: str
    type: ObjectType
    modified: float
    storage_class: str
    version: str
    sequence: int
    restore_ready: float
    restore_until: float
    latest: bool = True


@dataclass(frozen=True)
class Upload:
    """A multipart upload that is under way. The parts of a sequential one come in their order, one after the other."""

    id: str
    bucket: str
    key: str
    initiated: float
    properties: Properties
    storage_class: str = "Standard"
    sequential: bool = False


@dataclass(frozen=True)
class Part:
    """`etag` and `crc` are as in `StoredRecord`."""

    number: int
    blob: str
    size: int
    etag: str
    crc: int
    modified: float


@dataclass(frozen=True)
class Change:
    """What an event says of the call that changed an object. One without a name is told to nobody."""

    name: str
    request_id: str
    source_ip: str
    time: float
