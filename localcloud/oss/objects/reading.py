"""Reading objects: GET, HEAD, their metadata, ACL and tags."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

from localcloud.http import FileSlice, Reply
from localcloud.oss import documents
from localcloud.oss.errors import invalid_request, not_symlink, symlink_target_missing
from localcloud.oss.objects.conditions import check_conditions, wanted_slice
from localcloud.oss.objects.lookup import find, version_headers
from localcloud.oss.objects.storage_class import check_readable, restore_state
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.records import StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, http_date, xml_reply

_OVERRIDES = {
    f"response-{name.lower()}": name
    for name in ("Content-Type", "Content-Language", "Expires", "Cache-Control", "Content-Disposition", "Content-Encoding")
}
# RFC 9110, 5.5; a tab between words is none of them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Reading:
    """The operations that change nothing."""

    def __init__(self, store: Store, blobs: Blobs, owner: str) -> None:
        self._store = store
        self._blobs = blobs
        self._owner = owner

    def find(self, call: Call) -> StoredRecord:
        """Raises NoSuchBucket, NoSuchKey, NoSuchVersion, and MethodNotAllowed for a delete marker."""
        return find(self._store, call)

    def resolve(self, call: Call) -> StoredRecord:
        """The object itself, or for a symlink the content of its target under the link's own metadata ("PutSymlink" of OSS)."""
        record = self.find(call)
        if record.type != "Symlink":
            return record
        target = self._store.find(call.bucket, record.target)
        if target is None or target.type == "Symlink":
            raise symlink_target_missing(record.target)
        return replace(
            target,
            type="Symlink",
            properties=record.properties,
            modified=max(record.modified, target.modified),
            version=record.version,
            sequence=record.sequence,
        )

    def get(self, call: Call) -> Reply:
        record = self.resolve(call)
        check_conditions(call.headers, record.etag, record.modified)
        check_readable(record, call.now)
        piece = wanted_slice(call.headers, record.size)
        headers = {**_described(record, call.now), **overrides(call)}
        if piece.partial:
            headers["Content-Range"] = f"bytes {piece.start}-{piece.start + piece.length - 1}/{record.size}"
        return Reply(206 if piece.partial else 200, headers, FileSlice(self._blobs.path(record.blob), piece.start, piece.length))

    def head(self, call: Call) -> Reply:
        record = self.resolve(call)
        check_conditions(call.headers, record.etag, record.modified)
        return Reply(200, {**_described(record, call.now), "Content-Length": str(record.size)})

    def meta(self, call: Call) -> Reply:
        record = self.find(call)
        headers = {"ETag": f'"{record.etag}"', "Last-Modified": http_date(record.modified), "x-oss-hash-crc64ecma": str(record.crc)}
        headers.update(version_headers(record))
        if call.method == "HEAD":
            headers["Content-Length"] = str(record.size)
        return Reply(200, headers)

    def acl(self, call: Call) -> Reply:
        record = self.find(call)
        return xml_reply(documents.access_control(self._owner, record.properties.acl), version_headers(record))

    def tagging(self, call: Call) -> Reply:
        record = self.find(call)
        elements = [("Tag", [("Key", name), ("Value", value)]) for name, value in record.properties.tags.items()]
        return xml_reply(documents.document("Tagging", [("TagSet", elements)]), version_headers(record))

    def symlink(self, call: Call) -> Reply:
        record = self.find(call)
        if record.type != "Symlink":
            raise not_symlink(call.key)
        target = documents.percent_encoded(record.target)
        headers = {"x-oss-symlink-target": target, "ETag": f'"{record.etag}"', "Last-Modified": http_date(record.modified)}
        return Reply(200, {**headers, **version_headers(record)})


def _described(record: StoredRecord, now: float) -> dict[str, str]:
    headers = {
        "Content-Type": record.properties.content_type,
        "ETag": f'"{record.etag}"',
        "Last-Modified": http_date(record.modified),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": record.type,
        "x-oss-storage-class": record.storage_class,
        "x-oss-hash-crc64ecma": str(record.crc),
        **version_headers(record),
        **record.properties.encryption,
        **record.properties.headers,
        **{f"x-oss-meta-{name}": value for name, value in record.properties.meta.items()},
    }
    if record.type == "Normal":
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(record.etag)).decode()
    if record.type == "Appendable":
        headers["x-oss-next-append-position"] = str(record.size)
    if state := restore_state(record.restore_ready, record.restore_until, now):
        headers["x-oss-restore"] = state
    if record.properties.tags:
        headers["x-oss-tagging-count"] = str(len(record.properties.tags))
    return headers


def overrides(call: Call) -> dict[str, str]:
    """`response-content-type` and its kin. Raises InvalidRequest for an anonymous call, and for a control character."""
    given = {_OVERRIDES[name]: value.strip(" \t") for name, value in call.query.items() if name in _OVERRIDES}
    wanted = {name: value for name, value in given.items() if value}
    if wanted and not call.owner:
        raise invalid_request("Request specific response headers cannot be used for anonymous GET requests.")
    if any(_CONTROL.search(value) for value in wanted.values()):
        raise invalid_request("A response header can't contain a control character.")
    return wanted
