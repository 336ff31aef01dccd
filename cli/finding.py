"""Searching from the terminal: the same HTTP function that the page uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from cli.errors import FAILED, NOT_FOUND, CommandError
from cli.output import Output
from cli.running import Running
from sightline.media.identity import is_media_id, media_id

Json = dict[str, Any]
TIMEOUT_SECONDS = 40
NOT_FOUND_STATUS = 404
LOOK_AT_LOG = "look at `sightline logs search`"
GIVE_TOKEN = "export SIGHTLINE_SEARCH_TOKEN: a token that one of SIGHTLINE_JWT_KEYS has signed"


@dataclass(frozen=True)
class Question:
    """What is asked: a sentence, or a media whose near-duplicates are wanted, by its id or its key."""

    text: str = ""
    namespace: str = "default"
    page: int = 1
    page_size: int = 10
    similar: str = ""
    min_quality: float | None = None
    tags: Sequence[str] = ()

    def parameters(self, media_bucket: str) -> dict[str, str]:
        is_key = self.similar and not is_media_id(self.similar)
        told = {
            "q": self.text,
            "similar": media_id(media_bucket, self.similar) if is_key else self.similar,
            "namespace": self.namespace,
            "page": str(self.page),
            "page_size": str(self.page_size),
            "min_quality": "" if self.min_quality is None else f"{self.min_quality:f}",
            "tag": ",".join(self.tags),
        }
        return {name: value for name, value in told.items() if value}


def search(running: Running, question: Question) -> Json:
    """The answer of `GET /search`. Raises CommandError with the field and the fix that the function names."""
    parameters = question.parameters(running.media_bucket)
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
    if response.status_code == NOT_FOUND_STATUS and "similar" in parameters:  # the function knows ids alone
        message = str(message).replace(parameters["similar"], question.similar)
    code = NOT_FOUND if response.status_code == NOT_FOUND_STATUS else FAILED
    raise CommandError(str(message), str(problem.get("fix", fix)), code)


def _document(response: httpx.Response) -> Json:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}


def show(output: Output, answer: Json) -> None:
    output.result(answer)
    hits = answer["hits"]
    if not hits:
        asked = f"for {answer['query']!r} in" if answer["query"] else "that is similar in"
        output.say(f"nothing found {asked} namespace {answer['namespace']!r}")
    else:
        columns = {name: of for name, of in COLUMNS.items() if name in ALWAYS or any(map(of, hits))}
        output.table(list(columns), [[of(hit) for of in columns.values()] for hit in hits])
    if answer.get("hint"):
        output.say(answer["hint"])
    if hits and answer["total"] > len(hits):
        output.say(f"{len(hits)} of {_total(answer)}; more with --page")


def _total(answer: Json) -> str:
    """Of what was looked at, where not all was."""
    is_all = answer.get("sifted", {}).get("is_all", True)
    return f"{answer['total']}" if is_all else f"at least {answer['total']}"


def _moment(hit: Json) -> str:
    return "" if hit["starts_at"] is None else f"{hit['starts_at']:.1f} s"


def _quality(hit: Json) -> str:
    quality = hit.get("found", {}).get("quality")
    return "" if quality is None else f"{quality:.0f}"


ALWAYS = ("score", "title", "from", "device", "key")
COLUMNS: dict[str, Callable[[Json], str]] = {
    "score": lambda hit: f"{hit['score']:.2f}",
    "title": lambda hit: str(hit["title"]),
    "from": _moment,
    "quality": _quality,
    "device": lambda hit: hit["device"] or "",
    "key": lambda hit: str(hit["key"]),
}
