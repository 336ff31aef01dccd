"""A search whose function asks for a token, as Function Compute answers with authType jwt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from cli import finding
from cli.errors import CommandError
from cli.running import Running

TOKEN = "a.signed.token"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        code = "JWTTokenIsInvalid" if given else "JWTTokenIsMissing"
        is_right = given == f"Bearer {TOKEN}"
        body = json.dumps({"hits": []} if is_right else {"Code": code, "Message": "no"}).encode()
        self.send_response(200 if is_right else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def running() -> Iterator[Running]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        page = f"http://127.0.0.1:{server.server_port}/"
        yield Running(1, page, page, "r", "1", "i", "s", "media", "state", "library", "template", "data")
        server.shutdown()


def test_a_token_is_taken_from_the_environment(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_SEARCH_TOKEN", TOKEN)
    assert finding.search(running, "red", "default") == {"hits": []}


@pytest.mark.parametrize("token", ["", "another.signed.token"])
def test_without_the_right_one_the_error_names_the_variable(running: Running, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("SIGHTLINE_SEARCH_TOKEN", token)
    with pytest.raises(CommandError) as raised:
        finding.search(running, "red", "default")
    assert raised.value.fix == "export SIGHTLINE_SEARCH_TOKEN: a token that one of SIGHTLINE_JWT_KEYS has signed"
