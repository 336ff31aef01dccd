"""Connections over real sockets: kept, given up, cut off, and over TLS."""

from __future__ import annotations

import gc
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sightline import http
from sightline.http import Connections, NoAnswer, Request

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        self.server.seen.append((self.client_address[1], self.command, self.path))
        self.server.behaviour(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def reply(self, body: bytes = b"content", **headers: str) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply_and_hang_up(self, body: bytes = b"content", **headers: str) -> None:
        self.reply(body, **headers)
        self.close_connection = True

    def reply_after(self, wait: Callable[[], object]) -> None:
        wait()
        self.reply()

    def log_message(self, *_args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """`seen` are the client's port, the method and the path of each request."""

    daemon_threads = True
    behaviour: Behaviour = staticmethod(Handler.reply)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[int, str, str]] = []
        self.hung_up = threading.Semaphore(0)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.hung_up.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Some tests hang up in the middle of an answer."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def connections(self) -> int:
        return len({port for port, _, _ in self.seen})


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as started:
        yield started


@pytest.fixture
def connections() -> Iterator[Connections]:
    with closing(Connections()) as made:
        yield made


def fetch(connections: Connections, url: str, method: str = "GET", content: bytes = b"", seconds: float = 5) -> bytes:
    response = connections.send(Request(method, url, {"x-a": "1"}, content), seconds, seconds)
    try:
        return b"".join(response.chunks())
    finally:
        response.close()


def test_a_connection_is_kept(server: Server, connections: Connections) -> None:
    assert fetch(connections, f"{server.address}/a?b=%2Fc") == b"content"
    assert fetch(connections, server.address, "HEAD") == b""
    assert fetch(connections, server.address, "PUT", b"x" * 100_000) == b"content"
    assert [asked[1:] for asked in server.seen] == [("GET", "/a?b=%2Fc"), ("HEAD", "/"), ("PUT", "/")]
    assert server.connections == 1


def test_header_names_are_in_lower_case(server: Server, connections: Connections) -> None:
    server.behaviour = lambda handler: handler.reply(b"", X_Oss_Request_Id="r")
    response = connections.send(Request("GET", server.address, {}), 5, 5)
    response.close()
    assert response.headers["x-oss-request-id"] == "r"


def test_threads_have_connections_of_their_own(server: Server, connections: Connections) -> None:
    together = threading.Barrier(3)
    server.behaviour = lambda handler: handler.reply_after(lambda: together.wait(5))
    threads = [threading.Thread(target=fetch, args=(connections, server.address)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 3


def test_a_connection_that_the_other_side_ended_is_not_used_again(server: Server, connections: Connections) -> None:
    server.behaviour = Handler.reply_and_hang_up
    for _ in range(3):
        fetch(connections, server.address)
        assert server.hung_up.acquire(timeout=5)
    assert server.connections == 3


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    server: Server, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(connections, server.address)
    monkeypatch.setattr(http, "IDLE_SECONDS", 0.0)
    fetch(connections, server.address)
    assert server.connections == 2


def test_an_answer_that_was_not_read_to_its_end_spoils_its_connection(server: Server, connections: Connections) -> None:
    server.behaviour = lambda handler: handler.reply(b"x" * 300_000)
    response = connections.send(Request("GET", server.address, {}), 5, 5)
    assert next(response.chunks())
    response.close()
    assert len(fetch(connections, server.address)) == 300_000
    assert server.connections == 2


def test_an_answer_in_chunks(server: Server, connections: Connections) -> None:
    def in_chunks(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")

    server.behaviour = in_chunks
    assert [fetch(connections, server.address) for _ in range(2)] == [b"hello!"] * 2
    assert server.connections == 1


def test_an_answer_that_is_cut_off_is_none(server: Server, connections: Connections) -> None:
    server.behaviour = lambda handler: handler.reply_and_hang_up(b"short", Content_Length="100")
    with pytest.raises(NoAnswer, match="cut off") as raised:
        fetch(connections, server.address)
    assert raised.value.sent


def test_silence_ends(server: Server, connections: Connections) -> None:
    over = threading.Event()
    server.behaviour = lambda handler: handler.reply_after(lambda: over.wait(5))
    with pytest.raises(NoAnswer, match="timed out") as raised:
        fetch(connections, server.address, seconds=0.1)
    over.set()
    assert raised.value.sent


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://127.0.0.1:port"])
def test_what_was_never_sent_took_no_effect(connections: Connections, address: str) -> None:
    with pytest.raises(NoAnswer) as raised:
        fetch(connections, address)
    assert not raised.value.sent


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "{}/", {"x-a": "1\r\nx-b: 2"}),
        Request("GET", "{}/", {"x-a\r\nx-b": "2"}),
        Request("GET", "{}/", {"x-a": "\u4f60"}),
        Request("GET", "{}/a b", {}),
        Request("GET /admin HTTP/1.1\r\n", "{}/", {}),
        Request("GET", "{}/\u4f60", {}),
    ],
)
def test_what_would_be_another_request_is_not_sent(server: Server, connections: Connections, request_: Request) -> None:
    with pytest.raises(NoAnswer):
        connections.send(request_._replace(url=request_.url.format(server.address)), 5, 5)
    gc.collect()  # a socket that was left open is a warning, and so an error
    assert server.seen == []


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def over_tls(folder: Path, name: str) -> Iterator[tuple[Server, str, Path]]:
    trusted, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server, f"https://localhost:{server.server_address[1]}", trusted


def test_over_tls_the_other_side_must_be_who_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        over_tls(tmp_path, "localhost") as (server, address, trusted),
        closing(Connections()) as stranger,
        closing(Connections()) as friend,
    ):
        with pytest.raises(NoAnswer, match="SSLCertVerificationError") as raised:
            fetch(stranger, address)
        assert not raised.value.sent
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert [fetch(friend, address) for _ in range(3)] == [b"content"] * 3
        assert server.connections == 1


def test_over_tls_another_name_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with over_tls(tmp_path, "oss.example") as (_, address, trusted), closing(Connections()) as connections:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
            fetch(connections, address)
