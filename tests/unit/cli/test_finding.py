"""A search whose function asks for a token, as Function Compute answers with authType jwt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli import finding
from cli.errors import NOT_FOUND, CommandError
from cli.finding import Question
from cli.output import Output
from cli.running import Running
from sightline.media.identity import media_id
from sightline.search.query import parse_query

TOKEN = "a.signed.token"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        code = "JWTTokenIsInvalid" if given else "JWTTokenIsMissing"
        is_right = given == f"Bearer {TOKEN}"
        body = json.dumps({"hits": []} if is_right else {"Code": code, "Message": "no"}).encode()
        if "similar=" in self.path:
            asked = parse_qs(urlsplit(self.path).query)["similar"][0]
            body = json.dumps({"error": {"message": f"similar is {asked}, which is no media", "fix": "use another"}}).encode()
        self.send_response(404 if "similar=" in self.path else 200 if is_right else 403)
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
    assert finding.search(running, Question("red")) == {"hits": []}


def test_an_unknown_media_is_called_what_it_was_called(running: Running) -> None:
    with pytest.raises(CommandError) as raised:
        finding.search(running, Question(similar="uploads/none.jpg"))
    assert (raised.value.problem, raised.value.exit_code) == ("similar is uploads/none.jpg, which is no media", NOT_FOUND)


@pytest.mark.parametrize("token", ["", "another.signed.token"])
def test_without_the_right_one_the_error_names_the_variable(running: Running, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("SIGHTLINE_SEARCH_TOKEN", token)
    with pytest.raises(CommandError) as raised:
        finding.search(running, Question("red"))
    assert raised.value.fix == "export SIGHTLINE_SEARCH_TOKEN: a token that one of SIGHTLINE_JWT_KEYS has signed"


def test_only_what_is_asked_is_sent() -> None:
    assert Question("red").parameters("media") == {"q": "red", "namespace": "default", "page": "1", "page_size": "10"}
    wished = Question("red", min_quality=60.5, tags=["dog", "car"], page=2).parameters("media")
    assert (wished["min_quality"], wished["tag"], wished["page"]) == ("60.500000", "dog,car", "2")
    assert Question("red", min_quality=0.0).parameters("media")["min_quality"] == "0.000000"


@pytest.mark.parametrize("quality", [0.0, 0.00001, 59.99, 99.9999999, 100.0])
def test_a_quality_that_the_command_takes_the_function_takes_too(quality: float) -> None:
    wish = parse_query(Question("red", min_quality=quality).parameters("media"), "default").wish
    assert wish is not None
    assert wish.min_quality == pytest.approx(quality, abs=1e-5)


def test_a_media_is_named_by_its_key_or_its_id() -> None:
    identity = media_id("media", "uploads/a.jpg")
    for name in ("uploads/a.jpg", identity):
        asked = Question(similar=name).parameters("media")
        assert (asked["similar"], "q" in asked) == (identity, False)


def hit(**more: Any) -> dict[str, Any]:
    return {"score": 0.9, "title": "A cat", "starts_at": None, "device": None, "key": "uploads/a.jpg", **more}


def shown(capsys: pytest.CaptureFixture[str], hits: Sequence[dict[str, Any]], **more: Any) -> str:
    finding.show(Output(False), {"query": "x", "namespace": "home", "total": len(hits), "hint": None, "hits": hits, **more})
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_quality_is_shown_where_one_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert "quality" not in shown(capsys, [hit()])
    told = shown(capsys, [hit(found={"quality": 71.6}), hit()])
    assert "quality" in told
    assert "72" in told


def test_a_total_that_may_grow_is_said_to(capsys: pytest.CaptureFixture[str]) -> None:
    sifted = {"looked_at": 100, "of": 230, "is_all": False}
    assert "1 of at least 11" in shown(capsys, [hit()], total=11, sifted=sifted)
    assert "1 of 11" in shown(capsys, [hit()], total=11, sifted={**sifted, "is_all": True})


def test_a_hint_is_said_beside_hits_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Only the first 200" in shown(capsys, [hit()], hint="Only the first 200 of 230 were looked at")
