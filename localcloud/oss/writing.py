"""Writing objects: PUT, append, copy, symlink, ACL, tags, and removing them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.blobs import Blobs, Content, pieces
from localcloud.oss.conditions import check_conditions
from localcloud.oss.errors import (
    NotModified,
    invalid_argument,
    malformed_xml,
    no_such_key,
    not_implemented,
    object_not_appendable,
    position_not_equal_to_length,
    precondition_failed,
)
from localcloud.oss.names import check_key
from localcloud.oss.properties import check_digest, checked_tags, forbids_overwrite, number, object_acl, properties_of
from localcloud.oss.records import Change, Properties, StoredRecord
from localcloud.oss.store import Store
from localcloud.oss.wire import Call, xml_reply

LONGEST_APPENDABLE = 5 * 1024**3
_MOST_DELETED = 1000
_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


class Writing:
    """The operations on objects that change them; `changed` is called after each commit that kept an event."""

    def __init__(self, store: Store, blobs: Blobs, changed: Callable[[], None]) -> None:
        self._store = store
        self._blobs = blobs
        self._changed = changed
        self._appending = threading.Lock()

    def put(self, call: Call) -> Reply:
        self._check_target(call)
        for condition in _CONDITIONS:
            if condition in call.headers:
                raise not_implemented(condition)
        forbid, properties = forbids_overwrite(call), properties_of(call)
        content = self._blobs.take(call.request.body)
        try:
            check_digest(call, content.md5)
            record = _record(call, content, properties)
            self.save(record, change_of(call, "ObjectCreated:PutObject"), forbid)
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return Reply(200, written(record))

    def append(self, call: Call) -> Reply:
        self._check_target(call)
        position = number(call, "position", 0, 0, LONGEST_APPENDABLE)
        with self._appending:
            before = self._store.find(call.bucket, call.key)
            record = self._extended(call, before, position) if before else self._begun(call, position)
        self._changed()
        return Reply(200, {**written(record), "x-oss-next-append-position": str(record.size)})

    def _begun(self, call: Call, position: int) -> StoredRecord:
        if position != 0:
            raise position_not_equal_to_length(0)
        content = self._blobs.take(call.request.body)
        try:
            check_digest(call, content.md5)
            record = replace(_record(call, content, properties_of(call)), type="Appendable")
            with self._store.transaction():
                now_there = self._store.find(call.bucket, call.key)
                if now_there:
                    raise position_not_equal_to_length(now_there.size)
                self._store.save(record, change_of(call, "ObjectCreated:AppendObject"))
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return record

    def _extended(self, call: Call, before: StoredRecord, position: int) -> StoredRecord:
        if before.type != "Appendable":
            raise object_not_appendable()
        if position != before.size:
            raise position_not_equal_to_length(before.size)
        # What is written behind the recorded length does not exist until the new length is committed.
        sums = self._blobs.append(before.blob, before.size, call.request.body, before.crc)
        check_digest(call, sums.md5)
        # The tag of an appendable object is no MD5 of the whole; it only has to differ with the content.
        etag = hashlib.md5(before.etag.encode() + sums.md5, usedforsecurity=False).hexdigest().upper()
        record = replace(before, size=before.size + sums.size, etag=etag, crc=sums.crc, modified=call.now)
        with self._store.transaction():
            now_there = self._store.find(call.bucket, call.key)
            if now_there is None or (now_there.blob, now_there.type) != (before.blob, before.type):
                raise position_not_equal_to_length(now_there.size if now_there else 0)
            record = replace(record, properties=now_there.properties)
            self._store.save(record, change_of(call, "ObjectCreated:AppendObject"))
        return record

    def copy(self, call: Call) -> Reply:
        self._check_target(call)
        source = self.copy_source(call)
        in_place = (source.bucket, source.key) == (call.bucket, call.key)
        record = self._redescribed(call) if in_place else self._copied(call, source)
        self._changed()
        body = documents.document("CopyObjectResult", [("LastModified", documents.timestamp(call.now)), ("ETag", f'"{record.etag}"')])
        return xml_reply(body, written(record))

    def _redescribed(self, call: Call) -> StoredRecord:
        """A copy onto itself, which is how metadata is changed: the content stays where it is."""
        with self._store.transaction():
            record = _copy_of(self.copy_source(call), call)
            self.save(record, change_of(call, "ObjectCreated:CopyObject"), forbids_overwrite(call))
        return record

    def _copied(self, call: Call, source: StoredRecord) -> StoredRecord:
        content = self._blobs.write(pieces(self._blobs.path(source.blob), 0, source.size))
        try:
            record = replace(_copy_of(source, call), blob=content.blob)
            self.save(record, change_of(call, "ObjectCreated:CopyObject"), forbids_overwrite(call))
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return record

    def copy_source(self, call: Call) -> StoredRecord:
        """The object that `x-oss-copy-source` names. Raises InvalidArgument, NoSuchBucket, NoSuchKey and PreconditionFailed."""
        header = call.headers["x-oss-copy-source"]
        bucket, slash, key = unquote(header.partition("?")[0]).removeprefix("/").partition("/")
        if not slash or not key:
            raise invalid_argument("x-oss-copy-source", header, "x-oss-copy-source must be /bucket/key.")
        self._store.bucket(bucket)
        source = self._store.find(bucket, key)
        if source is None:
            raise no_such_key(key)
        try:
            check_conditions(call.headers, source.etag, source.modified, "x-oss-copy-source-")
        except NotModified as error:
            raise precondition_failed("x-oss-copy-source-if-none-match") from error
        return source

    def delete(self, call: Call) -> Reply:
        self._remove(call, call.key, "ObjectRemoved:DeleteObject")
        return Reply(204)

    def delete_many(self, call: Call) -> Reply:
        body = call.request.body.read()
        check_digest(call, hashlib.md5(body, usedforsecurity=False).digest())
        request = documents.read(body, "Delete")
        keys = [documents.text(one, "Key") for one in request.findall("Object")]
        if not 1 <= len(keys) <= _MOST_DELETED:
            raise malformed_xml()
        for key in keys:
            check_key(key)
        for key in keys:
            self._remove(call, key, "ObjectRemoved:DeleteObjects")
        write = documents.KeyWriter(call.query)
        deleted: list[documents.Element] = []
        if (request.findtext("Quiet") or "").lower() != "true":
            deleted = [("Deleted", [("Key", write(key))]) for key in keys]
        return xml_reply(documents.document("DeleteResult", [*write.elements(), *deleted]))

    def _remove(self, call: Call, key: str, event: str) -> None:
        before = self._store.remove(call.bucket, key, change_of(call, event))
        if before:
            self._blobs.retire(before.blob)
            self._changed()

    def put_symlink(self, call: Call) -> Reply:
        self._check_target(call)
        target = unquote(call.headers.get("x-oss-symlink-target", ""))
        check_key(target)
        content = self._blobs.write([])
        record = replace(_record(call, content, properties_of(call)), type="Symlink", target=target)
        try:
            self.save(record, change_of(call, "ObjectCreated:PutSymlink"), forbids_overwrite(call))
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return Reply(200, {"ETag": f'"{record.etag}"'})

    def put_acl(self, call: Call) -> Reply:
        acl = object_acl(call)
        self._describe(call, lambda properties: replace(properties, acl=acl))
        return Reply(200)

    def put_tagging(self, call: Call) -> Reply:
        request = documents.read(call.request.body.read(), "Tagging")
        pairs = [(documents.text(tag, "Key"), tag.findtext("Value") or "") for tag in request.iterfind("TagSet/Tag")]
        tags = checked_tags(pairs)
        self._describe(call, lambda properties: replace(properties, tags=tags))
        return Reply(200)

    def delete_tagging(self, call: Call) -> Reply:
        self._describe(call, lambda properties: replace(properties, tags={}))
        return Reply(204)

    def _describe(self, call: Call, change: Callable[[Properties], Properties]) -> None:
        """Change what is said of an object; no event tells of that."""
        with self._store.transaction():
            record = self._store.find(call.bucket, call.key)
            if record is None:
                self._store.bucket(call.bucket)
                raise no_such_key(call.key)
            self._store.save(replace(record, properties=change(record.properties)), None)

    def save(self, record: StoredRecord, change: Change, forbid_overwrite: bool) -> None:
        """Commit an object with its event; what it replaces goes later."""
        before = self._store.save(record, change, forbid_overwrite)
        if before and before.blob != record.blob:
            self._blobs.retire(before.blob)
        self._changed()

    def _check_target(self, call: Call) -> None:
        check_key(call.key)
        self._store.bucket(call.bucket)


def change_of(call: Call, name: str) -> Change:
    return Change(name, call.request_id, call.request.client, call.now)


def written(record: StoredRecord) -> dict[str, str]:
    """The headers with which every write is answered; oss2 compares the CRC with its own."""
    return {"ETag": f'"{record.etag}"', "x-oss-hash-crc64ecma": str(record.crc)}


def _record(call: Call, content: Content, properties: Properties) -> StoredRecord:
    etag = content.md5.hex().upper()
    return StoredRecord(call.bucket, call.key, content.blob, content.size, etag, content.crc, "Normal", call.now, properties)


def _copy_of(source: StoredRecord, call: Call) -> StoredRecord:
    """A copy of an appendable object is a normal one; of a symlink the link is copied, not its content ("CopyObject" of OSS)."""
    properties = _copied_properties(call, source.properties)
    kind = "Normal" if source.type == "Appendable" else source.type
    return replace(source, bucket=call.bucket, key=call.key, type=kind, modified=call.now, properties=properties)


def _copied_properties(call: Call, source: Properties) -> Properties:
    given = properties_of(call)
    replaced = call.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE"
    tags = given.tags if call.headers.get("x-oss-tagging-directive", "COPY").upper() == "REPLACE" else source.tags
    described = given if replaced else source
    return Properties(described.headers, described.meta, tags, given.acl)
