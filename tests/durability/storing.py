"""Clients of OSS: each changes things of its own with oss2, and can say after a kill what is missing."""

from __future__ import annotations

import hashlib
from itertools import count
from random import Random
from typing import Any

import oss2
import requests

from localcloud.door.intake import IN_MEMORY
from localcloud.identity import Credential
from localcloud.place import Place
from tests.durability.model import Cell, Lost

BUCKET, VERSIONED, CONFIGURED = "durable", "versioned", "configured"
SIZES = (0, 10, 1_001, 30_000)
LARGE = IN_MEMORY + 1
PART = 100 * 1024


class Bucket:
    """A bucket that is there after the first round."""

    name = BUCKET

    def __init__(self, random: Random) -> None:
        self.random = random
        self.bucket: Any = None

    def connect(self, port: int, key: Credential) -> None:
        auth = oss2.make_auth(key.access_key_id, key.access_key_secret, oss2.AUTH_VERSION_4)
        self.bucket = oss2.Bucket(auth, f"http://127.0.0.1:{port}", self.name, region=Place().region)
        self.bucket.create_bucket()

    def content(self) -> bytes:
        size = LARGE if self.random.random() < 0.03 else self.random.choice(SIZES)
        return self.random.randbytes(16) * (size // 16 + 1)

    def read(self, key: str) -> bytes | None:
        """The content; raises Lost where length, ETag or CRC contradict it."""
        try:
            answer = self.bucket.get_object(key)
            content: bytes = answer.read()  # oss2 checks the CRC
        except oss2.exceptions.NoSuchKey:
            return None
        except (oss2.exceptions.InconsistentError, requests.exceptions.ChunkedEncodingError) as error:
            raise Lost(f"{key}: {error}") from error
        if answer.content_length != len(content):
            raise Lost(f"{key}: {len(content)} bytes where {answer.content_length} were announced")
        if answer.object_type == "Normal" and answer.etag != hashlib.md5(content).hexdigest().upper():
            raise Lost(f"{key}: the ETag {answer.etag} is not that of its {len(content)} bytes")
        return content


class Objects(Bucket):
    """Puts, overwrites and deletes."""

    prefix = "objects"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.cells: list[Cell[bytes | None]] = [Cell(f"{self.prefix}/{number}", None) for number in range(8)]

    def step(self) -> None:
        cell = self.random.choice(self.cells)
        if self.random.random() < 0.2:
            with cell.becomes(None):
                self.bucket.delete_object(cell.name)
        else:
            content = self.content()
            with cell.becomes(content):
                self.bucket.put_object(cell.name, content)

    def check(self) -> None:
        for cell in self.cells:
            cell.settle(self.read(cell.name))
        listed = {one.key: one.size for one in oss2.ObjectIteratorV2(self.bucket, prefix=f"{self.prefix}/")}
        wanted = {cell.name: len(cell.state) for cell in self.cells if cell.state is not None}
        if listed != wanted:
            raise Lost(f"the listing says {listed} and the objects {wanted}")


class Copies(Objects):
    """Copies what it has put."""

    prefix = "copies"

    def step(self) -> None:
        source, target = self.random.sample(self.cells, 2)
        if source.state is None or self.random.random() < 0.3:
            super().step()
            return
        with target.becomes(source.state):
            self.bucket.copy_object(BUCKET, source.name, target.name)


class Appending(Bucket):
    """Appends to one object, and begins it anew when it is long."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._cell: Cell[bytes | None] = Cell("appended", None)

    def step(self) -> None:
        before = self._cell.state or b""
        if len(before) > 100_000:
            with self._cell.becomes(None):
                self.bucket.delete_object(self._cell.name)
            return
        piece = self.random.randbytes(self.random.choice((1, 500, 20_000)))
        with self._cell.becomes(before + piece):
            self.bucket.append_object(self._cell.name, len(before), piece)

    def check(self) -> None:
        self._cell.settle(self.read(self._cell.name))


class Uploading(Bucket):
    """Multipart uploads, one after the other, each step of which may be the last before a kill."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._object: Cell[bytes | None] = Cell("uploaded", None)
        self._parts: list[Cell[bytes | None]] = []
        self._upload = ""

    def step(self) -> None:
        if not self._upload:
            self._upload = self.bucket.init_multipart_upload(self._object.name).upload_id
            self._parts = [Cell(f"part {number} of {self._upload}", None) for number in (1, 2)]
            return
        for number, part in enumerate(self._parts, 1):
            if part.state is None:
                content = self.random.randbytes(PART)
                with part.becomes(content):
                    self.bucket.upload_part(self._object.name, self._upload, number, content)
                return
        parts = [oss2.models.PartInfo(number, _md5(part.state or b"")) for number, part in enumerate(self._parts, 1)]
        with self._object.becomes(b"".join(part.state or b"" for part in self._parts)):
            self.bucket.complete_multipart_upload(self._object.name, self._upload, parts)
        self._upload = ""

    def check(self) -> None:
        before = self._object.state
        self._object.settle(self.read(self._object.name))
        if not self._upload:
            return
        listed = {one.upload_id for one in oss2.MultipartUploadIterator(self.bucket)}
        if self._object.state != before:
            if self._upload in listed:
                raise Lost(f"the upload {self._upload} is complete and still listed")
            self._upload = ""
            return
        if self._upload not in listed:
            raise Lost(f"the upload {self._upload} is gone")
        found = {one.part_number: one.etag for one in oss2.PartIterator(self.bucket, self._object.name, self._upload)}
        for number, part in enumerate(self._parts, 1):
            possible = {_md5(content): content for content in part.possible() if content is not None}
            part.settle(possible.get(found[number], b"something else") if number in found else None)


class Versions(Bucket):
    """Puts, multipart uploads and deletes in a bucket with versions, of which each that was acknowledged stays."""

    name = VERSIONED

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._kept: dict[str, bytes] = {}
        self._marked: set[str] = set()
        self._under_way: list[bytes] = []

    def connect(self, port: int, key: Credential) -> None:
        super().connect(port, key)
        self.bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(oss2.BUCKET_VERSIONING_ENABLE))

    def step(self) -> None:
        if self._kept and self.random.random() < 0.4:
            # Keep few; a version that is being removed may be there or not.
            version, content = self._kept.popitem() if len(self._kept) > 20 else ("", b"")
            if version:
                self._under_way.append(content)
                self.bucket.delete_object("k", params={"versionId": version})
            else:
                self._marked.add(self.bucket.delete_object("k").versionid)
            self._under_way.clear()
            return
        content = self.random.randbytes(self.random.choice((5, 2_000)))
        self._under_way.append(content)
        self._kept[self._put(content)] = content
        self._under_way.clear()

    def _put(self, content: bytes) -> str:
        """The new version, made at once or of a part."""
        if self.random.random() < 0.7:
            return str(self.bucket.put_object("k", content).versionid)
        upload = self.bucket.init_multipart_upload("k").upload_id
        parts = [oss2.models.PartInfo(1, self.bucket.upload_part("k", upload, 1, content).etag)]
        return str(self.bucket.complete_multipart_upload("k", upload, parts).versionid)

    def check(self) -> None:
        found = self.bucket.list_object_versions(prefix="k", max_keys=1000)
        there = {one.versionid for one in found.versions}
        if missing := self._kept.keys() - there:
            raise Lost(f"of {len(self._kept)} versions {sorted(missing)} are gone")
        if missing := self._marked - {one.versionid for one in found.delete_marker}:
            raise Lost(f"the delete markers {sorted(missing)} are gone")
        for version in there:
            content: bytes = self.bucket.get_object("k", params={"versionId": version}).read()
            if content != self._kept.get(version, content) or (version not in self._kept and content not in self._under_way):
                raise Lost(f"version {version} has {len(content)} bytes that nobody wrote so")
            self._kept[version] = content
        for marker in self._marked:
            self.bucket.delete_object("k", params={"versionId": marker})
        self._marked.clear()
        self._under_way.clear()


