"""The postmen of the topics: what the outbox owes is handed over, each destination in its own thread.

A delivery is taken off the outbox only after it was handed over, so a killed process repeats it rather than loses it.
"""

from __future__ import annotations

import base64
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from localcloud.database import Database
from localcloud.mns.endpoint import QueueEndpoint, endpoint_of
from localcloud.mns.model import LISTENER, TOPIC_RETENTION_SECONDS, Delivery, Publication, Subscription
from localcloud.mns.notification import content, listener_retry_delay, push_headers, push_target, push_url, retry_delay
from localcloud.mns.push import PUSH_TIMEOUT_SECONDS, post
from localcloud.mns.queues import MessageQueues
from localcloud.mns.signing import string_to_sign
from localcloud.mns.topic_store import TopicStore
from localcloud.place import Place
from localcloud.ports import TopicListener, TopicMessage

log = logging.getLogger("localcloud.mns")

DATABASE_RETRY_SECONDS = 5.0
Lane = tuple[str, str]
Post = Callable[[str, Mapping[str, str], bytes], int]


class Signer(Protocol):
    """What a push is signed with."""

    def sign(self, text: str) -> str: ...
    def certificate_url(self) -> str: ...


class PushRefused(Exception):
    """The endpoint answered, but not with 2xx."""


