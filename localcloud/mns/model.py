"""Queues, topics, subscriptions and messages.

Times are seconds since 1970 unless a name ends in `_seconds`; sizes are bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from localcloud.mns.errors import invalid_argument
from localcloud.mns.limits import one_of, truth, whole_number

DEFAULT_PRIORITY = 8
TOPIC_RETENTION_SECONDS = 86400
LISTENER = ""
"""The destination of a delivery that goes to Function Compute; every other one is a subscription's name."""
RETRY_STRATEGIES = ("BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY")
CONTENT_FORMATS = ("XML", "JSON", "SIMPLIFIED")
QUEUE_TYPES = ("normal", "fifo")
TOPIC_TYPES = ("normal",)

_NUMBERS = {
    "DelaySeconds": "delay_seconds",
    "VisibilityTimeout": "visibility_timeout",
    "MaximumMessageSize": "maximum_message_size",
    "MessageRetentionPeriod": "message_retention_period",
    "PollingWaitSeconds": "polling_wait_seconds",
}


def _read(values: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, int | bool]:
    numbers: dict[str, int | bool] = {
        attribute: whole_number(element, values[element]) for element, attribute in wanted.items() if values.get(element)
    }
    if values.get("LoggingEnabled"):
        numbers["logging_enabled"] = truth("LoggingEnabled", values["LoggingEnabled"])
    return numbers


def dead_letter_target(elements: Mapping[str, str], known: str) -> str:
    """The queue that a `<DlqPolicy>` names, empty for none; `known` where the document holds no policy.

    That the element of the REST API is spelled as in the control plane's (mns-open 2022-01-19) is our assumption.
    """
    if not any(name.startswith("DlqPolicy") for name in elements):
        return known
    if not truth("DlqPolicy.Enabled", elements.get("DlqPolicy.Enabled") or "true"):
        return ""
    target = elements.get("DlqPolicy.DeadLetterTargetQueue", "")
    if not target:
        raise invalid_argument("DlqPolicy.DeadLetterTargetQueue is required where the policy is enabled.")
    return target


@dataclass(frozen=True)
class QueueAttributes:
    """`dead_letter_queue` is empty and `max_receive_count` 0 without a dead-letter policy."""

    delay_seconds: int = 0
    visibility_timeout: int = 30
    maximum_message_size: int = 65536
    message_retention_period: int = 345600
    polling_wait_seconds: int = 0
    logging_enabled: bool = False
    queue_type: str = QUEUE_TYPES[0]
    dead_letter_queue: str = ""
    max_receive_count: int = 0

    @property
    def is_fifo(self) -> bool:
        return self.queue_type == "fifo"

    def changed(self, elements: Mapping[str, str]) -> QueueAttributes:
        """With the attributes that a `<Queue>` document names; unknown elements are passed over, as the cloud's newer ones would be."""
        plain = replace(self, **_read(elements, _NUMBERS))  # type: ignore[arg-type]
        target = dead_letter_target(elements, self.dead_letter_queue)
        count = elements.get("DlqPolicy.MaxReceiveCount")
        if target and not count and not self.max_receive_count:
            raise invalid_argument("DlqPolicy.MaxReceiveCount is required where the policy is enabled.")
        limit = whole_number("MaxReceiveCount", count) if count else self.max_receive_count
        return replace(plain, dead_letter_queue=target, max_receive_count=limit if target else 0)

    def typed(self, elements: Mapping[str, str]) -> QueueAttributes:
        """With the queue's type, which only its creation names."""
        return replace(self, queue_type=one_of("QueueType", elements.get("QueueType") or self.queue_type, QUEUE_TYPES))


@dataclass(frozen=True)
class TopicAttributes:
    maximum_message_size: int = 65536
    logging_enabled: bool = False

    def changed(self, elements: Mapping[str, str]) -> TopicAttributes:
        return replace(self, **_read(elements, {"MaximumMessageSize": "maximum_message_size"}))  # type: ignore[arg-type]


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
    notify_strategy: str = RETRY_STRATEGIES[0]
    content_format: str = CONTENT_FORMATS[0]
    dead_letter_queue: str = ""
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
    group: str = ""
    user_properties: tuple[Property, ...] = ()
    system_properties: tuple[Property, ...] = ()

    def draft(self, body: str) -> Draft:
        """What a queue gets of it."""
        return Draft(body, group=self.group, user_properties=self.user_properties, system_properties=self.system_properties)


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
