"""MNS's XML: reading request documents, writing replies.

Replies are written so that the SDK's decoders can read them: it takes the first child node of an element as its text
(mns_xml_handler.DecoderBase), so a text is one node, never CDATA beside text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from localcloud.mns.errors import malformed_xml
from localcloud.mns.model import Property

NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"


class _Builder(ElementTree.TreeBuilder):
    """Stops at a document type, in whatever encoding it stands: no entity is ever declared, so none can explode."""

    def doctype(self, *_declared: str | None) -> None:
        raise malformed_xml("a document type is not allowed")


def read(body: bytes, *roots: str) -> ElementTree.Element:
    """The document, its tags without their namespace. Raises MalformedXML, also when the root is none of `roots`."""
    try:
        document = ElementTree.fromstring(body, ElementTree.XMLParser(target=_Builder()))
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise malformed_xml(str(error)) from error
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    if document.tag not in roots:
        raise malformed_xml(f"the root element should be {' or '.join(roots)}, not {document.tag}")
    return document


def texts(element: ElementTree.Element) -> dict[str, str]:
    """The text of every child that has no children of its own."""
    return {child.tag: child.text or "" for child in element if len(child) == 0}


def flat(element: ElementTree.Element) -> dict[str, str]:
    """The texts of an attribute document; those of an element within an element as `Outer.Inner`."""
    nested = {f"{child.tag}.{name}": text for child in element if len(child) for name, text in texts(child).items()}
    return texts(element) | nested


def properties(message: ElementTree.Element, group: str, each: str) -> tuple[Property, ...]:
    """`<UserProperties><PropertyValue>` or `<SystemProperties><SystemPropertyValue>` of a message."""
    values = (texts(value) for value in message.iterfind(f"{group}/{each}"))
    return tuple(Property(value.get("Name", ""), value.get("Value", ""), value.get("Type", "")) for value in values)


def element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def fields(values: Mapping[str, object]) -> str:
    """An element for every value. A carriage return would not survive the reader's line-end rules, so it goes out as a reference."""
    return "".join(element(name, escape(str(value), {"\r": "&#13;"})) for name, value in values.items())


def property_group(group: str, each: str, values: Iterable[Property]) -> str:
    inner = "".join(element(each, fields({"Name": value.name, "Value": value.value, "Type": value.type})) for value in values)
    return element(group, inner) if inner else ""


def document(root: str, content: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{content}</{root}>'.encode()
