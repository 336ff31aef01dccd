"""A real headless Chromium for tests, and the page in it. Skipped, with the reason, where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.page_site import Site, answer
from tests.browser.watching import Watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from the environment variable CHROMIUM, or from the path."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium: install Debian's chromium package, or name one in CHROMIUM")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def site(server: Site) -> Site:
    server.asked.clear()
    server.search = lambda _: answer([])
    return server


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page that ends without an error in its console, and that never left home."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Asia/Shanghai")
    context.set_default_timeout(10_000)
    page = context.new_page()
    watch = Watch(page, site)
    yield page
    # A refused search is a failed request, which the browser itself logs.
    errors = [error for error in watch.errors if "the server responded with a status of" not in error]
    context.close()
    assert errors == []
    assert watch.strangers == []
