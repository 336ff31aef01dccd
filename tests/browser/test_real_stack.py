"""The page in front of the real functions: upload, open, ask, watch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.laptop import Cloud, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMESPACE = "page"


@pytest.fixture
def page(browser: Browser, cloud: Cloud, clips: dict[str, Path]) -> Iterator[Page]:
    """A page that has been opened on a namespace with two clips; it fails if the page complains or talks to anybody else."""
    keys = []
    for name in ("street-by-day", "van-passing"):
        keys.append(f"uploads/{NAMESPACE}/corner/2026-11-21T08-15-30 {name}.mp4")
        cloud.bucket().put_object_from_file(keys[-1], str(clips[name]))
    cloud.wait(*keys)
    assert cloud.running is not None
    hosts = {urlsplit(address).netloc for address in (cloud.running.page, cloud.running.endpoint)}
    opened = browser.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if urlsplit(request.url).netloc not in (*hosts, "") else None)
    opened.goto(f"{cloud.running.page}?namespace={NAMESPACE}")
    yield opened
    opened.close()
    assert complaints == []


def test_a_sentence_leads_to_the_moment_of_a_film(page: Page) -> None:
    page.locator("input[name=q]").fill("a person in red walks to the right")
    page.keyboard.press("Enter")
    card = page.locator(".hit:not(.ghost)").first
    card.wait_for()
    assert "wearing red" in card.inner_text()
    picture = card.locator("img")
    wait_until(lambda: bool(picture.evaluate("image => image.complete && image.naturalWidth > 0")), 20)
    card.locator("button").first.click()
    film = page.locator("video")
    wait_until(lambda: bool(film.evaluate("video => video.readyState >= 1")), 20)
    assert film.evaluate("video => video.duration") > 5
    wait_until(lambda: film.evaluate("video => video.currentTime") > 0.5, 20)


def test_nothing_relevant_shows_advice_and_no_media(page: Page) -> None:
    page.locator("input[name=q]").fill("two pandas are fighting")
    page.keyboard.press("Enter")
    page.locator(".advice").first.wait_for()
    assert page.locator(".hit:not(.ghost)").count() == 0
