"""Writing objects: PUT, append, copy, symlink, ACL and tags."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from localcloud.http import Body, Reply
from localcloud.oss import documents
from localcloud.oss.errors import (
    invalid_argument,
    no_such_key,
    not_implemented,
    object_not_appendable,
    position_not_equal_to_length,
)
from localcloud.oss.names import check_key
from localcloud.oss.objects.conditions import check_conditions
from localcloud.oss.objects.lookup import find, find_version, version_headers, version_of
from localcloud.oss.objects.properties import check_digest, checked_tags, forbids_overwrite, number, object_acl, properties_of
from localcloud.oss.objects.storage_class import check_readable, storage_class_of
from localcloud.oss.storage.blobs import Blobs, Content, pieces
from localcloud.oss.storage.records import NULL_VERSION, Bucket, Change, Properties, StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, xml_reply

LONGEST_APPENDABLE = 5 * 1024**3
_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")


class Writing:
    """The operations on objects that change them; `changed` is called after each commit that kept an event."""

    def __init__(self, store: Store, blobs: Blobs, changed: Callable[[], None]) -> None:
        self._store = store
        self._blobs = blobs
        self._changed = changed
        self._appending = threading.Lock()

    def put(self, call: Call) -> Reply:
        for condition in _CONDITIONS:
            if condition in call.headers:
                raise not_implemented(condition)
        return Reply(200, written(self.keep(call, lambda: self._blobs.take(call.request.body), "ObjectCreated:PutObject")))

    def keep(self, call: Call, take: Callable[[], Content], event: str) -> StoredRecord:
        """Make an object of what `take` writes and of what the headers say of it."""
        bucket = self._target(call)
        forbid, properties, storage_class = forbids_overwrite(call), properties_of(call), storage_class_of(call, bucket.storage_class)
        content = take()
        try:
            check_digest(call, content.md5)
            return self.save(_record(call, content, properties, storage_class), change_of(call, event), forbid)
        except BaseException:
            self._blobs.discard(content.blob)
            raise

    def put_file(self, bucket: str, key: str, file: Path, content_type: str, origin: Change) -> StoredRecord:
        """Make an object of a file of this machine, which is moved away. Raises InvalidObjectName and NoSuchBucket."""
        check_key(key)
        storage_class = self._store.bucket(bucket).storage_class
        content = self._blobs.take(Body(path=file))
        etag, properties = content.md5.hex().upper(), Properties({"Content-Type": content_type})
        record = StoredRecord(bucket, key, content.blob, content.size, etag, content.crc, "Normal", origin.time, properties)
        try:
            return self.save(replace(record, storage_class=storage_class), origin, False)
        except BaseException:
            self._blobs.discard(content.blob)
            raise

    def append(self, call: Call) -> Reply:
        bucket = self._target(call)
        position = number(call, "position", 0, 0, LONGEST_APPENDABLE)
        with self._appending:
            before = self._store.find(call.bucket, call.key)
            record = self._extended(call, before, position) if before else self._begun(call, bucket, position)
        self._changed()
        return Reply(200, {**written(record), "x-oss-next-append-position": str(record.size)})

    def _begun(self, call: Call, bucket: Bucket, position: int) -> StoredRecord:
        if bucket.versioning and self._store.versions.newest(call.bucket, call.key):
            raise object_not_appendable()  # The latest version is a delete marker, and nothing can be appended to one.
        if position != 0:
            raise position_not_equal_to_length(0)
        content = self._blobs.take(call.request.body)
        try:
            check_digest(call, content.md5)
            storage_class = storage_class_of(call, bucket.storage_class)
            record = replace(_record(call, content, properties_of(call), storage_class), type="Appendable")
            with self._store.transaction():
                now_there = self._store.find(call.bucket, call.key)
                if now_there:
                    raise position_not_equal_to_length(now_there.size)
                record = self._store.save(record, change_of(call, "ObjectCreated:AppendObject")).record
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return record

    def _extended(self, call: Call, before: StoredRecord, position: int) -> StoredRecord:
        """Append to what is there; no version comes of that ("AppendObject" of OSS, with versioning)."""
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
            self._store.update(record, change_of(call, "ObjectCreated:AppendObject"), sums.size)
        return record

    def copy(self, call: Call) -> Reply:
        bucket = self._target(call)
        source = self.copy_source(call)
        onto_itself = (source.bucket, source.key) == (call.bucket, call.key)
        # Who changes the metadata of an object does not ask for another class ("CopyObject" of OSS, limits of a copy onto itself).
        storage_class = storage_class_of(call, source.storage_class if onto_itself else bucket.storage_class)
        in_place = onto_itself and not bucket.versioning and source.type != "Appendable"
        record = self._redescribed(call, storage_class) if in_place else self._copied(call, source, storage_class)
        body = documents.document("CopyObjectResult", [("LastModified", documents.timestamp(call.now)), ("ETag", f'"{record.etag}"')])
        origin = {"x-oss-copy-source-version-id": source.version} if source.sequence else {}
        return xml_reply(body, {**written(record), **origin})

    def _redescribed(self, call: Call, storage_class: str) -> StoredRecord:
        """A copy onto itself, which is how metadata is changed: the content stays where it is."""
        with self._store.transaction():
            source = self.copy_source(call)
            changed = self._store.bucket(call.bucket).versioning or source.type == "Appendable"
            if changed:  # Since a moment ago: two versions must not share their content.
                return self._copied(call, source, storage_class)
            return self.save(_copy_of(source, call, storage_class), change_of(call, "ObjectCreated:CopyObject"), forbids_overwrite(call))

    def _copied(self, call: Call, source: StoredRecord, storage_class: str) -> StoredRecord:
        content = self._blobs.write(pieces(self._blobs.path(source.blob), 0, source.size))
        try:
            record = replace(_copy_of(source, call, storage_class), blob=content.blob)
            if source.type == "Appendable":  # Whose tag is no MD5, which that of a normal object is.
                record = replace(record, etag=content.md5.hex().upper())
            return self.save(record, change_of(call, "ObjectCreated:CopyObject"), forbids_overwrite(call))
        except BaseException:
            self._blobs.discard(content.blob)
            raise

    def copy_source(self, call: Call) -> StoredRecord:
        """The object, or the version of it, that `x-oss-copy-source` names.

        Raises InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidObjectState, PreconditionFailed and NotModified.
        """
        header = call.headers["x-oss-copy-source"]
        path, _, query = header.partition("?")
        bucket, slash, key = unquote(path).removeprefix("/").partition("/")
        if not slash or not key:
            raise invalid_argument("x-oss-copy-source", header, "x-oss-copy-source must be /bucket/key.")
        version = version_of(dict(parse_qsl(query, keep_blank_values=True)))
        source = self._source(bucket, key, version)
        check_readable(source, call.now)
        check_conditions(call.headers, source.etag, source.modified, "x-oss-copy-source-")
        return source

    def _source(self, bucket: str, key: str, version: str | None) -> StoredRecord:
        self._store.bucket(bucket)
        found = self._store.find(bucket, key, version)
        if found and found.type == "DeleteMarker":  # Not the 405 of a GET: "CopyObject" of OSS, with versioning.
            raise no_such_key(key)
        return found or find_version(self._store, bucket, key, version)

    def put_symlink(self, call: Call) -> Reply:
        bucket = self._target(call)
        target = unquote(call.headers.get("x-oss-symlink-target", ""))
        check_key(target)
        content = self._blobs.write([])
        try:
            record = _record(call, content, properties_of(call), storage_class_of(call, bucket.storage_class))
            link = replace(record, type="Symlink", target=target)
            record = self.save(link, change_of(call, "ObjectCreated:PutSymlink"), forbids_overwrite(call))
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        return Reply(200, {"ETag": f'"{record.etag}"', **version_headers(record)})

    def put_acl(self, call: Call) -> Reply:
        acl = object_acl(call)
        return Reply(200, self._describe(call, lambda properties: replace(properties, acl=acl)))

    def put_tagging(self, call: Call) -> Reply:
        request = documents.read(call.request.body.read(), "Tagging")
        pairs = [(documents.text(tag, "Key"), tag.findtext("Value") or "") for tag in request.iterfind("TagSet/Tag")]
        tags = checked_tags(pairs)
        return Reply(200, self._describe(call, lambda properties: replace(properties, tags=tags)))

    def delete_tagging(self, call: Call) -> Reply:
        return Reply(204, self._describe(call, lambda properties: replace(properties, tags={})))

    def _describe(self, call: Call, change: Callable[[Properties], Properties]) -> dict[str, str]:
        """Change what is said of an object, or of a version; no event tells of that. Returns the headers that name the version."""
        with self._store.transaction():
            record = find(self._store, call)
            self._store.update(replace(record, properties=change(record.properties)))
        return version_headers(record)

    def save(self, record: StoredRecord, change: Change, forbid_overwrite: bool) -> StoredRecord:
        """Commit an object with its event; what it replaces goes later. Returns it with its version."""
        saved = self._store.save(record, change, forbid_overwrite)
        if saved.gone and saved.gone.blob != record.blob:
            self._blobs.retire(saved.gone.blob)
        self._changed()
        return saved.record

    def _target(self, call: Call) -> Bucket:
        """The bucket to write to. Raises InvalidObjectName and NoSuchBucket."""
        check_key(call.key)
        return self._store.bucket(call.bucket)


def change_of(call: Call, name: str) -> Change:
    return Change(name, call.request_id, call.request.client, call.now)


def written(record: StoredRecord) -> dict[str, str]:
    """The headers with which every write is answered; oss2 compares the CRC with its own."""
    checksums = {"ETag": f'"{record.etag}"', "x-oss-hash-crc64ecma": str(record.crc)}
    return {**checksums, **version_headers(record), **record.properties.encryption}


def _record(call: Call, content: Content, properties: Properties, storage_class: str) -> StoredRecord:
    return StoredRecord(
        call.bucket,
        call.key,
        content.blob,
        content.size,
        content.md5.hex().upper(),
        content.crc,
        "Normal",
        call.now,
        properties,
        storage_class=storage_class,
    )


def _copy_of(source: StoredRecord, call: Call, storage_class: str) -> StoredRecord:
    """A copy of an appendable object is a normal one; of a symlink the link is copied, not its content ("CopyObject" of OSS)."""
    return replace(
        source,
        bucket=call.bucket,
        key=call.key,
        type="Normal" if source.type == "Appendable" else source.type,
        modified=call.now,
        properties=_copied_properties(call, source.properties),
        storage_class=storage_class,
        version=NULL_VERSION,
        sequence=0,
        restore_ready=0.0,
        restore_until=0.0,
    )


def _copied_properties(call: Call, source: Properties) -> Properties:
    given = properties_of(call)
    replaced = call.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE"
    tags = given.tags if call.headers.get("x-oss-tagging-directive", "COPY").upper() == "REPLACE" else source.tags
    described = given if replaced else source
    return Properties(described.headers, described.meta, tags, given.acl, given.encryption)
