"""Services that are busy, and answers that are none."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sightline.errors import (
    ServiceRefused,
    ServiceUnreachable,
    SightlineError,
    UnusableAnswer,
)
from sightline.host import Host, Invocation
from sightline.http import Connections
from sightline.ims.smarttag import SmarttagClient
from sightline.ims.transport import ImsTransport
from sightline.store.oss import OssBucket
from sightline.transport import RESERVE_SECONDS
from tests.fakes.network import (
    LASTING,
    OK,
    SUBMITTED,
    Network,
    Reply,
    ims_error,
    oss_error,
    submit,
)
from tests.fakes.sightline import FakeClock

BUSY = [
    ims_error(400, "Throttling"),
    ims_error(400, "Throttling.User"),
    ims_error(400, "Throttling.Api"),
    ims_error(403, "RequestsTooFrequent"),
    ims_error(429, "TooMany"),
    ims_error(503, "ServiceUnAvailable"),
    ims_error(500, "InternalError"),
    httpx.Response(502, text="<html>Bad Gateway</html>"),
]


@pytest.mark.parametrize("busy", BUSY)
def test_a_busy_service_is_asked_again_and_is_given_a_job_once(busy: httpx.Response) -> None:
    network = Network(busy, busy, httpx.Response(200, json={"JobStatus": "Processing", "UserData": ""}))
    assert SmarttagClient(network.ims(), "t", "", "en").query("j").state == "Processing"
    network = Network(busy)
    with pytest.raises(ServiceRefused) as raised:
        submit(network.ims())
    assert (len(network.requests), raised.value.retryable) == (1, True)


def test_pauses_are_anything_up_to_a_bound_that_doubles() -> None:
    bounds, most = [0.4, 0.8, 1.6], [0.0, 0.0, 0.0]
    for seed in range(200):
        network = Network(oss_error(503, "ServiceUnavailable"))
        network.host.chance.seed(seed)
        with pytest.raises(ServiceRefused):
            network.bucket().get("k")
        assert len(network.sleeps) == 3
        assert all(0 <= pause <= bound for pause, bound in zip(network.sleeps, bounds, strict=True))
        most = [max(pair) for pair in zip(most, network.sleeps, strict=True)]
    assert all(seen > 0.9 * bound for seen, bound in zip(most, bounds, strict=True))


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Retry-After": "3"}, 3),
        ({"x-acs-retry-after": "2500"}, 2.5),
        ({"Retry-After": "Sat, 21 Nov 2026 08:15:34 GMT", "Date": "Sat, 21 Nov 2026 08:15:30 GMT"}, 4),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "Sat, 21 Nov 99999999999 08:15:30 GMT", "Date": "Sat, 21 Nov 2026 08:15:30 GMT"}, 0),
        ({"x-acs-retry-after": "9" * 5000}, 0),
    ],
)
def test_what_the_service_asks_for_is_waited(headers: dict[str, str], asked: float) -> None:
    network = Network(oss_error(503, "ServiceUnavailable", **headers), OK)
    network.bucket().get("k")
    assert asked <= network.sleeps[0] <= asked + 0.4


def test_a_service_that_asks_for_long_is_left_to_whoever_comes_later() -> None:
    network = Network(oss_error(503, "ServiceUnavailable", **{"Retry-After": "120"}))
    with pytest.raises(ServiceRefused) as raised:
        network.bucket().get("k")
    assert (network.sleeps, raised.value.retry_after) == ([], 120)


def test_no_pause_outlasts_the_invocation() -> None:
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=4)))
    network = Network(oss_error(503, "ServiceUnavailable", **{"Retry-After": "2"}), invocation=invocation)
    with pytest.raises(ServiceRefused):
        network.bucket().get("k")
    assert len(network.sleeps) == 3
    now.forward(2)
    with pytest.raises(ServiceRefused):
        network.bucket().get("k")
    assert (len(network.sleeps), len(network.requests)) == (3, 5)


@pytest.mark.parametrize("seconds", [4.0, 3.5, 3600])
def test_an_invocation_that_is_about_to_end_starts_nothing(seconds: float) -> None:
    """Not even with less than no time left, which is not the same as no end."""
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=4)))
    now.forward(seconds)
    network = Network(SUBMITTED, invocation=invocation)
    with pytest.raises(ServiceUnreachable, match="about to end") as raised:
        submit(network.ims())
    assert (network.requests, raised.value.took_no_effect) == ([], True)


def test_a_request_has_no_more_time_than_the_invocation() -> None:
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=11)))
    network = Network(OK, invocation=invocation)
    network.bucket().get("k")
    assert network.requests[0].extensions["timeout"] == {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 10.0}


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, json=None),
        httpx.Response(200, json=["JobId"]),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content='{"JobId": "0123"}'.encode("utf-16")),
        httpx.Response(200, content=b'{"JobId": "0123'),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection"),
    ],
)
def test_an_answer_that_cannot_be_read_may_have_been_a_job(reply: Reply) -> None:
    network = Network(reply)
    with pytest.raises(ServiceUnreachable) as raised:
        submit(network.ims())
    assert (len(network.requests), raised.value.retryable, raised.value.took_no_effect) == (1, True, False)


@pytest.mark.parametrize(
    ("body", "act"),
    [
        (b"", lambda bucket: list(bucket.keys(""))),
        (b"<a", lambda bucket: list(bucket.folders(""))),
        (b"<R><Contents><Key>a</Key><Size>x</Size></Contents></R>", lambda bucket: list(bucket.objects(""))),
        (b"<R><Contents><Key>a</Key></Contents></R>", lambda bucket: list(bucket.objects(""))),
        (b"", lambda bucket: bucket.head("k")),
    ],
)
def test_an_answer_of_oss_that_cannot_be_read(body: bytes, act: Callable[[OssBucket], Any]) -> None:
    with pytest.raises(ServiceUnreachable, match="can't be read") as raised:
        act(Network(httpx.Response(200, content=body, headers={"ETag": '"E"', "x-oss-request-id": "r"})).bucket())
    assert raised.value.retryable


PAGE_OF_A_PROXY = "<html>Welcome</html>"


@pytest.mark.parametrize(
    "act",
    [
        lambda bucket: bucket.get("k"),
        lambda bucket: bucket.head("k"),
        lambda bucket: bucket.put("k", b"x"),
        lambda bucket: bucket.append("k", 0, b"x"),
        lambda bucket: bucket.delete("k"),
    ],
)
def test_a_proxy_that_tells_a_success_is_not_oss(act: Callable[[OssBucket], Any]) -> None:
    """Its page is nobody's ledger, and nothing was stored."""
    with pytest.raises(ServiceUnreachable, match="not from OSS") as raised:
        act(Network(httpx.Response(200, text=PAGE_OF_A_PROXY)).bucket())
    assert not raised.value.took_no_effect


