"""A page of ListObjectsV2, read as it is parsed.

By the parser itself: ElementTree, which builds a tree first, takes longer to import than a first answer has time (bench/RESULTS.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote
from xml.parsers import expat

from sightline.clock import from_iso
from sightline.store.types import ListedObject, ObjectInfo
from sightline.value import Value


class Page(Value):
    """`folders` are the common prefixes; `token` asks for the next page, and is empty on the last."""

    objects: Sequence[ListedObject]
    folders: Sequence[str]
    token: str


def read_page(content: bytes) -> Page:
    """Of a listing that was asked for with `encoding-type=url`. Raises ValueError for what is none."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.begin, reader.end, reader.text
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:  # or in an encoding that nobody knows
        raise ValueError("no XML") from error
    if reader.root != "ListBucketResult":
        raise ValueError("no listing")
    return reader.page()


def _refuse_entities(*_declared: object) -> None:
    """A listing declares nothing; what it could declare is texts that multiply, and files of others."""
    raise ValueError("a document type")


class _Reader:
    """Collects the texts of what is directly in the listing, and in each `Contents` and `CommonPrefixes`."""

    def __init__(self) -> None:
        self.root = ""
        self._path: list[str] = []
        self._text: list[str] = []
        self._listing: dict[str, str] = {}
        self._entry: dict[str, str] = {}
        self._contents: list[dict[str, str]] = []
        self._folders: list[str] = []

    def begin(self, name: str, _attributes: object) -> None:
        self.root = self.root or name
        self._path.append(name)
        self._text.clear()

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, name: str) -> None:
        self._path.pop()
        text = "".join(self._text).strip()
        self._text.clear()
        if len(self._path) == 2:
            self._entry[name] = text
        elif len(self._path) == 1:
            self._close(name, text)

    def _close(self, name: str, text: str) -> None:
        entry, self._entry = self._entry, {}
        if name == "Contents":
            self._contents.append(entry)
        elif name == "CommonPrefixes":
            self._folders.append(unquote(entry.get("Prefix", "")))
        else:
            self._listing[name] = text

    def page(self) -> Page:
        is_truncated = self._listing.get("IsTruncated") == "true"
        token = unquote(self._listing.get("NextContinuationToken", "")) if is_truncated else ""
        if is_truncated and not token:  # a walk that ended here would take the rest for gone
            raise ValueError("more, and no way to ask for it")
        return Page([_listed(entry) for entry in self._contents], self._folders, token)


def _listed(entry: dict[str, str]) -> ListedObject:
    info = ObjectInfo(entry.get("ETag", "").strip('"').upper(), int(entry.get("Size") or 0), from_iso(entry.get("LastModified", "")))
    return ListedObject(unquote(entry.get("Key", "")), info)
