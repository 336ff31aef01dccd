"""MNS over HTTP: which request is which operation, and what its reply looks like.

Paths and methods: API reference of Simple Message Queue, version 2015-06-06. What the replies must hold: the decoders of the official
SDK (mns_xml_handler), which refuse an answer that lacks a field.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote

from localcloud.http import Reply, Request
from localcloud.identity import Keyring
from localcloud.mns import documents
from localcloud.mns.calls import Call, reply
from localcloud.mns.errors import MnsError, invalid_request_url
from localcloud.mns.notification import VERSION
from localcloud.mns.queues import MessageQueues
from localcloud.mns.signature import authenticate
from localcloud.mns.topics import Topics
from localcloud.mns.wire_queues import QueueCalls
from localcloud.mns.wire_topics import TopicCalls

Operation = Callable[[Call], Reply]


class Wire:
    """Answers a request, or says in MNS's words why not."""

    def __init__(self, queues: MessageQueues, topics: Topics, keyring: Keyring, account_id: str, clock: Callable[[], float]) -> None:
        self._keyring = keyring
        self._clock = clock
        self._routes = _routes(QueueCalls(queues), TopicCalls(topics, account_id))

    def serve(self, request: Request) -> Reply:
        host = "http://" + request.headers.get("host", "localhost")
        # The SDK looks this header up in lower case only (mns_client.check_status).
        own = {"x-mns-request-id": uuid.uuid4().hex[:24].upper(), "x-mns-version": VERSION}
        try:
            authenticate(request, self._keyring, self._clock())
            operation, names = self._find(request)
            answer = operation(Call(request, host, names))
        except MnsError as error:
            answer = _error(error, own["x-mns-request-id"], host)
        return replace(answer, headers={**own, **answer.headers})

    def _find(self, request: Request) -> tuple[Operation, Mapping[str, str]]:
        # Bytes that are no UTF-8 are replaced: such a name is refused or not found, like any other odd one.
        wanted = unquote(request.raw_path)
        for method, path, operation in self._routes:
            if method == request.method and (match := path.fullmatch(wanted)):
                return operation, match.groupdict()
        raise invalid_request_url()


def _routes(queues: QueueCalls, topics: TopicCalls) -> list[tuple[str, re.Pattern[str], Operation]]:
    queue, topic = "/queues/(?P<queue>[^/]+)", "/topics/(?P<topic>[^/]+)"
    messages, subscription = f"{queue}/messages", f"{topic}/subscriptions/(?P<subscription>[^/]+)"
    table: list[tuple[str, str, Operation]] = [
        ("GET", "/queues/?", queues.page),
        ("PUT", queue, queues.put),
        ("GET", queue, queues.attributes),
        ("DELETE", queue, queues.delete),
        ("POST", messages, queues.send),
        ("GET", messages, queues.receive),
        ("PUT", messages, queues.change_visibility),
        ("DELETE", messages, queues.delete_messages),
        ("GET", "/topics/?", topics.page),
        ("PUT", topic, topics.put),
        ("GET", topic, topics.attributes),
        ("DELETE", topic, topics.delete),
        ("POST", f"{topic}/messages", topics.publish),
        ("GET", f"{topic}/subscriptions/?", topics.subscriptions),
        ("PUT", subscription, topics.put_subscription),
        ("GET", subscription, topics.subscription_attributes),
        ("DELETE", subscription, topics.unsubscribe),
        ("GET", "/", queues.account),
        ("PUT", "/", queues.set_account),
    ]
    return [(method, re.compile(path), operation) for method, path, operation in table]


def _error(error: MnsError, request_id: str, host: str) -> Reply:
    values = {"Code": error.code, "Message": error.message, "RequestId": request_id, "HostId": host}
    return reply(error.status, documents.document("Error", documents.fields(values)))
