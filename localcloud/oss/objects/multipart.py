"""Multipart uploads."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from localcloud.checksum import crc64_of_both
from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets.listing import page
from localcloud.oss.errors import (
    file_already_exists,
    invalid_argument,
    invalid_part,
    invalid_part_order,
    invalid_range,
    malformed_xml,
    part_too_small,
)
from localcloud.oss.names import check_key
from localcloud.oss.numbers import MOST_DIGITS, whole_number
from localcloud.oss.objects.properties import check_digest, forbids_overwrite, number, properties_of
from localcloud.oss.objects.storage_class import storage_class_of
from localcloud.oss.objects.writing import Writing, change_of, written
from localcloud.oss.storage.blobs import Blobs, Content, pieces
from localcloud.oss.storage.records import Part, Properties, StoredRecord, Upload
from localcloud.oss.storage.store import Store
from localcloud.oss.storage.uploads import UploadName, Uploads
from localcloud.oss.wire import Call, xml_reply

SMALLEST_PART = 100 * 1024
MOST_PARTS = 10000
_COPY_RANGE = re.compile(rf"bytes=(\d{{1,{MOST_DIGITS}}})-(\d{{0,{MOST_DIGITS}}})")


class Multipart:
    """The operations on uploads and their parts."""

    def __init__(self, store: Store, blobs: Blobs, writing: Writing, changed: Callable[[], None]) -> None:
        self._store = store
        self._uploads = Uploads(store)
        self._blobs = blobs
        self._writing = writing
        self._changed = changed

    def begin(self, call: Call) -> Reply:
        check_key(call.key)
        bucket = self._store.bucket(call.bucket)
        if not bucket.versioning and forbids_overwrite(call) and self._store.find(call.bucket, call.key):
            raise file_already_exists()
        storage_class = storage_class_of(call, bucket.storage_class)
        upload_id, sequential = secrets.token_hex(16).upper(), "sequential" in call.query
        upload = Upload(upload_id, call.bucket, call.key, call.now, properties_of(call), storage_class, sequential)
        self._uploads.begin(upload)
        write = documents.KeyWriter(call.query)
        names: list[documents.Element] = [("Bucket", call.bucket), ("Key", write(call.key)), ("UploadId", upload.id)]
        return xml_reply(documents.document("InitiateMultipartUploadResult", [*write.elements(), *names]), upload.properties.encryption)

    def upload_part(self, call: Call) -> Reply:
        upload, position = self._upload(call), number(call, "partNumber", 0, 1, MOST_PARTS)
        content = self._blobs.take(call.request.body)
        part = self._keep(call, upload, position, content)
        return Reply(200, {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.crc), **upload.properties.encryption})

    def copy_part(self, call: Call) -> Reply:
        upload, position = self._upload(call), number(call, "partNumber", 0, 1, MOST_PARTS)
        source = self._writing.copy_source(call)
        start, length = _copied_range(call, source.size)
        content = self._blobs.write(pieces(self._blobs.path(source.blob), start, length))
        part = self._keep(call, upload, position, content)
        body = documents.document("CopyPartResult", [("LastModified", documents.timestamp(call.now)), ("ETag", f'"{part.etag}"')])
        return xml_reply(body, {"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(content.crc)})

    def complete(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        upload, parts = self._uploads.find_with_parts(call.bucket, call.key, call.query["uploadId"])
        chosen = _chosen(call, parts)
        blob = self._blobs.join(part.blob for part in chosen)
        try:
            properties = self._with_digest(upload.properties, blob) if upload.sequential else upload.properties
            record = _joined(call, chosen, blob, properties, upload.storage_class)
            change = change_of(call, "ObjectCreated:CompleteMultipartUpload")
            record, unneeded = self._uploads.complete(upload, record, change, forbids_overwrite(call))
        except BaseException:
            self._blobs.discard(blob)
            raise
        self._blobs.retire(*unneeded)
        self._changed()
        return xml_reply(_completed(call, record.etag), written(record))

    def abort(self, call: Call) -> Reply:
        self._blobs.retire(*self._uploads.end(self._upload(call)))
        return Reply(204)

    def list_parts(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        write = documents.KeyWriter(call.query)
        marker, limit = number(call, "part-number-marker", 0, 0, MOST_PARTS), number(call, "max-parts", 1000, 1, 1000)
        upload, found = self._uploads.find_with_parts(call.bucket, call.key, call.query["uploadId"], marker, limit + 1)
        shown = found[:limit]
        elements: list[documents.Element] = [
            *write.elements(),
            ("Bucket", call.bucket),
            ("Key", write(call.key)),
            ("UploadId", upload.id),
            ("NextPartNumberMarker", str(shown[-1].number if shown else marker)),
            ("MaxParts", str(limit)),
            ("IsTruncated", documents.boolean(len(found) > limit)),
            *(("Part", _part_elements(part)) for part in shown),
        ]
        return xml_reply(documents.document("ListPartsResult", elements))

    def list_uploads(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        query, write, limit = call.query, documents.KeyWriter(call.query), number(call, "max-uploads", 1000, 1, 1000)
        after, after_id = query.get("key-marker", ""), query.get("upload-id-marker", "")

        def from_key(key: str, inclusive: bool) -> Iterable[UploadName]:
            # With an upload id beside it, the key marker's own uploads after that id still count.
            last_id = after_id if key == after and after_id and not inclusive else ("" if inclusive else "~")
            return self._uploads.in_order(call.bucket, key, last_id)

        found = page(from_key, query.get("prefix", ""), query.get("delimiter", ""), after, limit)
        elements: list[documents.Element] = [
            *write.elements(),
            ("Bucket", call.bucket),
            *((name, write(query.get(parameter, ""))) for name, parameter in _ECHOED),
            ("NextKeyMarker", write(found.last) if found.truncated else ""),
            ("NextUploadIdMarker", found.entries[-1].id if found.truncated and found.entries else ""),
            ("MaxUploads", str(limit)),
            ("IsTruncated", documents.boolean(found.truncated)),
            *(("Upload", _upload_elements(upload, write)) for upload in found.entries),
            *(("CommonPrefixes", [("Prefix", write(prefix))]) for prefix in found.prefixes),
        ]
        return xml_reply(documents.document("ListMultipartUploadsResult", elements))

    def _upload(self, call: Call) -> Upload:
        self._store.bucket(call.bucket)
        return self._uploads.find(call.bucket, call.key, call.query["uploadId"])

    def _with_digest(self, properties: Properties, blob: str) -> Properties:
        """Of what was uploaded in its order the MD5 of the whole is known, and told (test_multipart_sequential of oss2)."""
        return replace(properties, headers={**properties.headers, "Content-MD5": base64.b64encode(self._blobs.sums(blob).md5).decode()})

    def _keep(self, call: Call, upload: Upload, position: int, content: Content) -> Part:
        try:
            check_digest(call, content.md5)
            part = Part(position, content.blob, content.size, content.md5.hex().upper(), content.crc, call.now)
            replaced = self._uploads.save_part(upload, part)
        except BaseException:
            self._blobs.discard(content.blob)
            raise
        if replaced:
            self._blobs.retire(replaced)
        return part


_ECHOED = (("KeyMarker", "key-marker"), ("UploadIdMarker", "upload-id-marker"), ("Prefix", "prefix"), ("Delimiter", "delimiter"))


def _copied_range(call: Call, size: int) -> tuple[int, int]:
    wanted = call.headers.get("x-oss-copy-source-range")
    if wanted is None:
        return 0, size
    match = _COPY_RANGE.fullmatch(wanted)
    if match is None:
        raise invalid_argument("x-oss-copy-source-range", wanted, "x-oss-copy-source-range must be bytes=first-last or bytes=first-.")
    first, last = int(match.group(1)), int(match.group(2) or size - 1)
    if not first <= last < size:
        raise invalid_range(wanted, size)
    return first, last - first + 1


def _chosen(call: Call, parts: list[Part]) -> list[Part]:
    """The parts to join. Raises MalformedXML, InvalidPartOrder, InvalidPart and EntityTooSmall."""
    if call.headers.get("x-oss-complete-all", "").lower() == "yes":
        chosen = parts
    else:
        chosen = list(_named(call, {part.number: part for part in parts}))
    if not chosen:
        raise malformed_xml()
    for part in chosen[:-1]:
        if part.size < SMALLEST_PART:
            raise part_too_small(part.number, part.size)
    return chosen


def _named(call: Call, parts: dict[int, Part]) -> Iterator[Part]:
    last = 0
    for element in documents.read(call.request.body.read(), "CompleteMultipartUpload").findall("Part"):
        text, etag = documents.text(element, "PartNumber"), documents.text(element, "ETag").strip('"').upper()
        position = whole_number(text)
        if position is None:
            raise malformed_xml()
        if position <= last:
            raise invalid_part_order()
        last = position
        part = parts.get(last)
        if part is None or part.etag != etag:
            raise invalid_part(last)
        yield part


def _joined(call: Call, parts: list[Part], blob: str, properties: Properties, storage_class: str) -> StoredRecord:
    """The object that the parts make. Its tag is the MD5 of theirs, and how many they are."""
    crc, size = 0, 0
    for part in parts:
        crc, size = crc64_of_both(crc, part.crc, part.size), size + part.size
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest().upper()
    etag = f"{digest}-{len(parts)}"
    return StoredRecord(call.bucket, call.key, blob, size, etag, crc, "Multipart", call.now, properties, storage_class=storage_class)


def _completed(call: Call, etag: str) -> bytes:
    write = documents.KeyWriter(call.query)
    location = f"http://{call.headers.get('host', '')}{call.request.raw_path}"
    names: list[documents.Element] = [("Location", location), ("Bucket", call.bucket), ("Key", write(call.key)), ("ETag", f'"{etag}"')]
    return documents.document("CompleteMultipartUploadResult", [*write.elements(), *names])


def _part_elements(part: Part) -> list[documents.Element]:
    modified = documents.timestamp(part.modified)
    return [("PartNumber", str(part.number)), ("LastModified", modified), ("ETag", f'"{part.etag}"'), ("Size", str(part.size))]


def _upload_elements(upload: UploadName, write: documents.KeyWriter) -> list[documents.Element]:
    return [("Key", write(upload.key)), ("UploadId", upload.id), ("Initiated", documents.timestamp(upload.initiated))]
