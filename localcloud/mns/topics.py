"""How topics behave: who subscribes, and what a published message owes to whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from sqlite3 import IntegrityError

from localcloud.mns.endpoint import QueueEndpoint, endpoint_of
from localcloud.mns.errors import AlreadyExist, NotExist, invalid_argument
from localcloud.mns.limits import TAG_LENGTH, check_body, check_name, check_text, one_of
from localcloud.mns.model import (
    CONTENT_FORMATS,
    LISTENER,
    RETRY_STRATEGIES,
    TOPIC_RETENTION_SECONDS,
    TOPIC_TYPES,
    Draft,
    Publication,
    Subscription,
    Topic,
    TopicAttributes,
    body_md5,
    dead_letter_target,
)
from localcloud.mns.topic_store import TopicStore


class Topics:
    """All topics of the account. `on_publish` is called once a message and what it owes are on disk."""

    def __init__(self, store: TopicStore, clock: Callable[[], float], on_publish: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_publish = on_publish

    def create(self, name: str, elements: Mapping[str, str]) -> bool:
        """True if it was made, False if it was there with the same attributes; raises AlreadyExist if they differ."""
        check_name("Topic", name)
        # An ordered one would not be kept in order when a delivery fails; better refused than made an ordinary one.
        one_of("TopicType", elements.get("TopicType") or TOPIC_TYPES[0], TOPIC_TYPES)
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
        topic = self._store.find(name, self._oldest())
        if topic is None:
            raise NotExist("Topic", name)
        return topic

    def delete(self, name: str) -> None:
        """With its subscriptions and what they were still owed."""
        self.find(name)
        self._store.remove(name)

    def page(self, prefix: str, after: str, count: int) -> list[Topic]:
        return self._store.page(prefix, after, count, self._oldest())

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
        """Only the retry strategy and the dead-letter policy can be changed (SetSubscriptionAttributes)."""
        known = self.find_subscription(topic, name)
        strategy = one_of("NotifyStrategy", elements.get("NotifyStrategy") or known.notify_strategy, RETRY_STRATEGIES)
        wanted = replace(known, notify_strategy=strategy, dead_letter_queue=dead_letter_target(elements, known.dead_letter_queue))
        _check_dead_letters(wanted)
        self._store.save_subscription(replace(wanted, modified=self._clock()))

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
        check_text("MessageTag", draft.tag, TAG_LENGTH)
        publication = Publication(
            *(uuid.uuid4().hex.upper(), topic, draft.body, body_md5(draft.body), self._clock(), draft.tag),
            *(draft.group, draft.user_properties, draft.system_properties),
        )
        wanting = [each.name for each in self._store.subscriptions(topic) if each.wants(draft.tag)]
        try:
            self._store.publish(publication, [LISTENER, *wanting])
        except IntegrityError as error:  # deleted since it was found
            raise NotExist("Topic", topic) from error
        self._on_publish()
        return publication

    def _oldest(self) -> float:
        return self._clock() - TOPIC_RETENTION_SECONDS


def _subscription(topic: str, name: str, elements: Mapping[str, str]) -> Subscription:
    endpoint = elements.get("Endpoint", "")
    endpoint_of(endpoint)
    wanted = Subscription(
        topic,
        name,
        endpoint,
        check_text("FilterTag", elements.get("FilterTag", ""), TAG_LENGTH),
        one_of("NotifyStrategy", elements.get("NotifyStrategy") or RETRY_STRATEGIES[0], RETRY_STRATEGIES),
        one_of("NotifyContentFormat", elements.get("NotifyContentFormat") or CONTENT_FORMATS[0], CONTENT_FORMATS),
        dead_letter_target(elements, ""),
    )
    _check_dead_letters(wanted)
    return wanted


def _check_dead_letters(subscription: Subscription) -> None:
    endpoint = endpoint_of(subscription.endpoint)
    if isinstance(endpoint, QueueEndpoint) and endpoint.queue == subscription.dead_letter_queue:
        raise invalid_argument("DlqPolicy.DeadLetterTargetQueue should be another queue than the one subscribed.")