@pytest.mark.parametrize("act", [lambda bucket: bucket.get("k"), lambda bucket: bucket.head("k")])
def test_a_proxy_that_finds_nothing_says_nothing_of_an_object(act: Callable[[OssBucket], Any]) -> None:
    with pytest.raises(ServiceRefused):
        act(Network(httpx.Response(404, text=PAGE_OF_A_PROXY)).bucket())
    assert act(Network(httpx.Response(404, headers={"x-oss-request-id": "r"})).bucket()) is None


def test_a_proxy_that_finds_nothing_says_nothing_of_a_job() -> None:
    """GIVEN a page instead of an answer WHEN a job is asked about THEN it is not taken for lost."""
    with pytest.raises(ServiceRefused) as raised:
        SmarttagClient(Network(httpx.Response(404, text=PAGE_OF_A_PROXY)).ims(), "t", "", "en").query("j")
    assert not raised.value.missing


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"JobStatus": "Succ', b"[]", b"[" * 100_000])
def test_a_question_that_is_answered_with_nonsense_is_asked_again_and_is_then_unusable(body: bytes) -> None:
    network = Network(httpx.Response(200, content=body))
    with pytest.raises(UnusableAnswer, match="no JSON object") as raised:
        SmarttagClient(network.ims(), "t", "", "en").query("j")
    assert (len(network.requests), raised.value.retryable) == (4, True)


def test_a_redirect_is_not_followed() -> None:
    """It would be signed for another host, and might be a proxy's."""
    network = Network(httpx.Response(302, headers={"Location": "http://elsewhere.example/"}))
    with pytest.raises(ServiceRefused, match="302"):
        submit(network.ims())
    with pytest.raises(ServiceRefused, match="302"):
        network.bucket().get("k")
    assert {request.url.host for request in network.requests} == {"ims.example", "127.0.0.1"}


def test_an_answer_of_absurd_size_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 2**20
            yield bytes(2**20)

    with pytest.raises(UnusableAnswer, match="more than 16,777,216 bytes") as raised:
        submit(Network(httpx.Response(200, content=endless())).ims())
    assert not raised.value.retryable
    assert read < 20 * 2**20


@contextmanager
def server(answer: bytes, drip: bytes = b"") -> Iterator[str]:
    """Says the same to whoever connects, and hangs up; or goes on with `drip` as long as somebody listens."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)
                    with suppress(OSError):
                        while drip:
                            connection.sendall(drip)
                            ended.wait(0.02)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\n{", ServiceUnreachable),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", ServiceUnreachable),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", ServiceUnreachable),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ServiceUnreachable),
        (b"", ServiceUnreachable),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(17 * 2**20)), ServiceUnreachable),
        (HEAD + b"Content-Length: 17825792\r\n\r\n" + bytes(17 * 2**20), UnusableAnswer),
    ],
    ids=["cut-short", "cut-chunk", "not-gzip", "another-protocol", "nothing", "bomb", "large"],
)
def test_a_real_connection_that_brings_nonsense(answer: bytes, kind: type[SightlineError]) -> None:
    with server(answer) as address, closing(Connections()) as network:
        transport = ImsTransport(Host(network, sleep=lambda _: None), lambda: LASTING, address)
        with pytest.raises(kind):
            submit(transport)


def test_an_answer_that_trickles_counts_as_none() -> None:
    """Each byte comes in time, and the last one never."""
    with server(HEAD + b"Content-Length: 1000000\r\n\r\n", drip=b" ") as address, closing(Connections()) as network:
        transport = ImsTransport(Host(network, request_seconds=0.2), lambda: LASTING, address)
        with pytest.raises(ServiceUnreachable, match="trickles"):
            submit(transport)


def test_an_answer_that_trickles_does_not_outlast_the_invocation() -> None:
    invocation = Invocation()
    with server(HEAD + b"Content-Length: 1000000\r\n\r\n", drip=b" ") as address, closing(Connections()) as network:
        transport = ImsTransport(Host(network, invocation=invocation, request_seconds=30), lambda: LASTING, address)
        invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=RESERVE_SECONDS + 1.2)))
        with pytest.raises(ServiceUnreachable, match="trickles"):
            submit(transport)
        assert invocation.seconds_left() > 0
