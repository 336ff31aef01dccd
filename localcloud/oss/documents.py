"""OSS's XML. Replies carry no namespace: oss2 looks for bare names, and an `xmlns` would hide every one of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from localcloud.oss.errors import malformed_xml

Content: TypeAlias = "str | Iterable[Element]"
Element: TypeAlias = tuple[str, Content]


# OSS reads control characters in keys although XML 1.0 forbids them (tests/test_chinese.py of the SDK deletes such a key), which the
# parser does not: they pass through it as characters of the last private plane.
_TO_PLACEHOLDER = {code: 0x10FF00 + code for code in range(1, 32) if code not in (9, 10, 13)}
_FROM_PLACEHOLDER = {placeholder: code for code, placeholder in _TO_PLACEHOLDER.items()}


def document(name: str, content: Content) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _element(name, content).encode("utf-8", "surrogateescape")


def _element(name: str, content: Content) -> str:
    inner = escape(content) if isinstance(content, str) else "".join(_element(*child) for child in content)
    return f"<{name}>{inner}</{name}>"


def read(body: bytes, root: str) -> ElementTree.Element:
    """The document, its tags without their namespace. Raises MalformedXML, also when the root is another one."""
    if b"<!DOCTYPE" in body:
        raise malformed_xml()
    try:
        parsed = ElementTree.fromstring(body.decode().translate(_TO_PLACEHOLDER))
    except (ElementTree.ParseError, ValueError) as error:
        raise malformed_xml() from error
    for element in parsed.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text = (element.text or "").translate(_FROM_PLACEHOLDER)
    if parsed.tag != root:
        raise malformed_xml()
    return parsed


def text(parent: ElementTree.Element, name: str) -> str:
    """The text of a child that must be there."""
    child = parent.find(name)
    if child is None:
        raise malformed_xml()
    return child.text or ""


def timestamp(seconds: float) -> str:
    """oss2 insists on milliseconds, and on their being 000 (utils.iso8601_to_unixtime)."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def boolean(value: bool) -> str:
    return "true" if value else "false"


def percent_encoded(key: str) -> str:
    return quote(key, safe="~")


def owner(account: str) -> Element:
    return ("Owner", [("ID", account), ("DisplayName", account)])


def access_control(account: str, acl: str) -> bytes:
    return document("AccessControlPolicy", [owner(account), ("AccessControlList", [("Grant", acl)])])


class KeyWriter:
    """How keys are written in a listing: as they are, or percent-encoded, since XML 1.0 has no way to write most control characters."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._encoded = query.get("encoding-type") == "url"

    def __call__(self, key: str) -> str:
        return percent_encoded(key) if self._encoded else key

    def elements(self) -> list[Element]:
        return [("EncodingType", "url")] if self._encoded else []