class Courier:
    """Delivers what is due. A lane is one topic's messages for one destination: one at a time, never held up by another lane."""

    def __init__(
        self,
        database: Database,
        store: TopicStore,
        queues: MessageQueues,
        place: Place,
        clock: Callable[[], float],
        signer: Signer,
        push: Post = post,
    ) -> None:
        self._database = database
        self._store = store
        self._queues = queues
        self._place = place
        self._clock = clock
        self._signer = signer
        self._push = push
        self._listener: TopicListener | None = None
        self._bell = threading.Condition()
        self._rung = False
        self._stopping = threading.Event()
        self._busy: dict[Lane, threading.Thread] = {}
        self._dispatcher: threading.Thread | None = None

    def listen(self, listener: TopicListener) -> None:
        self._listener = listener
        self.ring()

    def start(self) -> None:
        self._dispatcher = threading.Thread(target=self._dispatch, name="mns-courier", daemon=True)
        self._dispatcher.start()

    def stop(self) -> None:
        """End after the deliveries under way; what is left stays on disk."""
        self._stopping.set()
        self.ring()
        if self._dispatcher:
            self._dispatcher.join()
        for thread in list(self._busy.values()):
            thread.join(PUSH_TIMEOUT_SECONDS * 2)

    def ring(self) -> None:
        """Something may be due."""
        with self._bell:
            self._rung = True
            self._bell.notify_all()

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._open_due()
            except sqlite3.Error:
                log.exception("what is due can't be read at the moment; nothing is lost")
                pause = DATABASE_RETRY_SECONDS
            with self._bell:
                self._bell.wait_for(lambda: self._rung, pause)
                self._rung = False

    def _open_due(self) -> float | None:
        """Seconds until something else is due; None when nothing is."""
        now = self._clock()
        if self._store.has_older(now - TOPIC_RETENTION_SECONDS):
            self._store.forget(now - TOPIC_RETENTION_SECONDS)
        for lane in self._store.lanes_due(now):
            self._open(lane)
        soonest = self._store.next_due(now)
        return None if soonest is None else max(soonest - self._clock(), 0) + 0.002

    def _open(self, lane: Lane) -> None:
        if lane in self._busy or (lane[1] == LISTENER and self._listener is None):
            return
        thread = threading.Thread(target=self._walk, args=(lane,), name=f"mns-{lane[0]}-{lane[1] or 'listener'}", daemon=True)
        self._busy[lane] = thread
        thread.start()

    def _walk(self, lane: Lane) -> None:
        try:
            self.deliver_due(*lane)
        except Exception:  # the boundary of a delivery thread; the same again at once would end no better
            log.exception(
                "what topic %s owes to %s can't be read or written at the moment; nothing is lost", lane[0], lane[1] or "its listener"
            )
            self._stopping.wait(DATABASE_RETRY_SECONDS)
        finally:
            del self._busy[lane]
            # What became due between the last look and now would otherwise wait for the next ring.
            self.ring()

    def deliver_due(self, topic: str, destination: str) -> None:
        """Try everything that one destination is owed now, in order; what fails is put off, and the next is tried."""
        while not self._stopping.is_set() and (delivery := self._store.first_due(topic, destination, self._clock())):
            try:
                self._hand_over(delivery)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 - the boundary of a delivery: whatever a destination does, the next one is tried
                self._put_off(delivery, error)

    def _hand_over(self, delivery: Delivery) -> None:
        publication = delivery.publication
        if delivery.destination == LISTENER:
            assert self._listener is not None
            self._listener.topic_message(_topic_message(publication))
            self._store.settle(delivery)
            return
        subscription = self._store.find_subscription(publication.topic, delivery.destination)
        if subscription:
            self._notify(delivery, subscription)
        else:
            self._store.settle(delivery)

    def _notify(self, delivery: Delivery, subscription: Subscription) -> None:
        publication = delivery.publication
        body = content(publication, subscription, self._place.account_id)
        endpoint = endpoint_of(subscription.endpoint)
        if isinstance(endpoint, QueueEndpoint):
            # One transaction, so that the queue gets the message once, whenever the process is killed.
            with self._database.transaction():
                self._queues.put(endpoint.queue, publication.draft(body))
                self._store.settle(delivery)
            self._queues.wake(endpoint.queue)
            return
        data, url = body.encode(), push_url(endpoint.url)
        headers = push_headers(publication, subscription, self._place.account_id, data, self._clock())
        status = self._push(url, self._signed(headers, push_target(url)), data)
        if not 200 <= status < 300:
            raise PushRefused(f"the endpoint answered {status}")
        self._store.settle(delivery)

    def _signed(self, headers: dict[str, str], target: str) -> dict[str, str]:
        certificate = base64.b64encode(self._signer.certificate_url().encode()).decode()
        whole = headers | {"x-mns-signing-cert-url": certificate}
        return whole | {"authorization": self._signer.sign(string_to_sign("POST", whole, target))}

    def _put_off(self, delivery: Delivery, error: Exception) -> None:
        now = self._clock()
        delay = self._delay(delivery)
        what = f"message {delivery.publication.id} of topic {delivery.publication.topic} to {delivery.destination or 'its listener'}"
        if delay is None or now + delay > delivery.publication.published + TOPIC_RETENTION_SECONDS:
            log.error("%s is given up after %d tries: %s", what, delivery.attempts + 1, error)
            self._give_up(delivery)
        else:
            log.warning("%s failed, next try in %.1f s: %s", what, delay, error)
            self._store.postpone(delivery, now + delay)

    def _give_up(self, delivery: Delivery) -> None:
        """Leave the message to the subscription's dead-letter queue, if there is one."""
        publication = delivery.publication
        subscription = self._store.find_subscription(publication.topic, delivery.destination)
        target = subscription.dead_letter_queue if subscription else ""
        source = f"topics/{publication.topic}/subscriptions/{delivery.destination}"
        with self._database.transaction():
            self._queues.bury(target, publication.draft(publication.body), publication.id, source)
            self._store.settle(delivery)
        self._queues.wake(target)

    def _delay(self, delivery: Delivery) -> float | None:
        if delivery.destination == LISTENER:
            return listener_retry_delay(delivery.attempts + 1)
        subscription = self._store.find_subscription(delivery.publication.topic, delivery.destination)
        return retry_delay(subscription.notify_strategy, delivery.attempts + 1) if subscription else None


def _topic_message(publication: Publication) -> TopicMessage:
    return TopicMessage(publication.topic, publication.id, publication.body, publication.md5, publication.published, publication.tag)
