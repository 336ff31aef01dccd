"""A browser's form upload, taken apart where it lies: `multipart/form-data` (RFC 7578), as "PostObject" of OSS reads it."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from localcloud.http import Body
from localcloud.oss.errors import OssError
from localcloud.oss.storage.blobs import pieces

LONGEST_FIELD = 64 * 1024
"""Bytes of a field other than the file: our assumption."""
_MOST_FIELDS = 100
_LONGEST_HEAD = 8 * 1024
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([^";,]{1,70})"?', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_TYPE = re.compile(r"^content-type:\s*(.*?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class File:
    """The field `file`: where its content lies in the body."""

    name: str
    content_type: str
    start: int
    length: int

    def pieces(self, body: Body) -> Iterator[bytes]:
        if body.path is None:
            yield body.data[self.start : self.start + self.length]
        else:
            yield from pieces(body.path, self.start, self.length)


@dataclass(frozen=True)
class Form:
    """The fields before the file, their names in lower case, and the file; what comes behind it does not count."""

    fields: Mapping[str, str]
    file: File


def read_form(body: Body, content_type: str) -> Form:
    """Raises RequestIsNotMultiPartContent, MalformedPOSTRequest, FieldItemTooLong and IncorrectNumberOfFilesInPOSTRequest."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        raise OssError(400, "RequestIsNotMultiPartContent", "Bucket POST must be of the enclosure-type multipart/form-data.")
    with _bytes_of(body) as data:
        return _Reader(data, b"--" + boundary.group(1).encode()).read()


@contextmanager
def _bytes_of(body: Body) -> Iterator[bytes | mmap.mmap]:
    if body.path is None or not len(body):
        yield body.data
        return
    with body.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        yield view


class _Reader:
    def __init__(self, data: bytes | mmap.mmap, delimiter: bytes) -> None:
        self._data = data
        self._delimiter = delimiter
        self._fields: dict[str, str] = {}

    def read(self) -> Form:
        position = 0 if self._data[: len(self._delimiter)] == self._delimiter else -1
        while position >= 0:
            position += len(self._delimiter)
            if self._data[position : position + 2] == b"--":
                raise OssError(400, "IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request.")
            head, start = self._head(position)
            end = self._data.find(b"\r\n" + self._delimiter, start)
            if end < 0:
                break
            file = self._part(head, start, end)
            if file:
                return Form(self._fields, file)
            position = end + 2
        raise malformed_form()

    def _head(self, position: int) -> tuple[str, int]:
        end = self._data.find(b"\r\n\r\n", position, position + _LONGEST_HEAD)
        if end < 0:
            raise malformed_form()
        return self._data[position:end].decode("utf-8", "replace"), end + 4

    def _part(self, head: str, start: int, end: int) -> File | None:
        """The file, or None for another field, which is kept."""
        names = {kind.lower(): re.sub(r"\\(.)", r"\1", value) for kind, value in _PARAMETER.findall(head)}
        name = names.get("name", "").lower()
        if name == "file":
            content_type = _TYPE.search(head)
            return File(names.get("filename", ""), content_type.group(1) if content_type else "", start, end - start)
        if not name or len(self._fields) >= _MOST_FIELDS:
            raise malformed_form()
        if end - start > LONGEST_FIELD:
            raise OssError(400, "FieldItemTooLong", "Your form field is too large.", {"MaxSizeAllowed": str(LONGEST_FIELD)})
        try:
            self._fields[name] = self._data[start:end].decode()
        except UnicodeDecodeError as error:
            raise malformed_form() from error
        return None


def malformed_form() -> OssError:
    return OssError(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
