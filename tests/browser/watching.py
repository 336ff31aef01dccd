"""What a test does with the page, and sees of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.browser.page_site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Watch:
    """What the browser said and where it went."""

    def __init__(self, page: Page, site: Site) -> None:
        self.errors: list[str] = []
        self.strangers: list[str] = []
        home = urlsplit(site.url).netloc
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None)
        page.on("request", lambda request: self.strangers.append(request.url) if urlsplit(request.url).netloc not in (home, "") else None)


def until(page: Page, condition: str) -> None:
    """Poll from here: the page's policy forbids the `eval` of Playwright's own waiting."""
    deadline = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"not within 10 s: {condition}"
        page.wait_for_timeout(20)


def search(page: Page, site: Site, text: str) -> None:
    page.goto(site.url)
    page.fill("#q", text)
    page.press("#q", "Enter")


def titles(page: Page) -> list[str]:
    page.wait_for_selector(".hits")
    return page.locator(".hits h2").all_inner_texts()


def current_time(page: Page) -> float:
    until(page, "document.querySelector('video')?.readyState >= 2 && !document.querySelector('video').seeking")
    seconds: float = page.evaluate("document.querySelector('video').currentTime")
    return seconds
