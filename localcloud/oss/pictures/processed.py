"""The operations that make something of an object: a GET with `x-oss-process`, and a POST that keeps what was made as another object."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from localcloud.http import Reply
from localcloud.oss.access import Access, Right, check_anonymous, check_role
from localcloud.oss.errors import OssError, invalid_argument, not_implemented
from localcloud.oss.names import check_key
from localcloud.oss.objects.conditions import check_conditions
from localcloud.oss.objects.reading import Reading, overrides
from localcloud.oss.objects.storage_class import check_readable
from localcloud.oss.objects.writing import Writing, change_of
from localcloud.oss.pictures.instructions import parsed
from localcloud.oss.pictures.processing import Made, Processing, Source
from localcloud.oss.pictures.styles import Styles
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.records import Properties, StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, http_date
from localcloud.place import Place

_KINDS = {"image", "video", "style"}
_LONGEST_INSTRUCTION = 8 * 1024


class Processed:
    def __init__(self, store: Store, blobs: Blobs, reading: Reading, writing: Writing, processing: Processing, place: Place) -> None:
        self._store = store
        self._styles = Styles(store)
        self._blobs = blobs
        self._reading = reading
        self._writing = writing
        self._processing = processing
        self._place = place

    def get(self, call: Call) -> Reply:
        """It carries no CRC, since the object's would not be its own."""
        instruction = call.query["x-oss-process"]
        if not instruction:
            return self._reading.get(call)
        record = self._reading.resolve(call)
        check_conditions(call.headers, record.etag, record.modified)
        check_readable(record, call.now)
        made = self._processing.apply(instruction, self._source(call, record))
        headers = {"Content-Type": made.content_type, "ETag": f'"{record.etag}"', "Last-Modified": http_date(record.modified)}
        return Reply(200, {**headers, **overrides(call)}, made.content)

    def save_as(self, call: Call) -> Reply:
        """The reply names the bucket only where the instruction did (test_object.py of oss2)."""
        instruction = parsed(_instruction(call, "x-oss-process"))
        if not {command.kind for command in instruction.commands} <= _KINDS:
            raise not_implemented("x-oss-process")
        if instruction.saved_as is None:
            raise invalid_argument("x-oss-process", "", "A POST with x-oss-process needs sys/saveas.")
        target = instruction.saved_as
        check_key(target.key)
        bucket = self._store.bucket(target.bucket or call.bucket)
        self._check_role(replace(call, bucket=bucket.name, key=target.key), Access.WRITE, "oss:PutObject")
        record = self._reading.resolve(call)
        check_readable(record, call.now)
        made = self._processing.make(instruction, self._source(call, record))
        self._keep(call, made, bucket.name, target.key, bucket.storage_class)
        answer = {"bucket": target.bucket, "fileSize": len(made.content), "object": target.key, "status": "OK"}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def save_as_later(self, call: Call) -> Reply:
        """Asynchronous processing is done by Intelligent Media Management, and no bucket here is bound to a project of it.

        The code is that of the real service for a picture (test_object.py of oss2).
        """
        instruction = parsed(_instruction(call, "x-oss-async-process"))
        self._reading.resolve(call)
        kind = instruction.commands[0].kind
        raise OssError(
            400, "Imm Client", "The specified resource Project is not found; no IMM project is bound to the bucket.", {"Type": kind}
        )

    def _keep(self, call: Call, made: Made, bucket: str, key: str, storage_class: str) -> None:
        content = self._blobs.write([made.content])
        properties = Properties({"Content-Type": made.content_type})
        etag = content.md5.hex().upper()
        record = StoredRecord(bucket, key, content.blob, content.size, etag, content.crc, "Normal", call.now, properties)
        try:
            # Our assumption: an object that is saved so is told of as one that is put.
            self._writing.save(replace(record, storage_class=storage_class), change_of(call, "ObjectCreated:PutObject"), False)
        except BaseException:
            self._blobs.discard(content.blob)
            raise

    def _check_role(self, call: Call, access: Access, action: str) -> None:
        """What is read or written beside the object that was asked for needs a right of its own."""
        right = Right(action, self._place.bucket_arn(f"{call.bucket}/{call.key}"))
        check_role(self._store, call, access, [right], self._place.account_id)

    def _source(self, call: Call, record: StoredRecord) -> Source:
        def beside(key: str) -> Path | None:
            """Raises AccessDenied where the caller may not read it: a mark would show what its object hides."""
            check_anonymous(self._store, replace(call, key=key), Access.READ)
            self._check_role(replace(call, key=key), Access.READ, "oss:GetObject")
            other = self._store.find(record.bucket, key)
            if other is None:
                return None
            check_readable(other, call.now)
            return self._blobs.path(other.blob)

        def style(name: str) -> str | None:
            return self._styles.content(record.bucket, name)

        return Source(self._blobs.path(record.blob), record.size, beside, style)


def _instruction(call: Call, name: str) -> str:
    """Of the query or, as the SDKs send it, of the body. Raises InvalidArgument."""
    body = call.request.body.read() if len(call.request.body) <= _LONGEST_INSTRUCTION else b""
    found = call.query.get(name) or unquote(body.decode("utf-8", "replace").partition(f"{name}=")[2].partition("&")[0])
    if not found:
        raise invalid_argument(name, "", f"The body must be {name}= and an instruction.")
    return found
