"""Which request is which operation of the API reference (Simple Message Queue, version 2015-06-06), and what is missing of it here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar
from urllib.parse import unquote

from localcloud.covered import Covered
from localcloud.http import Later, Reply, Request
from localcloud.mns.calls import Call
from localcloud.mns.errors import invalid_request_url
from localcloud.mns.wire_queues import QueueCalls
from localcloud.mns.wire_topics import TopicCalls

Answer = Callable[[Call], Reply | Later]
_QUEUE = "/queues/{queue}"
_MESSAGES = f"{_QUEUE}/messages"
_TOPIC = "/topics/{topic}"
_SUBSCRIPTION = f"{_TOPIC}/subscriptions/{{subscription}}"
_OVERRIDE = "?metaoverride=true"
_POLICY = "the XML of QueueType and DlqPolicy is our assumption; server-side encryption, rate limits and tags are passed over"
_TYPE = "ordered topics: TopicType fifo is refused"
_PROPERTIES = "an HTTP push does not carry the message's properties, for which no format is documented"
_ENDPOINTS = "mail, SMS and mobile push endpoints are refused; a function subscribes by its mns_topic trigger, which is not listed"


Calls = TypeVar("Calls")


@dataclass(frozen=True)
class Route(Generic[Calls]):
    """A method and a path; `answer` does all of `operations`, which differ by what stands in their parameters or bodies."""

    method: str
    path: str
    answer: Callable[[Calls, Call], Reply | Later]
    operations: Sequence[Covered]


def _route(method: str, path: str, answer: Callable[[Calls, Call], Reply | Later], **operations: str | tuple[str, str]) -> Route[Calls]:
    """Each operation by its name: what tells it apart from the others of its path, and what it lacks."""
    pairs = [(name, told if isinstance(told, tuple) else (told, "")) for name, told in operations.items()]
    return Route(method, path, answer, [Covered(name, f"{method} {path}{mark}", lacks) for name, (mark, lacks) in pairs])


QUEUES: list[Route[QueueCalls]] = [
    _route("GET", "/queues", QueueCalls.page, ListQueue=""),
    _route("PUT", _QUEUE, QueueCalls.put, CreateQueue=("", _POLICY), SetQueueAttributes=(_OVERRIDE, _POLICY)),
    _route("GET", _QUEUE, QueueCalls.attributes, GetQueueAttributes=""),
    _route("DELETE", _QUEUE, QueueCalls.delete, DeleteQueue=""),
    _route("POST", _MESSAGES, QueueCalls.send, SendMessage="", BatchSendMessage=" <Messages>"),
    _route(
        "GET",
        _MESSAGES,
        QueueCalls.receive,
        ReceiveMessage="?waitseconds=",
        BatchReceiveMessage="?numOfMessages=&waitseconds=",
        PeekMessage="?peekonly=true",
        BatchPeekMessage="?peekonly=true&numOfMessages=",
    ),
    _route("PUT", _MESSAGES, QueueCalls.change_visibility, ChangeMessageVisibility="?receiptHandle=&visibilityTimeout="),
    _route("DELETE", _MESSAGES, QueueCalls.delete_messages, DeleteMessage="?ReceiptHandle=", BatchDeleteMessage=" <ReceiptHandles>"),
    _route("GET", "/", QueueCalls.account, GetAccountAttributes="?accountmeta=true"),
    _route("PUT", "/", QueueCalls.set_account, SetAccountAttributes=("?accountmeta=true", "no logs are delivered to the bucket")),
    _route("POST", "/commonbuy/openservice", QueueCalls.open_service, OpenService=("", "orders nothing: the service is always open")),
]
TOPICS: list[Route[TopicCalls]] = [
    _route("GET", "/topics", TopicCalls.page, ListTopic=""),
    _route("PUT", _TOPIC, TopicCalls.put, CreateTopic=("", _TYPE), SetTopicAttributes=_OVERRIDE),
    _route("GET", _TOPIC, TopicCalls.attributes, GetTopicAttributes=""),
    _route("DELETE", _TOPIC, TopicCalls.delete, DeleteTopic=""),
    _route("POST", f"{_TOPIC}/messages", TopicCalls.publish, PublishMessage=("", _PROPERTIES)),
    _route("GET", f"{_TOPIC}/subscriptions", TopicCalls.subscriptions, ListSubscriptionByTopic=""),
    _route("PUT", _SUBSCRIPTION, TopicCalls.put_subscription, Subscribe=("", _ENDPOINTS), SetSubscriptionAttributes=_OVERRIDE),
    _route("GET", _SUBSCRIPTION, TopicCalls.subscription_attributes, GetSubscriptionAttributes=""),
    _route("DELETE", _SUBSCRIPTION, TopicCalls.unsubscribe, Unsubscribe=""),
]


@dataclass(frozen=True)
class Found:
    """Who answers a request, and the names of the operations that it may be: one, or some that share their path."""

    answer: Answer
    operations: Sequence[str]


class Routes:
    """Finds the operation that a request asks for."""

    def __init__(self, queues: QueueCalls, topics: TopicCalls) -> None:
        of_queues = [(route.method, _pattern(route.path), _found(route, queues)) for route in QUEUES]
        of_topics = [(route.method, _pattern(route.path), _found(route, topics)) for route in TOPICS]
        self._routes: list[tuple[str, re.Pattern[str], Found]] = [*of_queues, *of_topics]

    def find(self, request: Request) -> tuple[Found, Mapping[str, str]]:
        """The operation, and the names in the path. Raises InvalidRequestURL where there is none."""
        # Bytes that are no UTF-8 are replaced: such a name is refused or not found, like any other odd one.
        wanted = unquote(request.raw_path)
        for method, path, found in self._routes:
            if method == request.method and (match := path.fullmatch(wanted)):
                return found, match.groupdict()
        raise invalid_request_url()


def _found(route: Route[Calls], calls: Calls) -> Found:
    return Found(partial(route.answer, calls), [one.operation for one in route.operations])


def _pattern(path: str) -> re.Pattern[str]:
    named = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)
    return re.compile(named if path == "/" or path.endswith("}") else f"{named}/?")
