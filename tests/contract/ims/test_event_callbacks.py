"""Event callbacks: their settings over HTTP, and what a receiver gets."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.ims.callbacks.callbacks import Callbacks, Receiver, signature
from localcloud.ims.callbacks.events import EventCallback, SetEventCallback
from localcloud.ims.store import open_store
from tests.contract.ims.cloud import Cloud, FakeQueues, until

SET = "SetEventCallback, API reference"
DELIVERY = "IMS, event callbacks and callback authentication: HTTP 200 within 3 s, three attempts, X-ICE-SIGNATURE"
NOW = 1519375990.0


class ReceiverSite:
    """Answers each post with the next of `statuses`, then with 200, and keeps what came."""

    def __init__(self, *statuses: int) -> None:
        self.came: list[tuple[dict[str, str], Any]] = []
        site, left = self, list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                site.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(left.pop(0) if left else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/ice?a=1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Told:
    """Event callbacks without the rest of IMS."""

    def __init__(self, folder: Path) -> None:
        self.queues = queues = FakeQueues()
        queues.queues.add("ice-callback-q")
        self.database = open_store(folder / "ims.sqlite")
        self.callbacks = Callbacks(self.database, queues, lambda: NOW, retry_seconds=0)
        self.events = EventCallback(self.database, self.callbacks, queues, "1000", lambda: NOW)
        self.callbacks.runner.start()

    def happened(self, event: str, body: dict[str, object]) -> None:
        with self.database.transaction() as write:
            self.events.happened(write, event, body)
        self.callbacks.runner.call()

    def waiting(self) -> int:
        return len(self.database.query("SELECT 1 FROM callback"))

    def set(self, **parameters: Any) -> None:
        self.events.set(SetEventCallback.model_validate(parameters))

    def stop(self) -> None:
        self.callbacks.runner.stop()
        self.callbacks.runner.join(10)
        self.callbacks.close()
        self.database.close()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path)
    yield made
    made.stop()


@pytest.mark.contract(SET)
def test_what_is_set_is_got(cloud: Cloud) -> None:
    client = cloud.client()
    assert client.get_event_callback().body.callback_type is None
    cloud.queues.queues.add("ice-callback-q")
    request = ice.SetEventCallbackRequest(
        callback_type="MNS", callback_queue_name="ice-callback-q", event_type_list="ProduceMediaComplete,MediaAiAnalysisComplete"
    )
    assert client.set_event_callback(request).body.success is True
    got = client.get_event_callback().body.to_map()
    assert got == {
        "RequestId": got["RequestId"],
        "CallbackType": "MNS",
        "CallbackQueueName": "ice-callback-q",
        "EventTypeList": "ProduceMediaComplete,MediaAiAnalysisComplete",
    }
    request = ice.SetEventCallbackRequest(
        callback_type="HTTP",
        callback_url="https://example.com/a",
        auth_switch="on",
        auth_key="Abc123",
        event_type_list="ProduceMediaComplete",
    )
    client.set_event_callback(request)
    got = client.get_event_callback().body
    assert (got.callback_url, got.auth_switch, got.auth_key, got.callback_queue_name) == ("https://example.com/a", "on", "Abc123", None)


@pytest.mark.contract(SET)
@pytest.mark.parametrize(
    ("parameters", "code", "named"),
    [
        ({"callback_type": "HTTP"}, "MissingParameter", "CallbackURL"),
        ({"callback_url": "ftp://example.com"}, "InvalidParameter", "CallbackURL"),
        ({"callback_url": "https://example.com/" + "a" * 240}, "InvalidParameter", "CallbackURL"),
        ({"callback_url": "https://example.com/", "auth_switch": "on"}, "MissingParameter", "AuthKey"),
        ({"callback_url": "https://example.com/", "auth_switch": "on", "auth_key": "abc123"}, "InvalidParameter", "AuthKey"),
        ({"callback_url": "https://example.com/", "auth_switch": "on", "auth_key": "Aa1" * 11}, "InvalidParameter", "AuthKey"),
        ({"callback_url": "https://example.com/", "event_type_list": "NeverComplete"}, "InvalidParameter", "NeverComplete"),
        ({"callback_type": "MNS"}, "MissingParameter", "CallbackQueueName"),
        ({"callback_type": "MNS", "callback_queue_name": "callbacks"}, "InvalidParameter", "ice-callback-"),
        ({"callback_type": "MNS", "callback_queue_name": "ice-callback-none"}, "InvalidParameter", "ice-callback-none"),
        ({"callback_type": "SMS"}, "InvalidParameter", "CallbackType"),
    ],
)
def test_wrong_settings_are_refused(cloud: Cloud, parameters: dict[str, str], code: str, named: str) -> None:
    with pytest.raises(ClientException) as caught:
        cloud.client().set_event_callback(ice.SetEventCallbackRequest(**parameters))
    assert (caught.value.code, named in caught.value.message) == (code, True)


@pytest.mark.contract("IMS, callback authentication: the published example; its digest is that of the key test123")
def test_the_published_signature() -> None:
    receiver = Receiver("https://www.example.com/your/callback", "test123")
    assert signature(receiver, 1519375990)["X-ICE-TIMESTAMP"] == "1519375990"
    assert signature(receiver, 1519375990)["X-ICE-SIGNATURE"].startswith("c72b60894140fa98920f1279219b")


@pytest.mark.contract(DELIVERY)
def test_an_event_is_posted_signed_and_again_until_it_is_taken(told: Told) -> None:
    site = ReceiverSite(500, 204)
    told.set(CallbackURL=site.address, EventTypeList="MediaAiAnalysisComplete", AuthSwitch="on", AuthKey="Abc123")
    told.happened("MediaAiAnalysisComplete", {"Status": "Success", "MediaId": "m"})
    told.happened("ProduceMediaComplete", {})
    until(lambda: len(site.came) == 3 and not told.waiting())
    site.stop()

    headers, body = site.came[-1]
    assert body == {
        "EventType": "MediaAiAnalysisComplete",
        "UserId": 1000,
        "EventTime": "2018-02-23T08:53:10Z",
        "MessageBody": {"Status": "Success", "MediaId": "m"},
    }
    signed = hashlib.md5(f"{site.address}|{int(NOW)}|Abc123".encode()).hexdigest()
    assert (headers["x-ice-timestamp"], headers["x-ice-signature"]) == (str(int(NOW)), signed)
    assert [each for _, each in site.came] == [body] * 3


@pytest.mark.contract(DELIVERY)
def test_what_is_not_taken_three_times_is_dropped(told: Told) -> None:
    site = ReceiverSite(500, 500, 500)
    told.set(CallbackURL=site.address, EventTypeList="MediaAiAnalysisComplete")
    told.happened("MediaAiAnalysisComplete", {"MediaId": "first"})
    told.happened("MediaAiAnalysisComplete", {"MediaId": "second"})
    until(lambda: not told.waiting())
    site.stop()
    assert [body["MessageBody"]["MediaId"] for _, body in site.came] == ["first"] * 3 + ["second"]
    assert "x-ice-signature" not in site.came[0][0]


@pytest.mark.contract(DELIVERY)
def test_an_event_goes_to_a_queue(told: Told) -> None:
    told.set(CallbackType="MNS", CallbackQueueName="ice-callback-q", EventTypeList="MediaAiAnalysisComplete")
    told.queues.failures = 2
    told.happened("MediaAiAnalysisComplete", {"MediaId": "m"})
    until(lambda: told.queues.taken)
    ((queue, body),) = told.queues.taken
    assert (queue, json.loads(body)["MessageBody"]) == ("queue ice-callback-q", {"MediaId": "m"})


@pytest.mark.contract("our assumption: a callback may go to this machine, and to no metadata service")
def test_no_callback_goes_to_a_metadata_service(told: Told) -> None:
    told.set(CallbackURL="http://100.100.100.200/latest", EventTypeList="MediaAiAnalysisComplete")
    told.happened("MediaAiAnalysisComplete", {})
    until(lambda: not told.waiting())
