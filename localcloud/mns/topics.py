"""How topics behave: who subscribes, and what a published message owes to whom."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from sqlite3 import IntegrityError

from localcloud.mns.errors import AlreadyExist, MnsError, NotExist, invalid_argument
from localcloud.mns.model import (
    CONTENT_FORMATS,
    LISTENER,
    RETRY_STRATEGIES,
    TAG_LENGTH,
    TOPIC_RETENTION_SECONDS,
    Draft,
    Publication,
    Subscription,
    Topic,
    TopicAttributes,
    body_md5,
    check_body,
    check_name,
)
from localcloud.mns.topic_store import TopicStore

# The API reference writes `queues/<name>`, an ARN `/queues/<name>`.
_QUEUE_ENDPOINT = re.compile(r"acs:mns:[^:]+:[^:]+:/?queues/(?P<queue>[A-Za-z0-9-]+)")


@dataclass(frozen=True)
class HttpEndpoint:
    url: str


@dataclass(frozen=True)
class QueueEndpoint:
    queue: str


def endpoint_of(text: str) -> HttpEndpoint | QueueEndpoint:
    """What a subscription's Endpoint means; InvalidArgument for one that can't be served."""
    if re.match(r"https?://[^/\s]", text):
        return HttpEndpoint(text)
    if found := _QUEUE_ENDPOINT.fullmatch(text):
        return QueueEndpoint(found["queue"])
    raise invalid_argument("The value of Endpoint should be http(s)://<host>/<path> or acs:mns:<region>:<account>:queues/<queue>.")


class Topics:
    """All topics of the account. `on_publish` is called once a message and what it owes are on disk."""

    def __init__(self, store: TopicStore, clock: Callable[[], float], on_publish: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_publish = on_publish

    def create(self, name: str, elements: Mapping[str, str]) -> bool:
        """True if it was made, False if it was there with the same attributes; raises AlreadyExist if they differ."""
        check_name("Topic", name)
        wanted = TopicAttributes().changed(elements)
        known = self._store.find(name)
        if known and known.attributes != wanted:
            raise AlreadyExist("Topic", name)
        if not known:
            now = self._clock()
            self._store.save(Topic(name, wanted, now, now))
        return known is None

    def change(self, name: str, elements: Mapping[str, str]) -> None:
        topic = self.find(name)
        self._store.save(replace(topic, attributes=topic.attributes.changed(elements), modified=self._clock()))

    def find(self, name: str) -> Topic:
        topic = self._store.find(name)
        if topic is None:
            raise NotExist("Topic", name)
        return topic

    def delete(self, name: str) -> None:
        """With its subscriptions and what they were still owed."""
        self.find(name)
        self._store.remove(name)

    def page(self, prefix: str, after: str, count: int) -> list[Topic]:
        return self._store.page(prefix, after, count)

    def subscribe(self, topic: str, name: str, elements: Mapping[str, str]) -> bool:
        """True if it was made, False if it was there just so; raises AlreadyExist otherwise."""
        self.find(topic)
        check_name("Subscription", name)
        wanted = _subscription(topic, name, elements)
        known = self._store.find_subscription(topic, name)
        if known is None:
            now = self._clock()
            self._store.save_subscription(replace(wanted, created=now, modified=now))
        elif replace(known, created=0.0, modified=0.0) != wanted:
            raise AlreadyExist("Subscription", name)
        return known is None

    def change_subscription(self, topic: str, name: str, elements: Mapping[str, str]) -> None:
        """Only the retry strategy can be changed (SetSubscriptionAttributes)."""
        subscription = self.find_subscription(topic, name)
        strategy = _one_of("NotifyStrategy", elements.get("NotifyStrategy") or subscription.notify_strategy, RETRY_STRATEGIES)
        self._store.save_subscription(replace(subscription, notify_strategy=strategy, modified=self._clock()))

    def find_subscription(self, topic: str, name: str) -> Subscription:
        self.find(topic)
        subscription = self._store.find_subscription(topic, name)
        if subscription is None:
            raise NotExist("Subscription", name)
        return subscription

    def unsubscribe(self, topic: str, name: str) -> None:
        self.find_subscription(topic, name)
        self._store.remove_subscription(topic, name)

    def subscriptions(self, topic: str, prefix: str, after: str, count: int) -> list[Subscription]:
        self.find(topic)
        return self._store.subscriptions(topic, prefix, after, count)

    def publish(self, topic: str, draft: Draft) -> Publication:
        """Keep the message and what it owes to every subscription that wants it, and to the listener."""
        check_body(draft.body, self.find(topic).attributes.maximum_message_size)
        _check_tag("MessageTag", draft.tag)
        publication = Publication(uuid.uuid4().hex.upper(), topic, draft.body, body_md5(draft.body), self._clock(), draft.tag)
        wanting = [each.name for each in self._store.subscriptions(topic) if each.wants(draft.tag)]
        self._store.forget(publication.published - TOPIC_RETENTION_SECONDS)
        try:
            self._store.publish(publication, [LISTENER, *wanting])
        except IntegrityError as error:  # deleted since it was found
            raise NotExist("Topic", topic) from error
        self._on_publish()
        return publication


def _subscription(topic: str, name: str, elements: Mapping[str, str]) -> Subscription:
    endpoint = elements.get("Endpoint", "")
    endpoint_of(endpoint)
    tag = elements.get("FilterTag", "")
    _check_tag("FilterTag", tag)
    strategy = _one_of("NotifyStrategy", elements.get("NotifyStrategy") or RETRY_STRATEGIES[0], RETRY_STRATEGIES)
    content_format = _one_of("NotifyContentFormat", elements.get("NotifyContentFormat") or CONTENT_FORMATS[0], CONTENT_FORMATS)
    return Subscription(topic, name, endpoint, tag, strategy, content_format)


def _check_tag(element: str, tag: str) -> None:
    if len(tag) > TAG_LENGTH:
        raise invalid_argument(f"The length of {element} should not be over {TAG_LENGTH}.")


def _one_of(element: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _unknown(element, allowed)
    return value


def _unknown(element: str, allowed: tuple[str, ...]) -> MnsError:
    return invalid_argument(f"The value of {element} should be one of {', '.join(allowed)}.")
