"""A sentence in, media out: JSON at /search, a page for people at /."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from sightline.events.http import parse_http
from sightline.search.handler import answer_web
from sightline.search.web import SearchSite
from sightline.wiring import wiring


@cache
def site() -> SearchSite:
    return wiring().search_site(os.path.join(os.path.dirname(__file__), "page"))  # noqa: PTH118, PTH120 - as in search/web.py


def initialize(_context: Any) -> None:
    site()


def handler(event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context, goes_by_the_clock=False):
        return answer_web(site(), lambda: site().answer(parse_http(event)))
