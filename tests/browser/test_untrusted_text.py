"""Captions are whatever somebody held before a camera: the page in a browser, with the real search function's answers and headers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sightline.events.http import HttpRequest
from sightline.ims.descriptions import LONGEST_CAPTION
from sightline.ims.search_library import HitClip, SearchHit, SearchPage
from sightline.media.identity import media_id
from sightline.record.findings import LONGEST_CUE
from sightline.record.shelf import RecordShelf
from sightline.search.searcher import Searcher
from sightline.search.web import SearchSite
from sightline.untrusted import plain
from tests.browser.page_site import PAGE
from tests.fakes.sightline import FakeBucket, FakeClock, etag

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KEY = "uploads/home/door/a.jpg"
MARK = "document.title='owned';window.owned=true"
ATTACKS = {
    "handler": f'<img src=x onerror="{MARK}">',
    "closing": f"</script><script>{MARK}</script>",
    "closing title": f"</title></style></textarea><svg onload={MARK}>",
    "template": "${window.owned=true}{{constructor.constructor('window.owned=true')()}}",
    "link": f'<a href="javascript:{MARK}" autofocus onfocus="{MARK}">x</a><base href="https://elsewhere.example/">',
    "style": "</p><style>*{display:none}</style><meta http-equiv=refresh content='0;url=https://elsewhere.example/'>",
    "override": "\u202eevil\u2066\u202d reversed",
    "half": "\ud800 half \udfff",
    "controls": "\x1b[2J\x00\x9b31m\u2028 line",
    "long": "x" * 256 * 1024,
    "long words": "<b>word</b> " * 22_000,
}


class Library:
    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        return SearchPage(1, [SearchHit(media_id("media", KEY), [HitClip(0, 0, 0.9)])])

    def is_ready(self) -> bool:
        return True


def found(text: str) -> dict[str, Any]:
    """What other jobs found out, of which every text is this one."""
    cue = {"start": 1.0, "end": 2.0, "text": text}
    place = f"derived/{media_id('media', KEY)}/{etag(b'a picture')}"
    return {
        "tags": [{"name": text, "score": 0.5}],
        "captions": [cue],
        "choruses": [cue],
        "sound": {"verdict": text},
        "derived": [{"function": text.encode("utf-8", "replace").decode(), "key": f"{place}/a.mp4"}],
        "gaps": [{"job": "pai:image_qa", "reason": text}],
        "quality": 50.0,
    }


class Server(ThreadingHTTPServer):
    """The real search function's routes over buckets in memory. Its record is stored as it is given, as an old function might have."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.media, self.state = FakeBucket("media", FakeClock()), FakeBucket("state", FakeClock())
        self.media.put(KEY, b"a picture")
        searcher = Searcher(Library(), RecordShelf(self.state), self.media, self.state, 3600)
        self.site = SearchSite(searcher, PAGE, "home", "https://media.example")
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def store(self, text: str) -> None:
        texts = dict.fromkeys(("title", "brief", "caption"), text)
        lists = {name: [text] for name in ("events", "objects", "actions", "labels", "notes")}
        record: dict[str, Any] = {
            **texts,
            **lists,
            "engine": {"name": text, "cannot_see": [text], "notes": [text]},
            "v": 1,
            "media_id": media_id("media", KEY),
            "bucket": "media",
            "key": KEY,
            "preview_key": KEY,
            "generation": etag(b"a picture"),
            "kind": "image",
            "namespace": "home",
            "device": "door",
            "time": datetime(2026, 11, 21, tzinfo=timezone.utc).isoformat(),
            "found": found(text),
        }
        # Half a surrogate can't be stored as an escape: pydantic reads no such JSON, and the media would only be hidden.
        self.state.put(f"{record['media_id']}/record.json", json.dumps(record, ensure_ascii=False).encode("utf-8", "replace"))


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answer = self.server.site.answer(HttpRequest("GET", parts.path, dict(parse_qsl(parts.query)), {}))
        self.send_response(answer.status)
        for name, value in ({"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))} | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that neither ran anything nor asked anybody but the function and the media's host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.route("https://media.example/**", lambda route: route.abort())
    opened.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    owned = opened.evaluate("window.owned === true")
    context.close()
    assert not owned
    assert errors == []
    assert set(asked) <= {urlsplit(server.url).netloc, "media.example", ""}


@pytest.mark.parametrize("name", ATTACKS)
def test_whatever_a_caption_holds_it_is_shown_as_text(name: str, page: Page, server: Server) -> None:
    server.store(ATTACKS[name])
    page.goto(f"{server.url}?q=attack")
    page.wait_for_selector(".hits")
    wanted = plain(ATTACKS[name].encode("utf-8", "replace").decode(), LONGEST_CAPTION)
    assert page.locator(".hit .caption").text_content() == wanted
    assert page.locator(".hit").bounding_box()["height"] < 600  # type: ignore[index]
    page.click(".open")
    page.wait_for_selector("#player[open]")
    assert page.locator("#player .caption").text_content() == wanted
    spoken = plain(ATTACKS[name].encode("utf-8", "replace").decode(), LONGEST_CUE)
    assert page.locator("#player .words li span").text_content() == spoken
    assert page.locator("#player .gaps li").text_content().startswith("pai:image_qa: ")  # type: ignore[union-attr]
    assert page.locator("main b, main style, main script, main a[href^=javascript], #player b, #player style, #player script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.click(".close")
    page.wait_for_selector("#player", state="hidden")


@pytest.mark.parametrize("text", [ATTACKS["handler"], ATTACKS["closing"], "\u202eevil", "a&b=c#d"])
def test_a_question_is_text_too(text: str, page: Page, server: Server) -> None:
    server.store("A person walks.")
    page.goto(server.url)
    page.fill("#q", text)
    page.press("#q", "Enter")
    page.wait_for_selector(".hits")
    assert page.input_value("#q") == text
