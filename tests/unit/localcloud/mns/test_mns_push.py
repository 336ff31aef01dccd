"""One push against subscribers of every kind; the clock is the machine's, the limit short."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import pytest

from localcloud.mns.push import post
from localcloud.network import Forbidden

SECONDS = 0.4


@contextmanager
def subscriber(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """The URL of a server that takes one connection and lets `talk` do what it wants with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    connection.recv(65536)
                    talk(connection)
                except OSError:
                    pass  # the pusher hung up, as it should

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/in"
        thread.join(10)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        connection.sendall(f"x-{number}: y\r\n".encode())
        time.sleep(SECONDS / 8)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@pytest.mark.parametrize("talk", [drip, silent])
def test_a_subscriber_that_takes_its_time_gets_no_more_than_the_limit(talk: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with subscriber(talk) as url:
        with pytest.raises(httpcore.TimeoutException):
            post(url, {"a": "b"}, b"body", SECONDS)
        assert time.monotonic() - began < SECONDS * 20  # the drip goes on for 25 times as long


def test_a_body_without_end_is_not_read() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with subscriber(flood) as url:
        assert post(url, {}, b"", 5) == 201


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 500_000])
def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    with subscriber(lambda connection: connection.sendall(answer)) as url, pytest.raises((httpcore.ProtocolError, httpcore.NetworkError)):
        post(url, {}, b"", 5)


def test_a_name_that_leads_to_the_metadata_service_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("100.100.100.200", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Forbidden):
        post("http://innocent.example/", {}, b"", SECONDS)
