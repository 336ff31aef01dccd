"""What can be configured of a bucket by a document: its form, and the three operations that put, get and delete it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.errors import OssError, invalid_argument, malformed_xml
from localcloud.oss.numbers import whole_number
from localcloud.oss.objects.properties import check_digest
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, xml_reply

MOST_BYTES = 1024 * 1024
"""A document may be large (a thousand lifecycle rules), but not without end: our assumption."""


@dataclass(frozen=True)
class Shape:
    """What an element looks like. One without `children` holds text, and `values` are all that it may say, where there are few."""

    name: str
    children: tuple[Shape, ...] = ()
    required: bool = False
    most: int = 1
    values: tuple[str, ...] = ()
    empty: bool = True

    def check(self, element: Element) -> None:
        """Raises MalformedXML for an element that is unknown, missing, repeated or says what is not one of `values`."""
        known = {child.name: child for child in self.children}
        counts = Counter(one.tag for one in element)
        if not counts.keys() <= known.keys():
            raise malformed_xml()
        for child in self.children:
            if counts[child.name] > child.most or (child.required and not counts[child.name]):
                raise malformed_xml()
        for one in element:
            known[one.tag].check(one)
        text = (element.text or "").strip()
        if (self.values and text not in self.values) or (not self.empty and not text):
            raise malformed_xml()

    def content(self, element: Element) -> documents.Content:
        """What an element that was checked says, as a reply says it."""
        if self.children:
            shapes = {child.name: child for child in self.children}
            return [(one.tag, shapes[one.tag].content(one)) for one in element]
        text = element.text or ""
        return text.strip().lower() if self.values == TRUTH else text


TRUTH = ("true", "false", "True", "False")
"""oss2 writes either, and reads only the small letters."""


def flag(name: str) -> Shape:
    return Shape(name, values=TRUTH)


def fill_in(parent: Element, name: str, text: str) -> None:
    """Add an element, unless there is one."""
    if parent.find(name) is None:
        SubElement(parent, name).text = text


def is_true(element: Element, path: str, default: bool = False) -> bool:
    text = element.findtext(path)
    return default if text is None else text.strip().lower() == "true"


def number_in(element: Element, path: str, low: int, high: int, default: int) -> int:
    """A number that an element says. Raises InvalidArgument."""
    found = element.find(path)
    if found is None:
        return default
    text = (found.text or "").strip()
    value = -1 if text == "-1" else whole_number(text)
    if value is None or not low <= value <= high:
        raise invalid_argument(path, text, f"{path} must be a number from {low} to {high}.")
    return value


@dataclass(frozen=True)
class Kind:
    """One configuration. `name` is its sub-resource.

    `check` raises OssError for what its shape alone does not tell, and fills in what OSS answers although nobody said it.
    Where there is none, a GET answers `missing`, or the document `default`.
    """

    name: str
    shape: Shape
    check: Callable[[Element], None]
    missing: Callable[[str], OssError] | None = None
    default: str = ""

    def read(self, body: bytes) -> str:
        """The document as it is kept: the elements that OSS knows, without a namespace. Raises MalformedXML and InvalidArgument."""
        if len(body) > MOST_BYTES:
            raise malformed_xml()
        root = documents.read(body, self.shape.name)
        self.shape.check(root)
        self.check(root)
        return documents.document(root.tag, self.shape.content(root)).decode()


class Configurations:
    """The operations; each is made for one kind."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, kind: Kind) -> Callable[[Call], Reply]:
        def handler(call: Call) -> Reply:
            body = call.request.body.read()
            check_digest(call, hashlib.md5(body, usedforsecurity=False).digest())
            self._store.buckets.configure(call.bucket, kind.name, kind.read(body))
            return Reply(200)

        return handler

    def get(self, kind: Kind) -> Callable[[Call], Reply]:
        def handler(call: Call) -> Reply:
            return xml_reply(self.found(call.bucket, kind).encode())

        return handler

    def delete(self, kind: Kind) -> Callable[[Call], Reply]:
        """Deleting what is not there is no error."""

        def handler(call: Call) -> Reply:
            self._store.buckets.configure(call.bucket, kind.name, None)
            return Reply(204)

        return handler

    def found(self, bucket: str, kind: Kind) -> str:
        """Raises NoSuchBucket, and what `kind.missing` says."""
        document = self._store.buckets.configuration(bucket, kind.name)
        if document is None:
            self._store.bucket(bucket)
            if kind.missing:
                raise kind.missing(bucket)
            document = kind.default
        return document