class Configuring(Bucket):
    """Sets and removes what a bucket is configured to do; each configuration carries a number."""

    name = CONFIGURED

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._numbers = count(1)
        self._cells: list[Cell[int | None]] = [Cell(name, None) for name in ("website", "lifecycle", "tagging")]
        self._acl: Cell[str] = Cell("acl", oss2.BUCKET_ACL_PRIVATE)

    def step(self) -> None:
        match self._random_cell():
            case None:
                acl = self.random.choice((oss2.BUCKET_ACL_PRIVATE, oss2.BUCKET_ACL_PUBLIC_READ))
                with self._acl.becomes(acl):
                    self.bucket.put_bucket_acl(acl)
            case cell if cell.state is not None and self.random.random() < 0.3:
                with cell.becomes(None):
                    getattr(self.bucket, f"delete_bucket_{cell.name}")()
            case cell:
                number = next(self._numbers)
                with cell.becomes(number):
                    getattr(self.bucket, f"put_bucket_{cell.name}")(_configuration(cell.name, number))

    def _random_cell(self) -> Cell[int | None] | None:
        return self.random.choice([*self._cells, None])

    def check(self) -> None:
        self._acl.settle(self.bucket.get_bucket_acl().acl)
        for cell in self._cells:
            cell.settle(self._number(cell.name))

    def _number(self, name: str) -> int | None:
        try:
            found = getattr(self.bucket, f"get_bucket_{name}")()
        except (oss2.exceptions.NoSuchWebsite, oss2.exceptions.NoSuchLifecycle):
            return None
        if name == "website":
            return int(found.index_file)
        if name == "lifecycle":
            return int(found.rules[0].id)
        return int(number) if (number := found.tag_set.tagging_rule.get("number")) else None


def _configuration(name: str, number: int) -> Any:
    if name == "website":
        return oss2.models.BucketWebsite(f"{number}", "error.html")
    if name == "lifecycle":
        expiry = oss2.models.LifecycleExpiration(days=1)
        return oss2.models.BucketLifecycle([oss2.models.LifecycleRule(f"{number}", "old/", expiration=expiry)])
    rule = oss2.models.TaggingRule()
    rule.add("number", f"{number}")
    return oss2.models.Tagging(rule)


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest().upper()
