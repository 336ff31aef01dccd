"""The search function's own part: the query, the join, the rights, the routes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import BadInput, ServiceRefused
from sightline.events import HttpRequest, HttpResponse, parse_http
from sightline.handlers import answer_web
from sightline.ims.search_library import HitClip, SearchHit, SearchPage
from sightline.record import Record, RecordShelf
from sightline.search import Searcher, SearchSite, parse_query
from tests.fakes.sightline import FakeBucket, FakeClock

PAGE = Path(__file__).parents[3] / "functions/search/page"


class FakeFinds:
    def __init__(self, *hits: SearchHit, error: Exception | None = None) -> None:
        self.hits = hits
        self.error = error

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        if self.error:
            raise self.error
        return SearchPage(len(self.hits), self.hits)


def record(identity: str, namespace: str = "home", **more: Any) -> Record:
    fields: dict[str, Any] = {"kind": "video", "title": "A person walks", **more}
    return Record(
        media_id=identity,
        bucket="media",
        key=f"uploads/{identity}.mp4",
        preview_key=f"uploads/{identity}.mp4",
        generation="E",
        namespace=namespace,
        time=datetime(2026, 11, 21, tzinfo=timezone.utc),
        **fields,
    )


def site(finds: FakeFinds, *records: Record) -> SearchSite:
    bucket = FakeBucket("state", FakeClock())
    for known in records:
        bucket.put(f"{known.media_id}/record.json", known.model_dump_json().encode())
    searcher = Searcher(finds, RecordShelf(bucket), lambda key, process: f"https://media.example/{key}?{process or ''}")
    return SearchSite(searcher, PAGE, "home", "https://media.example")


def get(answering: SearchSite, path: str = "/search", method: str = "GET", **query: str) -> HttpResponse:
    return answering.answer(HttpRequest(method, path, query, {}))


def document(response: HttpResponse) -> Any:
    return json.loads(response.body)


def test_a_hit_is_joined_with_its_record() -> None:
    found = SearchHit("m1", [HitClip(2.0, 4.0, 0.9)])
    answer = document(get(site(FakeFinds(found), record("m1", labels=["human"])), q="a person"))
    (hit,) = answer["hits"]
    assert (hit["title"], hit["starts_at"], hit["score"], hit["labels"]) == ("A person walks", 2.0, 0.9, ["human"])
    assert "video/snapshot,t_3000," in hit["thumbnail_url"]


def test_a_hit_of_another_namespace_or_without_a_record_is_not_shown() -> None:
    finds = FakeFinds(*(SearchHit(name, [HitClip(0, 0, 0.5)]) for name in ("mine", "theirs", "gone")))
    answer = document(get(site(finds, record("mine"), record("theirs", namespace="next door")), q="a person"))
    assert [hit["media_id"] for hit in answer["hits"]] == ["mine"]


def test_an_image_has_no_moment() -> None:
    found = SearchHit("m1", [HitClip(0.0, 0.0, 0.7)])
    (hit,) = document(get(site(FakeFinds(found), record("m1", kind="image")), q="a person"))["hits"]
    assert (hit["starts_at"], hit["clips"]) == (None, [])
    assert "image/resize" in hit["thumbnail_url"]


def test_nothing_found_comes_with_a_hint() -> None:
    answer = document(get(site(FakeFinds()), q="two pandas"))
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert answer["hint"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": " \x00\n "}, "q"),
        ({"q": "x" * 10_000}, "q"),
        ({"q": "a", "page": "0"}, "page"),
        ({"q": "a", "page": "１"}, "page"),
        ({"q": "a", "page_size": "51"}, "page_size"),
        ({"q": "a", "page_size": "ten"}, "page_size"),
        ({"q": "a", "namespace": "n" * 65}, "namespace"),
    ],
)
def test_a_wrong_query_names_the_field_and_the_fix(query: Mapping[str, str], field: str) -> None:
    response = get(site(FakeFinds()), **query)
    problem = document(response)["error"]
    assert response.status == 400
    assert (problem["field"], problem["code"]) == (field, "InvalidQuery")
    assert problem["fix"]
    with pytest.raises(BadInput):
        parse_query(query, "home")


def test_other_paths_and_methods_are_errors_of_the_same_shape() -> None:
    for response, status in ((get(site(FakeFinds()), "/nowhere"), 404), (get(site(FakeFinds()), method="POST"), 405)):
        assert response.status == status
        assert set(document(response)["error"]) == {"code", "message", "field", "fix"}


def test_a_failing_library_is_an_error_without_its_details() -> None:
    broken = site(FakeFinds(error=ServiceRefused("IMS", "SearchMediaByHybrid", 503, "ServiceUnavailable", "secret detail")))
    answer = answer_web(broken, lambda: get(broken, q="a person"))
    assert answer["statusCode"] == 503
    assert "secret detail" not in answer["body"]
    assert json.loads(answer["body"])["error"]["fix"]


def test_the_page_may_talk_to_nobody_but_the_media() -> None:
    response = get(site(FakeFinds()), "/")
    assert response.content_type.startswith("text/html")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "https://media.example" in policy
    assert "unsafe" not in policy


def test_a_surprise_behind_the_search_is_an_answer_too() -> None:
    broken = site(FakeFinds(error=KeyError("ClipInfo")))
    answer = answer_web(broken, lambda: get(broken, q="a person"))
    assert answer["statusCode"] == 502
    assert "ClipInfo" not in answer["body"]


def test_an_event_that_is_no_request_says_so() -> None:
    with pytest.raises(BadInput, match="is no HTTP event"):
        answer_web(site(FakeFinds()), lambda: site(FakeFinds()).answer(parse_http(b'{"events": []}')))
