"""Clients that are slow, greedy or confused, spoken to through sockets."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from localcloud.http import LONGEST_BODY
from tests.safety.clients import BUCKET, QUEUE, Clients
from tests.safety.conftest import PATIENCE

LIMIT_SECONDS = 8.0
NOBODY = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
SPOKEN = {
    "OSS": ("PUT", f"/{BUCKET}/k", "Authorization: OSS a:b\r\n"),
    "MNS": ("POST", f"/queues/{QUEUE}/messages", "x-mns-version: 2015-06-06\r\nAuthorization: MNS a:b\r\n"),
    "IMS": ("POST", "/", "x-acs-version: 2020-11-09\r\nx-acs-action: CreateCustomTemplate\r\n"),
    "PAI": ("POST", "/api/v1/images", "Authorization: a:b\r\n"),
    "FC 2023-03-30": ("POST", "/2023-03-30/functions/work/invocations", ""),
    "FC 2016-08-15": ("POST", "/2016-08-15/services/laptop/functions/work/invocations", ""),
}
LONGEST = {"OSS": LONGEST_BODY, "MNS": 2**20, "IMS": 4 * 2**20, "PAI": 2**20, "FC 2023-03-30": 32 * 2**20, "FC 2016-08-15": 32 * 2**20}
services = pytest.mark.parametrize("service", SPOKEN)


@contextmanager
def connected(clients: Clients) -> Iterator[socket.socket]:
    with socket.create_connection(clients.address, timeout=LIMIT_SECONDS) as connection:
        yield connection


def head(service: str, more: str = "") -> bytes:
    method, target, headers = SPOKEN[service]
    return f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{NOBODY}{more}\r\n".encode()


def everything(connection: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def refusal(reply: bytes) -> tuple[int, str]:
    """Status and code of an error in any service's own format."""
    first, _, rest = reply.partition(b"\r\n")
    body = rest.partition(b"\r\n\r\n")[2]
    status = int(first.split()[1])
    if body.startswith(b"{"):
        document = json.loads(body)
        return status, str(document.get("Code") or document.get("code") or document["ErrorCode"])
    root = ElementTree.fromstring(body)
    return status, str(next(element.text for element in root.iter() if element.tag.endswith("Code")))


@services
def test_a_body_that_is_announced_too_large_is_refused_unread(clients: Clients, service: str) -> None:
    with connected(clients) as connection:
        connection.sendall(head(service, f"Content-Length: {LONGEST[service] + 1}\r\n"))
        began = time.monotonic()
        status, code = refusal(everything(connection))
    assert (status, code) == (
        400,
        {"OSS": "EntityTooLarge", "MNS": "InvalidArgument", "IMS": "RequestBodyTooLarge", "PAI": "PARAMETER_ERROR"}.get(
            service, "EntityTooLarge"
        ),
    )
    assert time.monotonic() - began < LIMIT_SECONDS


@pytest.mark.parametrize("service", ["MNS", "IMS", "PAI"])
def test_a_body_that_turns_out_too_large_is_refused(clients: Clients, service: str) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with connected(clients) as connection:
        connection.sendall(head(service, "Transfer-Encoding: chunked\r\n"))
        for _ in range(LONGEST[service] // 65536 + 2):
            connection.sendall(piece)
        connection.sendall(b"0\r\n\r\n")
        assert refusal(everything(connection))[0] == 400


@services
def test_a_body_that_is_announced_and_never_sent_frees_the_connection(clients: Clients, service: str) -> None:
    with connected(clients) as connection:
        connection.sendall(head(service, "Content-Length: 10\r\n") + b"abc")
        assert refusal(everything(connection))[0] == (400 if service == "OSS" else 408)


@services
def test_a_head_of_many_kilobytes_is_refused(clients: Clients, service: str) -> None:
    with connected(clients) as connection:
        connection.sendall(head(service, "x-padding: " + "x" * 40_000 + "\r\n"))
        assert refusal(everything(connection))[0] == 400


def test_a_head_without_an_end_is_cut_off(clients: Clients) -> None:
    with connected(clients) as connection:
        try:
            for _ in range(100):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n" if _ == 0 else b"x-a: " + b"y" * 10_000 + b"\r\n")
        except OSError:
            pass
        assert everything(connection)[:12] in (b"HTTP/1.1 400", b"")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: h\r\n"], ids=["nothing", "half a head"])
def test_a_client_that_sends_no_whole_head_is_hung_up_on(clients: Clients, sent: bytes) -> None:
    with connected(clients) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        assert everything(connection) == b""
        assert time.monotonic() - began < LIMIT_SECONDS


def test_a_head_that_comes_byte_by_byte_has_no_more_time_than_another(clients: Clients) -> None:
    began = time.monotonic()
    with connected(clients) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nx-padding: ")
        while not hung_up_within(connection, 0.05):
            assert time.monotonic() - began < LIMIT_SECONDS
            connection.sendall(b"x")


def hung_up_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@services
def test_two_lengths_are_refused(clients: Clients, service: str) -> None:
    """The first step of request smuggling: RFC 9112, 6.1."""
    smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    with connected(clients) as connection:
        connection.sendall(head(service, f"Content-Length: {len(smuggled)}\r\nTransfer-Encoding: chunked\r\n") + smuggled)
        reply = everything(connection)
    assert refusal(reply)[0] == 400
    assert reply.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 3_0\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length : 3\r\n",
        "Transfer-Encoding\r\n",
    ],
)
def test_a_length_that_could_be_read_in_two_ways_is_refused(clients: Clients, headers: str) -> None:
    with connected(clients) as connection:
        connection.sendall(head("OSS", headers) + b"abc")
        reply = everything(connection)
    assert reply.split()[1] in (b"400", b"501")
    assert reply.count(b"HTTP/1.1 ") == 1


def test_too_many_connections_are_told_so_and_the_others_go_on(clients: Clients) -> None:
    with ExitStack() as open_ones:
        for _ in range(PATIENCE.connections + 5):
            open_ones.enter_context(connected(clients))
        with connected(clients) as connection:
            connection.sendall(head("MNS", "Content-Length: 0\r\n"))
            assert refusal(everything(connection)) == (503, "ServiceUnavailable")
    assert_alive(clients)


def test_a_slow_reader_of_a_large_object_holds_up_nobody_and_is_hung_up_on(clients: Clients) -> None:
    bucket = clients.bucket()
    bucket.put_object("large", b"x" * (30 * 2**20))
    with ExitStack() as readers:
        held = [readers.enter_context(connected(clients)) for _ in range(20)]
        address = bucket.sign_url("GET", "large", 600).partition(clients.endpoint)[2]
        for reader in held:
            reader.sendall(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{clients.address[1]}\r\n\r\n".encode())
        assert_alive(clients)
        # Each took nothing for a second: its connection is closed with less than the object sent.
        time.sleep(PATIENCE.stuck_seconds + 0.5)  # the deadline itself is what is tested
        assert all(len(everything(reader)) < 30 * 2**20 for reader in held)


def assert_alive(clients: Clients) -> None:
    connection = http.client.HTTPConnection(*clients.address, timeout=LIMIT_SECONDS)
    connection.request("GET", "/")
    assert connection.getresponse().status == 403
    connection.close()


def test_nothing_is_left_of_what_was_refused(clients: Clients, data: Path) -> None:
    with connected(clients) as connection:
        connection.sendall(head("OSS", "Content-Length: 3000000\r\n") + b"x" * 2_500_000)
        assert refusal(everything(connection)) == (400, "RequestTimeout")
    assert [path for path in (data / "scratch").iterdir() if path.is_file()] == []
