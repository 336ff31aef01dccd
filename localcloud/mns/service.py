"""The message service of the laptop cloud, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from localcloud.database import Database
from localcloud.http import Later, Reply, Request, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.mns.delivery import Courier
from localcloud.mns.errors import MnsError, NotExist
from localcloud.mns.limits import BATCH_LIMIT
from localcloud.mns.model import Draft
from localcloud.mns.queue_store import QueueStore
from localcloud.mns.queues import MessageQueues
from localcloud.mns.routes import Routes
from localcloud.mns.schema import SCHEMA
from localcloud.mns.signing import CERTIFICATE_PATH, PushSigner
from localcloud.mns.topic_store import TopicStore
from localcloud.mns.topics import Topics
from localcloud.mns.wire import Wire
from localcloud.mns.wire_queues import QueueCalls
from localcloud.mns.wire_topics import TopicCalls
from localcloud.place import Place
from localcloud.ports import QueueMessage, TopicListener


class MessageService:
    """MNS: queues, topics and subscriptions, for clients over HTTP (`Service`) and for the cloud's other services (`Queues`).

    All state lies in `<data>/mns.sqlite3`, beside the key that signs pushes. Messages of a topic reach the listener, and every
    subscription, at least once. `endpoint` is where subscribers find the certificate of the key.
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        keyring: Keyring,
        listener: TopicListener | None = None,
        clock: Callable[[], float] = time.time,
        endpoint: Callable[[], str] = lambda: "http://127.0.0.1",
    ) -> None:
        self._database = Database(data / "mns.sqlite3", SCHEMA)
        self._topic_store = TopicStore(self._database)
        self._queue_store = QueueStore(self._database)
        self._queues = MessageQueues(self._queue_store, clock, place)
        self._signer = PushSigner(data, endpoint)
        self._courier = Courier(self._database, self._topic_store, self._queues, place, clock, self._signer)
        self._topics = Topics(self._topic_store, clock, on_publish=self._courier.ring)
        routes = Routes(QueueCalls(self._queues), TopicCalls(self._topics, place.account_id))
        self._wire = Wire(routes, keyring, clock, place)
        if listener:
            self.listen(listener)

    def listen(self, listener: TopicListener) -> None:
        """From now on the messages of every topic go to `listener` as well; those that waited for one, first."""
        self._courier.listen(listener)

    def start(self) -> None:
        self._courier.start()

    def stop(self) -> None:
        self._queues.close()
        self._courier.stop()
        self._database.close()

    def claims(self, request: Request) -> bool:
        signed = "x-mns-version" in request.headers or request.headers.get("authorization", "").startswith(("MNS ", "MNS4-"))
        return signed or _asks_for_certificate(request)

    def terms(self, request: Request) -> Terms:
        return self._wire.terms(request)

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return self._wire.refuse(request, trouble)

    def serve(self, request: Request) -> Reply | Later:
        if _asks_for_certificate(request):
            return Reply(200, {"Content-Type": "application/x-pem-file"}, self._signer.certificate())
        return self._wire.serve(request)

    def has_topic(self, topic: str) -> bool:
        return self._topic_store.find(topic) is not None

    def has_queue(self, queue: str) -> bool:
        return self._queue_store.find(queue) is not None

    def publish(self, topic: str, body: str) -> None:
        """Raises KeyError for an unknown topic, MnsError for a body that a client could not have sent either."""
        try:
            self._topics.publish(topic, Draft(body))
        except NotExist as error:
            raise KeyError(topic) from error

    def send(self, queue: str, body: str) -> None:
        """Raises KeyError for an unknown queue, MnsError for a body that a client could not have sent either."""
        try:
            self._queues.send(queue, Draft(body))
        except NotExist as error:
            raise KeyError(queue) from error

    def receive(self, queue: str, count: int, wait_seconds: float) -> list[QueueMessage]:
        """Up to `count` messages (16 at most), an empty list after `wait_seconds` without one. Raises KeyError for an unknown queue."""
        try:
            found = self._queues.receive(queue, min(count, BATCH_LIMIT), wait_seconds)
        except NotExist as error:
            raise KeyError(queue) from error
        return [QueueMessage(each.id, each.draft.body, each.receipt or "", each.enqueued, each.dequeue_count) for each in found]

    def delete(self, queue: str, receipt_handle: str) -> None:
        """Delete a received message. A handle that no longer counts is passed over: the message will be received again."""
        try:
            self._queues.delete_message(queue, receipt_handle)
        except NotExist as error:
            raise KeyError(queue) from error
        except MnsError:
            return


def _asks_for_certificate(request: Request) -> bool:
    return request.method in ("GET", "HEAD") and request.target == CERTIFICATE_PATH and "authorization" not in request.headers
