"""The query of `GET /search`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sightline.errors import BadInput
from sightline.media.identity import is_media_id
from sightline.media.namespaces import namespace_problem, normal_namespace
from sightline.untrusted import plain
from sightline.value import Value

if TYPE_CHECKING:
    from sightline.search.wish import Wish

LONGEST_TEXT = 500
# SearchMediaByHybrid: PageSize at most 50.
LARGEST_PAGE = 50
DEFAULT_PAGE = 10
# Nobody leafs further; a service has to rank everything before a page, and how deep IMS goes is not documented.
DEEPEST_HIT = 10_000


class Unknown(BadInput):
    """What a query names is not there. `code` is the answer's."""

    def __init__(self, code: str, field: str, problem: str, fix: str) -> None:
        super().__init__(field, problem, fix)
        self.code = code


class SearchQuery(Value):
    """`page` counts from 1. `similar` is the id of a media whose near-duplicates are wanted, and then there is no text."""

    text: str
    namespace: str
    page: int
    page_size: int
    similar: str = ""
    wish: Wish | None = None


def parse_query(parameters: Mapping[str, str], default_namespace: str) -> SearchQuery:
    """Read q or similar, namespace, page, page_size, min_quality and tag. Raises BadInput for the first that is wrong."""
    similar = parameters.get("similar", "").strip()
    text = _text(parameters) if not similar else _nothing_beside(similar, parameters)
    namespace = normal_namespace(parameters.get("namespace", "").strip()) or default_namespace
    problem = namespace_problem(namespace)
    if problem:
        raise BadInput("namespace", problem, "use the name of a folder below the upload prefix; uploads to any other are refused")
    page_size = _number(parameters, "page_size", DEFAULT_PAGE, 1, LARGEST_PAGE)
    page = _number(parameters, "page", 1, 1, DEEPEST_HIT // page_size)
    return SearchQuery(text, namespace, page, page_size, similar, _wish(parameters))


def _text(parameters: Mapping[str, str]) -> str:
    text = " ".join(plain(parameters.get("q", "")).split())
    if not text:
        raise BadInput("q", "is empty", "ask in a sentence, such as: a person in red walks to the right")
    if len(text) > LONGEST_TEXT:
        raise BadInput(
            "q", f"has {len(text):,} characters", f"use at most {LONGEST_TEXT}; one sentence with one or two key words finds most"
        )
    return text


def _nothing_beside(similar: str, parameters: Mapping[str, str]) -> str:
    if not is_media_id(similar):
        raise BadInput("similar", f"is {plain(similar, 40)!r}, which is no media id", "use the media_id of a hit: 32 hexadecimal digits")
    if plain(parameters.get("q", "")):
        raise BadInput("q", "can't be asked together with similar", "leave out one of them")
    return ""


def _wish(parameters: Mapping[str, str]) -> Wish | None:
    if not (parameters.get("min_quality") or parameters.get("tag")):
        return None
    from sightline.search.wish import parse_wish  # the usual search has none, and pays for none

    return parse_wish(parameters)


def _number(parameters: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadInput(name, f"is {text[:20]!r}", f"use a whole number from {least} to {most}")
    return int(text)
