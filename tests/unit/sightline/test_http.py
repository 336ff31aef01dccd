"""Connections over real sockets: kept, given up, cut off, and over TLS."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
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


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_address_of_either_kind_is_reached_and_told_as_it_was_written(connections: Connections, family: socket.AddressFamily) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", family) as (address, asked):
        assert fetch(connections, address) == b"hi"
    assert f"\r\nHost: {address.removeprefix('http://')}\r\n".encode() in asked[0]


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
def over_tls(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    trusted, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield f"https://localhost:{server.server_address[1]}", trusted


def test_over_tls_the_other_side_must_be_who_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with over_tls(tmp_path, "localhost") as (address, trusted), closing(Connections()) as stranger, closing(Connections()) as friend:
        with pytest.raises(NoAnswer, match="SSLCertVerificationError") as raised:
            fetch(stranger, address)
        assert not raised.value.sent
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert [fetch(friend, address) for _ in range(2)] == [b"content"] * 2


def test_over_tls_another_name_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with over_tls(tmp_path, "oss.example") as (address, trusted), closing(Connections()) as connections:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
            fetch(connections, address)
