"""Searching from the terminal: the same HTTP function that the page uses."""

from __future__ import annotations

import os
from typing import Any

import httpx

from cli.errors import CommandError
from cli.output import Output
from cli.running import Running

Json = dict[str, Any]
TIMEOUT_SECONDS = 40
LOOK_AT_LOG = "look at `sightline logs search`"
GIVE_TOKEN = "export SIGHTLINE_SEARCH_TOKEN: a token that one of SIGHTLINE_JWT_KEYS has signed"


def search(running: Running, text: str, namespace: str, page: int = 1, page_size: int = 10) -> Json:
    """The answer of `GET /search`. Raises CommandError with the field and the fix that the function names."""
    parameters: dict[str, str | int] = {"q": text, "namespace": namespace, "page": page, "page_size": page_size}
    token = os.environ.get("SIGHTLINE_SEARCH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = httpx.get(f"{running.page}search", params=parameters, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.TransportError as error:
        raise CommandError(f"the search function did not answer ({type(error).__name__})", LOOK_AT_LOG) from error
    document: Json = _document(response)
    if response.is_success:
        return document
    problem = document.get("error") or {}
    # Function Compute's own refusals (a query beyond its 4 KB, say) have another form.
    message = problem.get("message") or document.get("Message") or f"status {response.status_code}"
    fix = GIVE_TOKEN if str(document.get("Code")).startswith("JWTToken") else LOOK_AT_LOG
    raise CommandError(str(message), str(problem.get("fix", fix)))


def _document(response: httpx.Response) -> Json:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}


def show(output: Output, answer: Json) -> None:
    output.result(answer)
    if not answer["hits"]:
        output.say(f"nothing found for {answer['query']!r} in namespace {answer['namespace']!r}")
        if answer["hint"]:
            output.say(answer["hint"])
        return
    rows = [[f"{hit['score']:.2f}", hit["title"], _moment(hit), hit["device"] or "", hit["key"]] for hit in answer["hits"]]
    output.table(["score", "title", "from", "device", "key"], rows)
    if answer["total"] > len(answer["hits"]):
        output.say(f"{len(answer['hits'])} of {answer['total']}; more with --page")


def _moment(hit: Json) -> str:
    return "" if hit["starts_at"] is None else f"{hit['starts_at']:.1f} s"
