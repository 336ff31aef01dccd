"""What the services of the laptop cloud need of each other. Each is met by one service and faked in the tests of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ObjectEvent:
    """What OSS tells Function Compute of a change; `name` as in FC's events, without the `oss:` of a trigger's configuration."""

    name: str
    bucket: str
    key: str
    etag: str
    size: int
    delta_size: int
    mime_type: str
    request_id: str
    time: float
    source_ip: str = "127.0.0.1"
    user_meta: dict[str, str] = field(default_factory=dict)


class ObjectEvents(Protocol):
    """Met by Function Compute. Returns once whatever the event starts is kept on disk; told again after a crash."""

    def object_event(self, event: ObjectEvent) -> None: ...


@dataclass(frozen=True)
class TopicMessage:
    topic: str
    message_id: str
    body: str
    body_md5: str
    publish_time: float
    tag: str = ""


class TopicListener(Protocol):
    """Met by Function Compute, for its `mns_topic` triggers. Returns once the message is kept on disk; raises to be told again."""

    def topic_message(self, message: TopicMessage) -> None: ...


@dataclass(frozen=True)
class QueueMessage:
    message_id: str
    body: str
    receipt_handle: str
    enqueue_time: float
    dequeue_count: int


class Queues(Protocol):
    """Met by MNS, for FC's EventBridge triggers and destinations, and for the callbacks of IMS. Bodies are opaque text."""

    def publish(self, topic: str, body: str) -> None:
        """Raises KeyError where there is no such topic."""
        ...

    def send(self, queue: str, body: str) -> None:
        """Raises KeyError where there is no such queue."""
        ...

    def receive(self, queue: str, count: int, wait_seconds: float) -> list[QueueMessage]: ...

    def delete(self, queue: str, receipt_handle: str) -> None: ...


class CallbackQueues(Queues, Protocol):
    """What IMS needs besides, to refuse a callback address that leads nowhere."""

    def has_topic(self, topic: str) -> bool: ...

    def has_queue(self, queue: str) -> bool: ...


@dataclass(frozen=True)
class StoredObject:
    """An object on this machine's disk: read it, never write it."""

    path: Path
    size: int
    etag: str
    mime_type: str


class Objects(Protocol):
    """Met by OSS, for services that are given an `oss://` address."""

    def find(self, bucket: str, key: str) -> StoredObject | None: ...


class WritableObjects(Objects, Protocol):
    """What IMS needs besides, for jobs that make files."""

    def has_bucket(self, bucket: str) -> bool: ...

    def put(self, bucket: str, key: str, file: Path, mime_type: str) -> None:
        """Make an object of a file, which is moved away, and tell of it as of any upload.

        Raises KeyError where there is no such bucket, and ValueError for what can't be a key.
        """
        ...
