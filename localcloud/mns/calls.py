"""What the operations of MNS share on the wire: a request being answered, its parameters, a page of names, a message document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from xml.etree import ElementTree

from localcloud.http import Reply, Request
from localcloud.mns import documents
from localcloud.mns.errors import MnsError, invalid_argument, invalid_query_string
from localcloud.mns.limits import check_property, check_text, whole_number
from localcloud.mns.model import DEFAULT_PRIORITY, Draft, Property

PAGE = 1000
Named = TypeVar("Named")


@dataclass(frozen=True)
class Call:
    """A request that is genuine, and the names in its path. `host` is where the client found us, `http://…`."""

    request: Request
    host: str
    names: Mapping[str, str]

    def document(self, *roots: str) -> ElementTree.Element:
        return documents.read(self.request.body.read(), *roots)

    def elements(self, root: str) -> dict[str, str]:
        """The document of an attribute call; an empty body means every default."""
        return documents.flat(self.document(root)) if len(self.request.body) else {}

    def parameter(self, name: str) -> str | None:
        """A query parameter in either spelling: `receiptHandle` in the document, `ReceiptHandle` in the SDK."""
        return self._query.get(name.lower())

    @cached_property
    def _query(self) -> dict[str, str]:
        return {key.lower(): value for key, value in self.request.query.items()}

    def number(self, name: str) -> int | None:
        text = self.parameter(name)
        return None if text is None else whole_number(name, text)

    def flag(self, name: str) -> bool:
        value = (self.parameter(name) or "false").lower()
        if value not in ("true", "false"):
            raise invalid_query_string(f"{name}={value}")
        return value == "true"

    @property
    def overrides(self) -> bool:
        return self.flag("metaoverride")

    def page(self, root: str, find: Callable[[str, str, int], Sequence[Named]], describe: Callable[[Named], tuple[str, str]]) -> Reply:
        """A list call. `describe` gives an item's name and its XML; the next marker is the last name of a full page.

        The marker is left out at the end: clients ask on for as long as there is one.
        """
        headers = self.request.headers
        count = whole_number("x-mns-ret-number", headers.get("x-mns-ret-number", str(PAGE)))
        found = find(headers.get("x-mns-prefix", ""), headers.get("x-mns-marker", ""), count + 1)
        shown = [describe(each) for each in found[:count]]
        marker = documents.fields({"NextMarker": shown[-1][0]}) if len(found) > count else ""
        return reply(200, documents.document(root, "".join(xml for _, xml in shown) + marker))

    @property
    def with_meta(self) -> bool:
        return self.request.headers.get("x-mns-with-meta", "").lower() == "true"


def reply(status: int, body: bytes = b"", location: str = "") -> Reply:
    headers = {"Content-Type": "text/xml;charset=utf-8"} if body else {}
    return Reply(status, {**headers, "Location": location} if location else headers, body)


def draft(message: ElementTree.Element) -> Draft:
    """The message in a `<Message>` element. Raises InvalidArgument for a bad value."""
    values = documents.texts(message)
    if "MessageBody" not in values:
        raise invalid_argument("MessageBody is required.")
    delay, priority = values.get("DelaySeconds"), values.get("Priority")
    return Draft(
        body=values["MessageBody"],
        delay_seconds=whole_number("DelaySeconds", delay) if delay else None,
        priority=whole_number("Priority", priority) if priority else DEFAULT_PRIORITY,
        tag=values.get("MessageTag", ""),
        group=check_text("MessageGroupId", values.get("MessageGroupId", "")),
        user_properties=_checked(documents.properties(message, "UserProperties", "PropertyValue")),
        system_properties=_checked(documents.properties(message, "SystemProperties", "SystemPropertyValue")),
    )


def _checked(properties: tuple[Property, ...]) -> tuple[Property, ...]:
    for each in properties:
        check_property(each.name, each.value, each.type)
    if len({each.name for each in properties}) < len(properties):
        raise invalid_argument("The Name of a message property should be unique.")
    return properties


def failure(error: MnsError) -> dict[str, object]:
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def dead_letter_policy(target: str, max_receive_count: int = 0) -> str:
    """The `<DlqPolicy>` of a queue or, without a count, of a subscription; nothing where there is none.

    It begins with a line feed: the SDK's decoder takes the first node of every element for its text, and stumbles over another element.
    """
    if not target:
        return ""
    count = {"MaxReceiveCount": str(max_receive_count)} if max_receive_count else {}
    return documents.element("DlqPolicy", "\n" + documents.fields({"Enabled": "true", "DeadLetterTargetQueue": target, **count}))
