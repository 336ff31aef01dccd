"""The door, spoken to through sockets."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.door import Door, DoorError
from localcloud.door.intake import IN_MEMORY
from localcloud.door.server import WORKERS
from localcloud.http import FileSlice, Later, Reply, Request


class Answering:
    """A service that claims every request, keeps it, and answers with what the test gave it."""

    def __init__(self, answer: Callable[[Request], Reply | Later]) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    def claims(self, request: Request) -> bool:
        return True

    def serve(self, request: Request) -> Reply | Later:
        self.requests.append(request)
        return self._answer(request)


def echo(request: Request) -> Reply:
    return Reply(200, {"Content-Type": "text/plain"}, request.body.read())


@contextmanager
def opened(scratch: Path, answer: Callable[[Request], Reply | Later] = echo) -> Iterator[tuple[Door, Answering]]:
    service = Answering(answer)
    door = Door([service], scratch=scratch)
    door.start()
    try:
        yield door, service
    finally:
        door.stop()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.01)


def raw(port: int, request: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


@pytest.mark.parametrize("target", ["/b/a%2Fb%20c+d?x=%2F+y&empty=&bare", "/", "/%E4%B8%AD/../x//y", "/b/k?uploads"])
def test_the_request_target_reaches_the_service_as_it_was_sent(tmp_path: Path, target: str) -> None:
    with opened(tmp_path) as (door, service):
        raw(door.port, f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    assert service.requests[0].target == target


def test_an_absolute_target_is_taken_apart_into_path_and_host(tmp_path: Path) -> None:
    with opened(tmp_path) as (door, service):
        raw(door.port, b"GET http://b.oss.test:80/k%2F1?acl HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
    assert service.requests[0].target == "/k%2F1?acl"
    assert service.requests[0].headers["Host"] == "b.oss.test:80"


@pytest.mark.parametrize(
    ("target", "origin", "host"),
    [("http://[::1/k", "/k", "[::1"), ("b/k", "/b/k", "other"), ("http://h?x=/", "/?x=/", "h"), ("HTTP://h", "/", "h")],
)
def test_an_odd_target_reaches_the_service_whole(tmp_path: Path, target: str, origin: str, host: str) -> None:
    with opened(tmp_path) as (door, service):
        raw(door.port, f"GET {target} HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n".encode())
    assert [(request.target, request.headers["Host"]) for request in service.requests] == [(origin, host)]


def test_header_names_go_out_as_the_service_wrote_them(tmp_path: Path) -> None:
    with opened(tmp_path, lambda _: Reply(200, {"x-mns-request-id": "1", "ETag": '"A"'})) as (door, _):
        reply = raw(door.port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert b"\r\nx-mns-request-id: 1\r\n" in reply
    assert b'\r\nETag: "A"\r\n' in reply


def test_header_bytes_beyond_ascii_come_back_unchanged(tmp_path: Path) -> None:
    with opened(tmp_path, lambda request: Reply(200, {"x-oss-meta-a": request.headers["x-oss-meta-a"]})) as (door, _):
        reply = raw(door.port, "GET / HTTP/1.1\r\nHost: h\r\nx-oss-meta-a: 猫\r\nConnection: close\r\n\r\n".encode())
    assert "x-oss-meta-a: 猫\r\n".encode() in reply


def test_one_connection_carries_many_requests(tmp_path: Path) -> None:
    with opened(tmp_path) as (door, _):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        for body in (b"one", b"", b"three"):
            connection.request("PUT", "/k", body)
            assert connection.getresponse().read() == body
        connection.close()


@pytest.mark.parametrize("size", [0, 5, IN_MEMORY, IN_MEMORY + 1, 5 * IN_MEMORY + 7])
def test_a_body_arrives_whole_however_it_is_sent(tmp_path: Path, size: int) -> None:
    body = bytes(i % 251 for i in range(1024)) * (size // 1024) + b"z" * (size % 1024)
    with opened(tmp_path) as (door, service):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        connection.request("PUT", "/k", body)
        assert connection.getresponse().read() == body
        connection.request("PUT", "/k", iter([body[:10], body[10:]]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        assert connection.getresponse().read() == body
        connection.close()
    assert all((request.body.path is not None) == (size > IN_MEMORY) for request in service.requests)
    assert list(tmp_path.iterdir()) == []


def test_a_service_may_keep_the_file_of_a_large_body(tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def keep(request: Request) -> Reply:
        assert request.body.path is not None
        request.body.path.replace(kept)
        return Reply(200)

    with opened(tmp_path / "scratch", keep) as (door, _):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        connection.request("PUT", "/k", b"k" * (IN_MEMORY + 1))
        assert connection.getresponse().status == 200
        connection.close()
    assert kept.stat().st_size == IN_MEMORY + 1


def test_a_client_that_waits_for_100_continue_gets_it(tmp_path: Path) -> None:
    with opened(tmp_path) as (door, _), socket.create_connection(("127.0.0.1", door.port), timeout=10) as client:
        client.sendall(b"PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 100")
        client.sendall(b"abc")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_body_cut_short_never_reaches_a_service(tmp_path: Path) -> None:
    with opened(tmp_path) as (door, service):
        with socket.create_connection(("127.0.0.1", door.port), timeout=10) as client:
            client.sendall(b"PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 2_000_000)
        raw(door.port, b"GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert [request.target for request in service.requests] == ["/next"]
    assert list(tmp_path.iterdir()) == []


def test_a_slice_of_a_file_is_sent_with_its_length(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    content = bytes(range(256)) * 8192
    path.write_bytes(content)
    with opened(tmp_path / "scratch", lambda _: Reply(206, {}, FileSlice(path, 1000, 1_000_000))) as (door, _):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        connection.request("GET", "/k")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == "1000000"
        assert response.read() == content[1000:1_001_000]
        connection.close()


def test_head_tells_the_length_of_the_entity_and_sends_none(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"x" * 500_000)
    answers = {
        "/file": Reply(200, {}, FileSlice(path, 0, 500_000)),
        "/bytes": Reply(200, {}, b"12345"),
        "/said": Reply(200, {"Content-Length": "77"}),
    }
    with opened(tmp_path / "scratch", lambda request: answers[request.target]) as (door, _):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        for target, length in (("/file", "500000"), ("/bytes", "5"), ("/said", "77")):
            connection.request("HEAD", target)
            response = connection.getresponse()
            assert (response.getheader("Content-Length"), response.read()) == (length, b"")
        connection.close()


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_has_no_length(tmp_path: Path, status: int) -> None:
    with opened(tmp_path, lambda _: Reply(status)) as (door, _):
        reply = raw(door.port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert b"content-length" not in reply.lower()


def test_a_fault_in_a_service_is_a_500_and_the_door_stays_open(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(request: Request) -> Reply:
        if request.raw_path == "/bad":
            raise RuntimeError("the reason")
        return Reply(200)

    with opened(tmp_path, fail) as (door, _):
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        connection.request("GET", "/bad?secret=1")
        response = connection.getresponse()
        assert response.status == 500
        assert b"the reason" not in response.read()
        connection.request("GET", "/good")
        assert connection.getresponse().status == 200
        connection.close()
    assert "the reason" in caplog.text
    assert "secret" not in caplog.text


def test_waiting_requests_do_not_stop_others(tmp_path: Path) -> None:
    release = threading.Event()

    def wait(request: Request) -> Reply:
        if request.target == "/poll":
            release.wait(10)
        return Reply(200)

    with opened(tmp_path, wait) as (door, _):
        polls = [http.client.HTTPConnection("127.0.0.1", door.port, timeout=10) for _ in range(20)]
        for poll in polls:
            poll.request("GET", "/poll")
        other = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        other.request("GET", "/other")
        assert other.getresponse().status == 200
        release.set()
        assert [poll.getresponse().status for poll in polls] == [200] * 20
        for connection in [*polls, other]:
            connection.close()


def test_an_offer_to_upgrade_is_passed_over_in_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """RFC 9110, 7.8: a server may ignore it."""
    with opened(tmp_path) as (door, _):
        offer = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n"
        assert raw(door.port, offer).startswith(b"HTTP/1.1 200")
    assert caplog.text == ""


def test_replies_that_come_later_hold_no_worker(tmp_path: Path) -> None:
    ready: Future[bytes] = Future()

    def later(request: Request) -> Reply | Later:
        return Later(ready, lambda: Reply(200, {}, ready.result())) if request.target == "/poll" else Reply(200)

    with opened(tmp_path, later) as (door, service):
        polls = [http.client.HTTPConnection("127.0.0.1", door.port, timeout=10) for _ in range(WORKERS * 2)]
        for poll in polls:
            poll.request("GET", "/poll")
        eventually(lambda: len(service.requests) == len(polls))
        other = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        other.request("GET", "/other")
        assert other.getresponse().status == 200
        ready.set_result(b"here")
        assert {poll.getresponse().read() for poll in polls} == {b"here"}
        for connection in [*polls, other]:
            connection.close()


def test_a_client_that_hangs_up_calls_off_what_it_waited_for(tmp_path: Path) -> None:
    ready: Future[bytes] = Future()
    with opened(tmp_path, lambda _: Later(ready, lambda: Reply(200))) as (door, service):
        client = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        client.request("GET", "/poll")
        eventually(lambda: len(service.requests) == 1)
        client.close()
        eventually(ready.cancelled)


def test_what_failed_while_a_client_waited_is_a_500(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ready: Future[bytes] = Future()
    ready.set_exception(RuntimeError("the reason"))
    with opened(tmp_path, lambda _: Later(ready, lambda: Reply(200, {}, ready.result()))) as (door, _):
        assert b" 500 " in raw(door.port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert "the reason" in caplog.text


def test_services_are_asked_in_order_and_none_is_a_404(tmp_path: Path) -> None:
    class Picky(Answering):
        def claims(self, request: Request) -> bool:
            return request.target == "/mine"

    door = Door([Picky(lambda _: Reply(201)), Picky(lambda _: Reply(202))], scratch=tmp_path)
    door.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        connection.request("GET", "/mine")
        first = connection.getresponse()
        first.read()
        connection.request("GET", "/other")
        assert (first.status, connection.getresponse().status) == (201, 404)
        connection.close()
    finally:
        door.stop()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with opened(tmp_path) as (door, _), pytest.raises(DoorError, match=str(door.port)):
        Door([], port=door.port, scratch=tmp_path).start()


def test_stop_frees_the_port_at_once_although_a_connection_is_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.door.server.GRACE_SECONDS", 60)
    with opened(tmp_path) as (door, _):
        idle = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
        idle.request("GET", "/")
        idle.getresponse().read()
        began = time.monotonic()
        door.stop()
        assert time.monotonic() - began < 30
        idle.close()
        again = Door([], port=door.port, scratch=tmp_path)
        again.start()
        again.stop()
