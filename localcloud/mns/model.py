"""Queues, topics, subscriptions and messages, and the limits of their attributes.

Limits: "Queue", "Topic" and "Subscription" attributes in the developer reference of Simple Message Queue (formerly MNS).
Times are seconds since 1970 unless a name ends in `_seconds`; sizes are bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from localcloud.mns.errors import MnsError, invalid_argument, out_of_range

DEFAULT_PRIORITY = 8
BATCH_LIMIT = 16
BATCH_BYTES = 65536
TOPIC_RETENTION_SECONDS = 86400
TAG_LENGTH = 16
LISTENER = ""
"""The destination of a delivery that goes to Function Compute; every other one is a subscription's name."""
RETRY_STRATEGIES = ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY")
CONTENT_FORMATS = ("XML", "JSON", "SIMPLIFIED")

# The document allows 1 to 120 characters; a digit may come first (SDK: mns_tool.ValidatorBase.name_validate).
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_NAME_LENGTH = {"Queue": 120, "Topic": 255, "Subscription": 255}

_XML_TEXT = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")

_LIMITS = {
    "DelaySeconds": (0, 604800, "seconds"),
    "VisibilityTimeout": (1, 43200, "seconds"),
    "MaximumMessageSize": (1024, 65536, "bytes"),
    "MessageRetentionPeriod": (60, 604800, "seconds"),
    "PollingWaitSeconds": (0, 30, "seconds"),
    "Priority": (1, 16, ""),
    "waitseconds": (0, 30, "seconds"),
    "numOfMessages": (1, BATCH_LIMIT, ""),
    "x-mns-ret-number": (1, 1000, ""),
}


def check_name(kind: str, name: str) -> str:
    """The name itself, or Invalid<kind>Name / <kind>NameLengthError. `kind` is Queue, Topic or Subscription."""
    if not _NAME.fullmatch(name):
        raise MnsError(
            f"Invalid{kind}Name", f"The {kind.lower()} name may hold letters, digits and hyphens and starts with a letter or digit."
        )
    if len(name) > _NAME_LENGTH[kind]:
        raise MnsError(f"{kind}NameLengthError", f"The length of the {kind.lower()} name should be between 1 and {_NAME_LENGTH[kind]}.")
    return name


def whole_number(name: str, text: str) -> int:
    """A number within the limits of the element or parameter called `name`; InvalidArgument names it and them."""
    low, high, unit = _LIMITS[name]
    if not re.fullmatch(r"\d{1,9}", text.strip()) or not low <= int(text) <= high:
        raise out_of_range(name, low, high, unit)
    return int(text)


def truth(name: str, text: str) -> bool:
    """The SDK writes True and False, the document true and false."""
    if text.strip().lower() not in ("true", "false"):
        raise invalid_argument(f"The value of {name} should be True or False.")
    return text.strip().lower() == "true"


def _read(values: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, int | bool]:
    return {
        attribute: truth(element, values[element]) if element == "LoggingEnabled" else whole_number(element, values[element])
        for element, attribute in wanted.items()
        if values.get(element)
    }


@dataclass(frozen=True)
class QueueAttributes:
    delay_seconds: int = 0
    visibility_timeout: int = 30
    maximum_message_size: int = 65536
    message_retention_period: int = 345600
    polling_wait_seconds: int = 0
    logging_enabled: bool = False

    def changed(self, elements: Mapping[str, str]) -> QueueAttributes:
        """With the attributes that a `<Queue>` document names; unknown elements are passed over, as the cloud's newer ones would be."""
        wanted = {
            "DelaySeconds": "delay_seconds",
            "VisibilityTimeout": "visibility_timeout",
            "MaximumMessageSize": "maximum_message_size",
            "MessageRetentionPeriod": "message_retention_period",
            "PollingWaitSeconds": "polling_wait_seconds",
            "LoggingEnabled": "logging_enabled",
        }
        return replace(self, **_read(elements, wanted))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TopicAttributes:
    maximum_message_size: int = 65536
    logging_enabled: bool = False

    def changed(self, elements: Mapping[str, str]) -> TopicAttributes:
        wanted = {"MaximumMessageSize": "maximum_message_size", "LoggingEnabled": "logging_enabled"}
        return replace(self, **_read(elements, wanted))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Queue:
    name: str
    attributes: QueueAttributes
    created: float
    modified: float


@dataclass(frozen=True)
class QueueCounts:
    active: int
    inactive: int
    delayed: int


@dataclass(frozen=True)
class Topic:
    name: str
    attributes: TopicAttributes
    created: float
    modified: float
    message_count: int = 0


@dataclass(frozen=True)
class Subscription:
    topic: str
    name: str
    endpoint: str
    filter_tag: str = ""
    notify_strategy: str = "BACKOFF_RETRY"
    content_format: str = "XML"
    created: float = 0.0
    modified: float = 0.0

    def wants(self, tag: str) -> bool:
        return not self.filter_tag or self.filter_tag == tag


@dataclass(frozen=True)
class Property:
    """A message property as it stood on the wire; the service never looks into it."""

    name: str
    value: str
    type: str


@dataclass(frozen=True)
class Draft:
    """A message that somebody wants to send or publish. `delay_seconds` None means the queue's own."""

    body: str
    delay_seconds: int | None = None
    priority: int = DEFAULT_PRIORITY
    tag: str = ""
    group: str = ""
    user_properties: tuple[Property, ...] = ()
    system_properties: tuple[Property, ...] = ()


@dataclass(frozen=True)
class Message:
    """A message in a queue. `receipt` is the newest handle, good until `visible_at`; None before the first."""

    id: str
    draft: Draft
    md5: str
    enqueued: float
    visible_at: float
    expires: float
    dequeue_count: int = 0
    first_dequeued: float = 0.0
    receipt: str | None = None


@dataclass(frozen=True)
class Publication:
    """A message of a topic, on its way to its destinations."""

    id: str
    topic: str
    body: str
    md5: str
    published: float
    tag: str = ""


@dataclass(frozen=True)
class Delivery:
    """One publication owed to one destination."""

    id: int
    publication: Publication
    destination: str
    attempts: int = 0


def body_md5(body: str) -> str:
    """Upper-case hex MD5 of the body as sent, without decoding base64 (golden samples in the official SDK's tests)."""
    return hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()


def check_body(body: str, limit: int) -> None:
    size = len(body.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= limit:
        raise out_of_range("the length of MessageBody", 1, limit, "bytes")
    if not _XML_TEXT.fullmatch(body):
        raise invalid_argument("MessageBody holds a character that XML 1.0 cannot carry; encode it, for example with base64.")
