"""Clients of MNS, with the official SDK."""

from __future__ import annotations

import time
from itertools import count
from random import Random
from typing import Any

from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import TopicMessage, TopicMeta

from localcloud.identity import Credential
from localcloud.place import Place
from tests.durability.model import Lost

QUEUE, TOPIC, HEARERS = "work", "news", ("hearer-a", "hearer-b")
HIDDEN_SECONDS = 1
DELIVERY_SECONDS = 15.0


class Queueing:
    """Sends, receives and deletes in one queue; each body is sent once."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._there: set[str] = set()
        self._held: list[tuple[str, str]] = []
        self._perhaps: set[str] = set()
        """Sent or deleted by a request that was never answered."""
        self._checks = 0
        self._queue: Any = None

    def connect(self, port: int, key: Credential) -> None:
        account = Account(f"http://127.0.0.1:{port}", key.access_key_id, key.access_key_secret)
        self._queue = account.get_queue(QUEUE)
        self._queue.set_encoding(False)
        self._queue.create(QueueMeta(vis_timeout=HIDDEN_SECONDS))

    def step(self) -> None:
        match self._random.randrange(4):
            case 0 if self._there:
                self._receive()
            case 1 if self._held:
                body, receipt = self._held.pop()
                self._delete(body, receipt)
            case _:
                body = f"message {next(self._numbers)} " + "x" * self._random.choice((0, 2_000))
                self._perhaps.add(body)
                self._queue.send_message(Message(body))
                self._perhaps.discard(body)
                self._there.add(body)

    def _receive(self) -> None:
        try:
            received = self._queue.receive_message()
        except MNSServerException as error:
            if error.type != "MessageNotExist":
                raise
            return
        self._held.append((self._known(received.message_body), received.receipt_handle))

    def _delete(self, body: str, receipt: str) -> None:
        doubtful = body in self._perhaps  # an earlier delete of it was never answered
        self._perhaps.add(body)
        try:
            self._queue.delete_message(receipt)
        except MNSServerException:  # the time of the receipt was up
            if not doubtful:
                self._perhaps.discard(body)
            return
        self._perhaps.discard(body)
        self._there.discard(body)

    def _known(self, body: str | bytes) -> str:
        text = body.decode() if isinstance(body, bytes) else body
        if text not in self._there | self._perhaps:
            raise Lost(f"the queue has a message that was never sent, or deleted: {text[:60]!r}")
        return text

    def check(self) -> None:
        """The number each time, and every tenth time each message."""
        found = self._count()
        certain = len(self._there - self._perhaps)
        if not certain <= found <= len(self._there | self._perhaps):
            raise Lost(f"the queue has {found} messages where {certain} were acknowledged, {len(self._perhaps)} under way")
        self._checks += 1
        if self._checks % 10 == 0:
            self._empty()

    def _count(self) -> int:
        attributes = self._queue.get_attributes()
        return int(attributes.active_messages + attributes.inactive_messages + attributes.delay_messages)

    def _empty(self) -> None:
        """Take all of them out."""
        found: set[str] = set()
        end = time.monotonic() + HIDDEN_SECONDS + DELIVERY_SECONDS
        while not self._there - self._perhaps <= found and time.monotonic() < end:
            for body in drain(self._queue, HIDDEN_SECONDS):
                found.add(self._known(body))
        if missing := self._there - self._perhaps - found:
            raise Lost(f"{len(missing)} of {len(self._there)} messages are gone: {sorted(missing)[0][:60]!r}")
        self._there.clear()
        self._held.clear()
        self._perhaps -= found


class Publishing:
    """Publishes to a topic with two queues behind it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._published: set[str] = set()
        self._sent: set[str] = set()
        self._topic: Any = None
        self._queues: list[Any] = []

    def connect(self, port: int, key: Credential) -> None:
        place = Place()
        account = Account(f"http://127.0.0.1:{port}", key.access_key_id, key.access_key_secret)
        self._topic = account.get_topic(TOPIC)
        self._topic.create(TopicMeta())
        self._queues = [account.get_queue(name) for name in HEARERS]
        for queue in self._queues:
            queue.set_encoding(False)
            queue.create(QueueMeta())
            endpoint = f"acs:mns:{place.region}:{place.account_id}:queues/{queue.queue_name}"
            subscription = account.get_subscription(TOPIC, queue.queue_name)
            try:
                subscription.subscribe(SubscriptionMeta(endpoint, notify_content_format="SIMPLIFIED"))
            except MNSServerException as error:
                if error.type != "SubscriptionAlreadyExist":
                    raise

    def step(self) -> None:
        body = f"news {next(self._numbers)}"
        self._sent.add(body)
        self._topic.publish_message(TopicMessage(body))
        self._published.add(body)

    def check(self) -> None:
        """Each message reaches each queue at least once."""
        for queue in self._queues:
            heard: set[str] = set()
            end = time.monotonic() + DELIVERY_SECONDS
            while not self._published <= heard and time.monotonic() < end:
                heard |= drain(queue, 1)
            if foreign := heard - self._sent:
                raise Lost(f"{queue.queue_name} heard what nobody published: {sorted(foreign)[0]!r}")
            if missing := self._published - heard:
                raise Lost(
                    f"{queue.queue_name} never heard {len(missing)} of {len(self._published)} messages, such as {sorted(missing)[0]!r}"
                )
        self._published.clear()


def drain(queue: Any, wait_seconds: int) -> set[str]:
    """Up to 16 messages, deleted once they are read."""
    try:
        received = queue.batch_receive_message(16, wait_seconds)
    except MNSServerException as error:
        if error.type != "MessageNotExist":
            raise
        return set()
    queue.batch_delete_message([one.receipt_handle for one in received])
    return {one.message_body if isinstance(one.message_body, str) else one.message_body.decode() for one in received}
