"""The query of `GET /search`, checked."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.errors import BadInput
from sightline.media.namespaces import namespace_problem, normal_namespace
from sightline.untrusted import plain
from sightline.value import Value

LONGEST_TEXT = 500
# SearchMediaByHybrid: PageSize at most 50.
LARGEST_PAGE = 50
DEFAULT_PAGE = 10
# Nobody leafs further; a service has to rank everything before a page, and how deep IMS goes is not documented.
DEEPEST_HIT = 10_000


class SearchQuery(Value):
    """`page` counts from 1."""

    text: str
    namespace: str
    page: int
    page_size: int


def parse_query(parameters: Mapping[str, str], default_namespace: str) -> SearchQuery:
    """Read q, namespace, page and page_size. Raises BadInput for the first that is wrong."""
    text = " ".join(plain(parameters.get("q", "")).split())
    if not text:
        raise BadInput("q", "is empty", "ask in a sentence, such as: a person in red walks to the right")
    if len(text) > LONGEST_TEXT:
        raise BadInput(
            "q", f"has {len(text):,} characters", f"use at most {LONGEST_TEXT}; one sentence with one or two key words finds most"
        )
    namespace = normal_namespace(parameters.get("namespace", "").strip()) or default_namespace
    problem = namespace_problem(namespace)
    if problem:
        raise BadInput("namespace", problem, "use the name of a folder below the upload prefix; uploads to any other are refused")
    page_size = _number(parameters, "page_size", DEFAULT_PAGE, 1, LARGEST_PAGE)
    return SearchQuery(text, namespace, _number(parameters, "page", 1, 1, DEEPEST_HIT // page_size), page_size)


def _number(parameters: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadInput(name, f"is {text[:20]!r}", f"use a whole number from {least} to {most}")
    return int(text)
