"""What a server may say that is no answer, or half of one, over real sockets."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import pytest

from sightline.http import Connections, NoAnswer, Request


@pytest.fixture
def connections() -> Iterator[Connections]:
    with closing(Connections()) as made:
        yield made
    gc.collect()  # a socket that was left open is a warning, and so an error


def fetch(connections: Connections, url: str, content: bytes = b"", connect_seconds: float = 5, silence_seconds: float = 5) -> bytes:
    request = Request("PUT" if content else "GET", url, {}, content)
    with closing(connections.send(request, connect_seconds, silence_seconds)) as response:
        return b"".join(response.chunks())


@contextmanager
def saying(answer: bytes, family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says this to the first who asks, whatever it is, and hangs up; and what it was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            asked.append(peer.recv(65536))
            peer.sendall(answer)

    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with listener:
        thread = threading.Thread(target=serve)
        thread.start()
        shown = f"[{host}]" if ":" in host else host
        try:
            yield f"http://{shown}:{listener.getsockname()[1]}", asked
        finally:
            thread.join()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nx-oss-request-id: r\r\nCont",
        b"HTTP/1.1 200 OK\r\nx-oss-request-id: r\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 150 + b"\r\n",
        b"200 OK",
        b"",
    ],
    ids=lambda head: head[-24:].decode(),
)
def test_half_a_head_and_a_hint_are_no_answer(connections: Connections, head: bytes) -> None:
    """An object whose answer was cut off is not an empty object, and what was stored after a hint was not refused."""
    with saying(head) as (address, _), pytest.raises(NoAnswer) as raised:
        fetch(connections, address)
    assert raised.value.sent


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_needs_no_length(connections: Connections, status: bytes) -> None:
    with saying(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 " + status + b"\r\n\r\n") as (address, _):
        assert fetch(connections, address) == b""


def test_who_hangs_up_on_a_long_request_may_have_said_why(connections: Connections) -> None:
    """GIVEN a connection that is kept, on which the other side says no and hangs up as soon as a request begins."""
    ours, theirs = socket.socketpair()
    connection = HTTPConnection("peer")
    connection.sock = ours
    connections.keep(("http", "peer"), connection)

    def refuse() -> None:
        with theirs:
            theirs.recv(1)
            theirs.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

    thread = threading.Thread(target=refuse)
    thread.start()
    response = connections.send(Request("PUT", "http://peer/", {}, b"x" * 10_000_000), 5, 5)
    thread.join()
    assert (response.status, b"".join(response.chunks())) == (403, b"no")
    response.close()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_address_of_either_kind_is_reached_and_told_as_it_was_written(connections: Connections, family: socket.AddressFamily) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", family) as (address, asked):
        assert fetch(connections, address) == b"hi"
    assert f"\r\nHost: {address.removeprefix('http://')}\r\n".encode() in asked[0]


@contextmanager
def silent() -> Iterator[str]:
    """Where a connection is taken, and nothing is ever read or said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_who_never_begins_with_tls_was_sent_nothing(connections: Connections) -> None:
    with silent() as address, pytest.raises(NoAnswer, match="timed out") as raised:
        fetch(connections, f"https://{address}", connect_seconds=0.1)
    assert not raised.value.sent


@pytest.mark.parametrize("content", [b"", b"x" * 20_000_000])
def test_who_reads_nothing_may_have_had_the_request(connections: Connections, content: bytes) -> None:
    with silent() as address, pytest.raises(NoAnswer, match="timed out") as raised:
        fetch(connections, f"http://{address}", content, silence_seconds=0.1)
    assert raised.value.sent


def test_who_speaks_no_tls_is_not_believed(connections: Connections) -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (address, _), pytest.raises(NoAnswer, match="SSL") as raised:
        fetch(connections, address.replace("http:", "https:"))
    assert not raised.value.sent
