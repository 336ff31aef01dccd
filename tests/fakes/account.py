"""An account in the cloud whose services are laptop clouds: one for each of the two regions that a deployment may lie in.

What the layer's clients send to official addresses is led to the right one; the other SDKs are told their addresses by variables, as a
private network would. Each call is remembered, and may meet a fault on its way there or back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from mns.account import Account as Messages
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from cli.deployment import target
from cli.deployment.target import Target
from localcloud.cloud import LaptopCloud
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from sightline.host import Host
from sightline.ims.transport import ICE_VERSION, ImsTransport
from tests.fakes.over_httpx import OverHttpx
from tests.faults.null_engine import NullEngine

Fault = Callable[[httpx.Request, Callable[[httpx.Request], httpx.Response]], httpx.Response]
"""What happens to one call: it may answer, raise, or hand the request on."""
HOME, SEARCH = "cn-shanghai", "cn-shenzhen"
READS = ("List", "Query", "Get", "Search")


class Killed(BaseException):
    """The process ends."""


def throttled(_request: httpx.Request, _send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    return refusal(400, "Throttling.User")


def broken(_request: httpx.Request, _send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    return refusal(500, "InternalError")


def denied(_request: httpx.Request, _send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    return refusal(403, "Forbidden.RAM")


def answer_lost(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    send(request)
    raise httpx.ReadTimeout("injected")


def broken_after(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    send(request)
    return refusal(500, "InternalError")


def garbled(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    send(request)
    return httpx.Response(200, text="<html>a proxy's greeting</html>")


def emptied(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    send(request)
    return httpx.Response(200, json={})


def killed_after(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
    send(request)
    raise Killed


def refusal(status: int, code: str) -> httpx.Response:
    body = {"Code": code, "Message": "injected", "RequestId": "r"}
    return httpx.Response(status, json=body, headers={"x-acs-request-id": "r"})


class Account:
    """`requests` are those of the layer's clients. `faults` are met by the next calls of their action, in turn."""

    def __init__(self, home: LaptopCloud, search: LaptopCloud) -> None:
        self.home = home
        self.search = search
        self.requests: list[httpx.Request] = []
        self.faults: dict[str, list[Fault]] = {}
        self.sleeps: list[float] = []
        self._wire = httpx.HTTPTransport()
        self._host = Host(OverHttpx(httpx.MockTransport(self._answer)), sleep=self.sleeps.append)

    def close(self) -> None:
        self._wire.close()

    @property
    def actions(self) -> list[str]:
        return [request.headers["x-acs-action"] for request in self.requests]

    @property
    def writes(self) -> list[str]:
        return [action for action in self.actions if not action.startswith(READS)]

    def parameters(self, action: str) -> dict[str, str]:
        """Those of its last call."""
        request = next(request for request in reversed(self.requests) if request.headers["x-acs-action"] == action)
        return dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))

    def variables(self, name: str, **more: str) -> dict[str, str]:
        """What somebody exports before `--cloud`; everything that is to be made is called `name`."""
        key = self.home.keyring.account
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
            "SIGHTLINE_ACCOUNT_ID": Place().account_id,
            "SIGHTLINE_REGION": HOME,
            "SIGHTLINE_OSS_ENDPOINT": self.home.endpoint,
            "SIGHTLINE_OSS_PUBLIC_ENDPOINT": self.home.endpoint,
            "SIGHTLINE_MNS_ENDPOINT": self.home.endpoint,
            "SIGHTLINE_IMS_ENDPOINT": f"https://ice.{HOME}.aliyuncs.com",
            "SIGHTLINE_IMS_SEARCH_ENDPOINT": f"https://ice.{SEARCH}.aliyuncs.com",
            "SIGHTLINE_MEDIA_BUCKET": f"{name}-media",
            "SIGHTLINE_STATE_BUCKET": f"{name}-state",
            "SIGHTLINE_CALLBACK_TOPIC": f"{name}-jobs",
            "SIGHTLINE_DEAD_QUEUE": f"{name}-dead",
            "SIGHTLINE_TEMPLATE_NAME": name,
            "SIGHTLINE_SEARCH_LIBRARY": f"IPCamera_{name.replace('-', '')}",
            **more,
        }

    def target(self, name: str, **more: str) -> Target:
        return replace(target.cloud(self.variables(name, **more)), host=self._host)

    def stack(self, name: str) -> Target:
        """The same, once template.yaml's stack is there."""
        there = self.target(name)
        for bucket in (there.names.media_bucket, there.names.state_bucket):
            there.bucket(bucket).create_bucket()
        self.messages.get_topic(there.names.topic).create(TopicMeta())
        self.messages.get_queue(there.names.dead_queue).create(QueueMeta())
        return there

    @property
    def messages(self) -> Messages:
        key = self.home.keyring.account
        return Messages(self.home.endpoint, key.access_key_id, key.access_key_secret)

    def call(self, action: str, parameters: dict[str, Any], version: str = ICE_VERSION, of_search: bool = False) -> dict[str, Any]:
        """What somebody else does in the account; neither remembered nor met by a fault."""
        key = self.target("other").credentials
        endpoint = (self.search if of_search else self.home).endpoint
        return ImsTransport(Host(), lambda: key, endpoint).call(action, parameters, version=version)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        waiting = self.faults.get(request.headers["x-acs-action"])
        return waiting.pop(0)(request, self._send) if waiting else self._send(request)

    def _send(self, request: httpx.Request) -> httpx.Response:
        """To the cloud of the region that the address names, which sees the name that was signed."""
        cloud = self.search if SEARCH in request.url.host else self.home
        address = httpx.URL(cloud.endpoint)
        url = request.url.copy_with(scheme=address.scheme, host=address.host, port=address.port)
        answer = self._wire.handle_request(httpx.Request(request.method, url, headers=request.headers, content=request.read()))
        content = answer.read()
        answer.close()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    home = _cloud(folder / "home")
    (folder / "search").mkdir()
    shutil.copy(folder / "home" / "keys.json", folder / "search" / "keys.json")
    search = _cloud(folder / "search", Place(SEARCH))
    made = Account(home, search)
    try:
        yield made
    finally:
        made.close()
        search.stop()
        home.stop()


def _cloud(folder: Path, place: Place | None = None) -> LaptopCloud:
    cloud = LaptopCloud(folder, place or Place(), EngineSettings(), understanding=NullEngine())
    cloud.start()
    return cloud
