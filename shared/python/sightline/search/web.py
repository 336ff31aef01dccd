"""The routes of the search function: JSON for programs, a page for people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sightline.errors import BadInput, ServiceRefused
from sightline.events.http import HttpRequest, HttpResponse
from sightline.search.query import Unknown, parse_query
from sightline.search.searcher import Searcher
from sightline.untrusted import plain, to_json

_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{name}": (name, "text/javascript; charset=utf-8") for name in ("page.js", "elements.js", "player.js")},
}


LIBRARY_FIX = "run `sightline up` or the deploy, which make it; a new one answers within minutes"


class SearchSite:
    """`media_origin` is where pictures and films come from: the only other host that the page may talk to."""

    def __init__(self, searcher: Searcher, page: str | os.PathLike[str], default_namespace: str, media_origin: str) -> None:
        self._searcher = searcher
        self._page = page
        self._default_namespace = default_namespace
        self._security = {
            "Content-Security-Policy": f"default-src 'self'; img-src 'self' data: {media_origin}; media-src {media_origin}; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    def answer(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self._problem(405, "MethodNotAllowed", BadInput("method", f"is {plain(request.method, 20)}", "use GET"))
        if request.path in _PAGE:
            name, content_type = _PAGE[request.path]
            return HttpResponse(200, self._file(name), content_type, {**self._security, "Cache-Control": "no-cache"})
        if request.path != "/search":
            return self._problem(404, "NotFound", BadInput("path", f"{plain(request.path, 100)} leads nowhere", "use / or /search?q=…"))
        return self._search(request.query)

    def _file(self, name: str) -> bytes:
        # pathlib, which nothing else here needs, costs a cold start as much as all that a search asks for.
        with open(os.path.join(self._page, name), "rb") as file:  # noqa: PTH118, PTH123
            return file.read()

    def _search(self, parameters: Mapping[str, str]) -> HttpResponse:
        try:
            query = parse_query(parameters, self._default_namespace)
        except BadInput as error:
            return self._problem(400, "InvalidQuery", error)
        try:
            return self._json(200, self._searcher.search(query))
        except Unknown as error:
            return self._problem(404, error.code, error)
        except ServiceRefused as error:
            if error.missing and error.service == "IMS":
                return self._error(503, "LibraryMissing", "there is no search library yet, so nothing can be found", LIBRARY_FIX)
            raise

    def failure(self, error: Exception) -> HttpResponse:
        """What a caller reads when a service behind us failed; its details are in the log."""
        may_pass = getattr(error, "retryable", False)
        fix = "try again in a moment" if may_pass else "look at the function's log"
        behind = "the store of what is known of the hits" if getattr(error, "service", "") == "OSS" else "the search library"
        return self._error(503 if may_pass else 502, "SearchUnavailable", f"{behind} did not answer", fix)

    def _problem(self, status: int, code: str, error: BadInput) -> HttpResponse:
        return self._error(status, code, f"{error.field} {error.problem}", error.fix, error.field)

    def _error(self, status: int, code: str, message: str, fix: str, field: str | None = None) -> HttpResponse:
        return self._json(status, {"error": {"code": code, "message": message, "field": field, "fix": fix}})

    def _json(self, status: int, document: dict[str, Any]) -> HttpResponse:
        return HttpResponse(status, to_json(document).encode(), headers={**self._security, "Cache-Control": "no-store"})
