"""What a source is asked for, and the order in which its objects are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import oss2
from oss2.models import PartInfo

from cli.backfill.address import Address


@dataclass(frozen=True)
class Found:
    """An object of a source, as a listing tells of it; `etag` without quotes."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Part:
    """`length` bytes from `start`, which become part `number` of an upload."""

    upload_id: str
    number: int
    start: int
    length: int


class Source(Protocol):
    """Objects, and how their content gets to the media bucket.

    Every call may raise ObjectChanged, ObjectRefused, Unavailable, and CommandError where nothing else could be read either; calls that
    take a `Found` read that content or none.
    """

    @property
    def address(self) -> Address: ...

    @property
    def whole_bytes(self) -> int:
        """Larger objects go in parts."""
        ...

    @property
    def part_bytes(self) -> int: ...

    def objects(self, after: str) -> Iterator[Found]:
        """The objects below the address beyond the key `after`, in the order of their keys' bytes."""
        ...

    def find(self, key: str) -> Found | None: ...

    def headers(self, found: Found) -> Mapping[str, str]:
        """The object's own headers and metadata, as OSS takes them."""
        ...

    def bring(self, found: Found, bucket: oss2.Bucket, key: str, headers: Mapping[str, str]) -> None: ...

    def bring_part(self, found: Found, bucket: oss2.Bucket, key: str, part: Part) -> PartInfo: ...


def in_order(objects: Iterable[Found], after: str) -> Iterator[tuple[Found, str]]:
    """The objects, each manifest after everything else in its folder: its arrival starts the work on the images that it names.

    Beside each stands the key to go on after once it is done. While a manifest is held back, that is the key before it.
    """
    held: list[tuple[Found, str]] = []
    for found in objects:
        while held and not found.key.startswith(folder_of(held[-1][0].key)):
            manifest, _ = held.pop()
            yield manifest, held[0][1] if held else after
        if is_manifest(found.key):
            held.append((found, after))
        else:
            yield found, held[0][1] if held else found.key
        after = found.key
    while held:
        manifest, _ = held.pop()
        yield manifest, held[0][1] if held else after


def is_manifest(key: str) -> bool:
    return key.rpartition("/")[2] == "manifest.json"


def folder_of(key: str) -> str:
    return key[: key.rfind("/") + 1]
