"""The postmen of the topics: what the outbox owes is handed over, each destination in its own thread.

A delivery is taken off the outbox only after it was handed over, so a killed process repeats it rather than loses it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping

import httpx

from localcloud.database import Database
from localcloud.mns.model import LISTENER, TOPIC_RETENTION_SECONDS, Delivery, Draft, Publication, Subscription
from localcloud.mns.notification import content, listener_retry_delay, push_headers, push_url, retry_delay
from localcloud.mns.queues import MessageQueues
from localcloud.mns.topic_store import TopicStore
from localcloud.mns.topics import QueueEndpoint, endpoint_of
from localcloud.ports import TopicListener, TopicMessage

log = logging.getLogger("localcloud.mns")

PUSH_TIMEOUT_SECONDS = 5.0
DATABASE_RETRY_SECONDS = 5.0
Lane = tuple[str, str]
Post = Callable[[str, Mapping[str, str], bytes], int]


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """POST and return the status. A proxy named in the environment is passed over: it could not reach this machine's own endpoints."""
    return httpx.post(url, headers=dict(headers), content=body, timeout=PUSH_TIMEOUT_SECONDS, trust_env=False).status_code


class PushRefused(Exception):
    """The endpoint answered, but not with 2xx."""


class Courier:
    """Delivers what is due. A lane is one topic's messages for one destination: one at a time, never held up by another lane."""

    def __init__(
        self, database: Database, store: TopicStore, queues: MessageQueues, account_id: str, clock: Callable[[], float], push: Post = post
    ) -> None:
        self._database = database
        self._store = store
        self._queues = queues
        self._account_id = account_id
        self._clock = clock
        self._push = push
        self._listener: TopicListener | None = None
        self._bell = threading.Condition()
        self._rung = False
        self._stopping = False
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
        self._stopping = True
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
        while not self._stopping:
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
        finally:
            del self._busy[lane]
            # What became due between the last look and now would otherwise wait for the next ring.
            self.ring()

    def deliver_due(self, topic: str, destination: str) -> None:
        """Try everything that one destination is owed now, in order; what fails is put off, and the next is tried."""
        while not self._stopping and (delivery := self._store.first_due(topic, destination, self._clock())):
            try:
                self._hand_over(delivery)
            except Exception as error:  # noqa: BLE001 - the boundary of a delivery thread: whatever a destination does, the lane goes on
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
        body = content(delivery.publication, subscription, self._account_id)
        endpoint = endpoint_of(subscription.endpoint)
        if isinstance(endpoint, QueueEndpoint):
            # One transaction, so that the queue gets the message once, whenever the process is killed.
            with self._database.transaction():
                self._queues.put(endpoint.queue, Draft(body))
                self._store.settle(delivery)
            self._queues.wake()
            return
        data = body.encode()
        headers = push_headers(delivery.publication, subscription, self._account_id, data, self._clock())
        status = self._push(push_url(endpoint.url), headers, data)
        if not 200 <= status < 300:
            raise PushRefused(f"the endpoint answered {status}")
        self._store.settle(delivery)

    def _put_off(self, delivery: Delivery, error: Exception) -> None:
        now = self._clock()
        delay = self._delay(delivery)
        what = f"message {delivery.publication.id} of topic {delivery.publication.topic} to {delivery.destination or 'its listener'}"
        if delay is None or now + delay > delivery.publication.published + TOPIC_RETENTION_SECONDS:
            log.error("%s is given up after %d tries: %s", what, delivery.attempts + 1, error)
            self._store.settle(delivery)
        else:
            log.warning("%s failed, next try in %.1f s: %s", what, delay, error)
            self._store.postpone(delivery, now + delay)

    def _delay(self, delivery: Delivery) -> float | None:
        if delivery.destination == LISTENER:
            return listener_retry_delay(delivery.attempts + 1)
        subscription = self._store.find_subscription(delivery.publication.topic, delivery.destination)
        return retry_delay(subscription.notify_strategy, delivery.attempts + 1) if subscription else None


def _topic_message(publication: Publication) -> TopicMessage:
    return TopicMessage(publication.topic, publication.id, publication.body, publication.md5, publication.published, publication.tag)
