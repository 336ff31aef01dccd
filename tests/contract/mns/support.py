"""A message service behind a door, the official SDK as its client, and an HTTP endpoint that keeps what is pushed to it."""

from __future__ import annotations

import http.client
import http.server
import queue as stdlib_queue
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from mns.account import Account
from mns.mns_exception import MNSServerException

from localcloud.door import Door
from localcloud.http import Headers, Reply, Request, Service
from localcloud.identity import Credential, Keyring
from localcloud.mns import MessageService
from localcloud.mns.signature import signature
from localcloud.place import Place

KEY = Credential("LTAItest", "the secret")
PLACE = Place()
DOCUMENT = "Simple Message Queue API reference, "
SDK = "aliyun-mns-sdk 1.3.0, "


class Cloud:
    """A message service behind a door, with others beside it if there are any; the clock can be turned."""

    def __init__(self, folder: Path, *others: Service) -> None:
        self.folder = folder
        self.ahead = 0.0
        self._accounts: list[Any] = []
        self.keyring = Keyring(KEY)
        self.service = MessageService(
            folder / "mns", PLACE, self.keyring, clock=lambda: time.time() + self.ahead, endpoint=lambda: self.endpoint
        )
        self.door = Door([self.service, *others], scratch=folder / "scratch")
        self.service.start()
        self.door.start()
        self.endpoint = f"http://127.0.0.1:{self.door.port}"

    def account(self, key: Credential = KEY) -> Any:
        account = Account(self.endpoint, key.access_key_id, key.access_key_secret, key.security_token or "")
        self._accounts.append(account)
        return account

    def send(self, method: str, target: str, body: str | bytes = b"") -> tuple[int, str]:
        """Status and body of a signed request that the SDK would not make."""
        connection = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=10)
        data = body.encode() if isinstance(body, str) else body
        connection.request(method, target, data, signed(method, target, formatdate(usegmt=True)))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def stop(self) -> None:
        for account in self._accounts:
            account.get_client().close_connection()
        self.service.stop()
        self.door.stop()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 20 s"
        time.sleep(0.01)


def refusal(call: Any, *arguments: Any) -> Any:
    with pytest.raises(MNSServerException) as caught:
        call(*arguments)
    assert caught.value.req_id
    return caught.value


def raw(cloud: Cloud, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, str]:
    """Status and error code of a request that the SDK would not send."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.door.port, timeout=10)
    connection.request(method, target, body, {"x-mns-version": "2015-06-06"} | headers)
    answer = connection.getresponse()
    root = ElementTree.fromstring(answer.read())
    connection.close()
    return answer.status, root.findtext("{http://mns.aliyuncs.com/doc/v1/}Code") or ""


def signed(method: str, target: str, date: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    plain = {"x-mns-version": "2015-06-06", "date": date} | (headers or {})
    request = Request(method, target, Headers(list(plain.items())))
    return plain | {"Authorization": f"MNS {KEY.access_key_id}:{signature(request, KEY.access_key_secret)}"}


class Neighbour:
    """Another service of the cloud, which answers at once."""

    def claims(self, request: Request) -> bool:
        return request.target == "/neighbour"

    def serve(self, request: Request) -> Reply:
        return Reply(200)


class Inbox(http.server.ThreadingHTTPServer):
    """An HTTP endpoint that keeps every push. It answers with `statuses` in their order, and then with 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _InboxHandler)
        self.pushes: stdlib_queue.Queue[tuple[str, dict[str, str], bytes]] = stdlib_queue.Queue()
        self.statuses: list[int] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _InboxHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Inbox)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.pushes.put((self.path, dict(self.headers.items()), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass
