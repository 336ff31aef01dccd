"""A network whose answers are written down beforehand, and what the services' errors look like on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, repeat
from random import Random

import httpx

from sightline.credentials import Credentials, CredentialsProvider
from sightline.host import Host, Invocation
from sightline.ims.smarttag import SmarttagClient, SmarttagInput
from sightline.ims.transport import ImsTransport
from sightline.mns.queue import MnsQueue
from sightline.store.oss import OssBucket
from tests.fakes.over_httpx import OverHttpx
from tests.fakes.sightline import START

OLD = Credentials("STS.old", "secret", "old-token")
NEW = Credentials("STS.new", "secret", "new-token")
LASTING = Credentials("LTAI", "secret")

Reply = httpx.Response | Exception


class Network:
    """Answers in turn, the last for ever; remembers the requests and the sleeps between them."""

    def __init__(self, *replies: Reply, clock: Callable[[], datetime] | None = None, invocation: Invocation | None = None) -> None:
        self._replies: Iterator[Reply] = chain(replies[:-1], repeat(replies[-1]))
        self.requests: list[httpx.Request] = []
        self.sleeps: list[float] = []
        network = OverHttpx(httpx.MockTransport(self._answer))
        self.host = Host(network, clock or (lambda: START), self.sleeps.append, Random(4), invocation or Invocation())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def bucket(self, keys: CredentialsProvider = lambda: LASTING) -> OssBucket:
        return OssBucket(self.host, keys, "cn-shanghai", "http://127.0.0.1:1", "media")

    def queue(self, keys: CredentialsProvider = lambda: LASTING) -> MnsQueue:
        return MnsQueue(self.host, keys, "http://mns.example", "dead")

    def ims(self, keys: CredentialsProvider = lambda: LASTING) -> ImsTransport:
        return ImsTransport(self.host, keys, "http://ims.example")


def oss_error(status: int, code: str, message: str = "no", **headers: str) -> httpx.Response:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return httpx.Response(status, text=text, headers={"x-oss-request-id": "5C3D9175B6FC201293AD4890", **headers})


def mns_error(status: int, code: str, message: str = "no") -> httpx.Response:
    text = f'<Error xmlns="http://mns.aliyuncs.com/doc/v1/"><Code>{code}</Code><Message>{message}</Message></Error>'
    return httpx.Response(status, text=text, headers={"x-mns-request-id": "r"})


def mns_time_expired() -> httpx.Response:
    reply = mns_error(408, "TimeExpired")
    reply.headers["Date"] = "Sat, 21 Nov 2026 08:15:30 GMT"
    return reply


def ims_error(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"Code": code, "Message": "no", "RequestId": "r"}, headers={"x-acs-request-id": "r", **headers})


def in_turn(*keys: Credentials) -> CredentialsProvider:
    following = chain(keys[:-1], repeat(keys[-1]))
    return lambda: next(following)


def submit(transport: ImsTransport) -> str:
    return SmarttagClient(transport, "template", "", "en").submit("t", SmarttagInput(["https://x"], False), None, "")


OK = httpx.Response(200, content=b"content", headers={"x-oss-request-id": "r"})
SUBMITTED = httpx.Response(
    200, json={"JobId": "0123456789abcdef0123456789abcdef", "RequestId": "r"}, headers={"x-oss-request-id": "r", "x-acs-request-id": "r"}
)

ENVIRONMENT = {
    "OSS_ENDPOINT": "http://127.0.0.1:1",
    "MEDIA_BUCKET": "media",
    "STATE_BUCKET": "state",
    "IMS_ENDPOINT": "http://127.0.0.1:1",
    "SMARTTAG_TEMPLATE_ID": "template",
    "SEARCH_LIBRARY": "IPCamera_x",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.environment",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "environment-token",
}
