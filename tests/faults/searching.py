"""A search by the real search function, all at once, and what its answer may show: I1, I3 and I4 as a person would see them broken."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx

from localcloud.fc.triggers.http_event import event_of
from localcloud.http import Headers, Request
from sightline.ledger.story import SMARTTAG
from tests.faults.functions import Answered, Asking, Ended, Instance, Invocation
from tests.faults.history import Violation
from tests.faults.invariants import is_untagged, tells_of
from tests.faults.laptop_services import PLACE
from tests.faults.null_engine import WORDS
from tests.faults.world import World

MOST_HITS = 50


def search_namespace(world: World, namespace: str) -> None:
    """Raises Violation."""
    hits = found(world, namespace)
    if hits is None:
        return
    world.tell(f"a search in {namespace!r} shows {[hit['key'] for hit in hits]}", *(hit["key"] for hit in hits))
    for hit in hits:
        check_hit(world, namespace, hit)
    keys = [hit["key"] for hit in hits]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise Violation("I1", f"a search shows {', '.join(twice)} more than once", twice)


def found(world: World, namespace: str) -> list[dict[str, Any]] | None:
    """None where the search function answered with an error, as it may while the services are in trouble."""
    status, document = ask(world, q=WORDS, namespace=namespace, page_size=str(MOST_HITS))
    if status != 200:
        world.tell(f"a search in {namespace!r} answers {status}")
        return None
    hits: list[dict[str, Any]] = document["hits"]
    return hits


def ask(world: World, **parameters: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of the search function's answer."""
    request = Request("GET", f"/search?{urlencode(parameters)}", Headers([("host", "search.example")]))
    answer = _answer(world, event_of(request, "1-00000000-00000000", PLACE, world.clock.seconds()))
    return answer["statusCode"], json.loads(answer["body"])


def check_hit(world: World, namespace: str, hit: dict[str, Any]) -> None:
    key = hit["key"]
    content = world.people.content(key)
    if content is None:
        raise Violation("I4", f"a search shows {key}, which is deleted", [key])
    check_words(world, key, content, " ".join(cue["text"] for cue in hit.get("found", {}).get("captions", [])))
    text = f"{hit['title']} {hit['brief']} {hit['caption']}"
    has_tags = not is_untagged(key) and all(gap["job"] != SMARTTAG for gap in hit.get("found", {}).get("gaps", []))
    if has_tags and not tells_of(world, text, key, content):
        raise Violation("I3", f"a search shows {text!r} for {key}, whose content is {content!r}", [key])
    if hit["namespace"] != namespace:
        raise Violation("I4", f"a search in {namespace} shows {key} of {hit['namespace']}", [key])


def check_words(world: World, key: str, content: bytes, words: str) -> None:
    """Captions, where there are any, are those of the content. Raises Violation."""
    if words and not tells_of(world, words, key, content):
        raise Violation("I3", f"a search shows the captions {words!r} for {key}, whose content is {content!r}", [key])


def _answer(world: World, event: bytes) -> Any:
    function = world.functions["search"]
    instance = Instance("search", world.environment(function), function.timeout, world.clock.skewed(0), world.chance, world.setup.change)

    def serve(request: httpx.Request) -> httpx.Response:
        return world.serve(request, "search")

    invocation = Invocation("search", instance, event, serve)
    invocation.go_on()
    while not isinstance(invocation.state, Ended):
        state = invocation.state
        response = serve(state.request) if isinstance(state, Asking | Answered) else None
        invocation.go_on(response)
    instance.close()
    if invocation.state.error is not None:
        raise invocation.state.error
    return invocation.state.result
