"""The search function's own part: the query, the join, the rights, the routes."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import BadInput, ServiceRefused, ServiceUnreachable
from sightline.events.http import HttpRequest, HttpResponse, parse_http
from sightline.ims.search_library import HitClip, SearchHit, SearchPage
from sightline.media.identity import media_id
from sightline.media.layout import KeyLayout
from sightline.media.namespaces import namespace_problem
from sightline.record.model import Record, SmarttagPart
from sightline.record.shelf import RecordShelf
from sightline.search.handler import answer_web
from sightline.search.query import parse_query
from sightline.search.searcher import SIDE_BY_SIDE, Finds, Searcher
from sightline.search.web import SearchSite
from sightline.store.types import ObjectInfo
from tests.fakes.sightline import FakeBucket, FakeClock, etag

PAGE = Path(__file__).parents[3] / "functions/search/page"


class FakeFinds:
    """Answers with all its hits, whatever the page; `asked` are the questions."""

    def __init__(self, *hits: SearchHit, error: Exception | None = None, ready: bool = True, total: int | None = None) -> None:
        self.hits = hits
        self.error = error
        self.ready = ready
        self.total = len(hits) if total is None else total
        self.asked: list[tuple[str, str, int, int]] = []

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        self.asked.append((text, namespace, page, page_size))
        if self.error:
            raise self.error
        return SearchPage(self.total, self.hits)

    def is_ready(self) -> bool:
        return self.ready


class CountingBucket(FakeBucket):
    """Remembers which objects were asked about, and how many at once at most. `gate` makes them wait for each other."""

    def __init__(self, name: str, gate: threading.Barrier | None = None) -> None:
        super().__init__(name, FakeClock())
        self.asked: list[str] = []
        self.most_at_once = 0
        self._now = 0
        self._gate = gate
        self._lock = threading.Lock()

    def head(self, key: str) -> ObjectInfo | None:
        with self._lock:
            self.asked.append(key)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        if self._gate is not None:
            self._gate.wait(10)
        with self._lock:
            self._now -= 1
        return super().head(key)


CONTENT = b"a clip"


def identity(name: str) -> str:
    """The id of the media that a test calls by this name."""
    return media_id("media", f"uploads/{name}.mp4")


def hit(name: str = "m1", *clips: HitClip) -> SearchHit:
    return SearchHit(identity(name), clips or [HitClip(2.0, 4.0, 0.9)])


def record(name: str = "m1", namespace: str = "home", **more: Any) -> Record:
    defaults = {"kind": "video", "title": "A person walks", "generation": etag(CONTENT), "preview_key": f"uploads/{name}.mp4"}
    fields: dict[str, Any] = {**defaults, "device": None, **more}
    said = {name: fields.pop(name) for name in SmarttagPart._fields if name in fields}
    return Record(
        SmarttagPart(**said),
        media_id=identity(name),
        bucket="media",
        key=f"uploads/{name}.mp4",
        namespace=namespace,
        time=datetime(2026, 11, 21, tzinfo=timezone.utc),
        **fields,
    )


def site(finds: Finds, *records: Record, media: FakeBucket | None = None, objects: bool = True) -> SearchSite:
    """A site over these records; their objects are in the media bucket, unless `objects` is false."""
    state, media = FakeBucket("state", FakeClock()), media or CountingBucket("media")
    for known in records:
        state.put(f"{known.media_id}/record.json", json.dumps(known.to_json()).encode())
        if objects:
            media.put(known.key, CONTENT)
    return SearchSite(Searcher(finds, RecordShelf(state), media, state, 3600), PAGE, "home", "https://media.example")


def get(answering: SearchSite, path: str = "/search", method: str = "GET", **query: str) -> HttpResponse:
    return answering.answer(HttpRequest(method, path, query, {}))


def document(response: HttpResponse) -> Any:
    return json.loads(response.body)


def shown(response: HttpResponse) -> list[str]:
    return [hit["media_id"] for hit in document(response)["hits"]]


def test_a_hit_is_joined_with_its_record() -> None:
    answer = document(get(site(FakeFinds(hit()), record(labels=["human"])), q="a person"))
    (found,) = answer["hits"]
    assert (found["title"], found["starts_at"], found["score"], found["labels"]) == ("A person walks", 2.0, 0.9, ["human"])
    assert "video/snapshot,t_3000," in found["thumbnail_url"]


def test_a_hit_of_another_namespace_or_without_a_record_is_not_shown() -> None:
    finds = FakeFinds(*(hit(name, HitClip(0, 0, 0.5)) for name in ("mine", "theirs", "gone")))
    answer = get(site(finds, record("mine"), record("theirs", namespace="next door")), q="a person")
    assert shown(answer) == [identity("mine")]


def test_an_image_has_no_moment() -> None:
    (found,) = document(get(site(FakeFinds(hit("m1", HitClip(0.0, 0.0, 0.7))), record(kind="image")), q="a person"))["hits"]
    assert (found["starts_at"], found["clips"]) == (None, [])
    assert "image/resize" in found["thumbnail_url"]


def test_nothing_found_comes_with_a_hint() -> None:
    answer = document(get(site(FakeFinds()), q="two pandas"))
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert "sentence" in answer["hint"]


# ---- what is shown is true at this moment (faults 45, 48, 49 and 56; I3 and I4)


def test_fault_56_a_hit_whose_object_is_gone_is_not_shown() -> None:
    answer = get(site(FakeFinds(hit()), record(), objects=False), q="a person")
    assert (shown(answer), document(answer)["total"]) == ([], 0)
    assert document(answer)["hint"]


def test_a_hit_whose_object_has_other_content_by_now_is_not_shown() -> None:
    media = CountingBucket("media")
    answering = site(FakeFinds(hit("old"), hit("new")), record("old"), record("new"), media=media)
    media.put("uploads/old.mp4", b"another clip")
    assert shown(get(answering, q="a person")) == [identity("new")]
    media.put("uploads/old.mp4", CONTENT)
    assert shown(get(answering, q="a person")) == [identity("old"), identity("new")], "the same content again is the same generation"


def test_a_sequence_whose_first_image_has_gone_is_shown_without_a_picture() -> None:
    media, image = CountingBucket("media"), "uploads/m1/0001.jpg"
    answering = site(FakeFinds(hit()), record(kind="sequence", preview_key=image), media=media)
    media.put(image, b"a picture")
    (found,) = document(get(answering, q="a person"))["hits"]
    assert image in found["thumbnail_url"]
    assert image in found["media_url"]
    media.delete(image)
    (found,) = document(get(answering, q="a person"))["hits"]
    assert (found["title"], found["thumbnail_url"], found["media_url"]) == ("A person walks", None, None)


def test_a_media_that_is_its_own_picture_is_asked_about_once() -> None:
    media = CountingBucket("media")
    get(site(FakeFinds(hit()), record(), media=media), q="a person")
    assert media.asked == ["uploads/m1.mp4"]


def test_a_hit_that_names_no_media_of_ours_is_not_looked_up() -> None:
    names = ["../../pending", "m" * 5_000, "", "\ud800", identity("m1").upper(), f"{identity('m1')}\n"]
    finds = FakeFinds(*(SearchHit(name, [HitClip(0, 1, 1)]) for name in names), hit())
    assert shown(get(site(finds, record()), q="a person")) == [identity("m1")]


def test_a_record_that_can_not_be_read_hides_its_hit_alone() -> None:
    state, media = FakeBucket("state", FakeClock()), CountingBucket("media")
    media.put("uploads/m1.mp4", CONTENT)
    state.put(f"{identity('m1')}/record.json", json.dumps(record().to_json()).encode())
    state.put(f"{identity('m2')}/record.json", b'{"v":1,"title":')
    answering = SearchSite(
        Searcher(FakeFinds(hit("m2"), hit()), RecordShelf(state), media, state, 3600), PAGE, "home", "https://media.example"
    )
    assert shown(get(answering, q="a person")) == [identity("m1")]


def test_hits_are_looked_up_side_by_side_and_stay_in_their_order() -> None:
    names = [f"m{number}" for number in range(4 * SIDE_BY_SIDE)]
    media = CountingBucket("media", threading.Barrier(SIDE_BY_SIDE))
    answer = get(site(FakeFinds(*map(hit, names)), *map(record, names), media=media), q="a person", page_size="50")
    assert shown(answer) == [identity(name) for name in names]
    assert media.most_at_once == SIDE_BY_SIDE


def test_a_bucket_that_does_not_answer_hides_nothing_silently() -> None:
    class Broken(FakeBucket):
        def head(self, key: str) -> ObjectInfo | None:
            raise ServiceUnreachable("OSS", "HEAD media", "timed out")

    broken = site(FakeFinds(hit()), record(), media=Broken("media", FakeClock()))
    answer = answer_web(broken, lambda: get(broken, q="a person"))
    assert answer["statusCode"] == 503
    assert "store" in json.loads(answer["body"])["error"]["message"]


# ---- faults 52 to 58


@pytest.mark.parametrize("text", ["", " ", "\x00\n", "\u200b\u202e", "\ufeff"])
def test_fault_52_a_question_of_nothing_is_refused(text: str) -> None:
    response = get(site(FakeFinds()), q=text)
    assert (response.status, document(response)["error"]["field"]) == (400, "q")


def test_fault_52_a_question_that_is_too_long_is_refused_without_asking() -> None:
    finds = FakeFinds()
    assert get(site(finds), q="x" * 501).status == 400
    assert get(site(finds), q="x" * 1_000_000).status == 400
    assert finds.asked == []
    assert get(site(finds), q="x" * 500).status == 200


def test_fault_52_a_question_is_asked_without_what_nobody_sees() -> None:
    finds = FakeFinds()
    get(site(finds), q="a\x00 person\n\u202e\x1b[31m in \ud800 red\u200b")
    assert finds.asked[0][0] == "a person [31m in \ufffd red"


@pytest.mark.parametrize("text", ["the a of and", "的 了 是", "?!", "'"])
def test_fault_52_a_question_of_stop_words_is_asked_and_may_find_nothing(text: str) -> None:
    finds = FakeFinds()
    answer = document(get(site(finds), q=text))
    assert (finds.asked[0][0], answer["hits"]) == (text, [])
    assert answer["hint"]


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE media; --",
        '{"$ne": null}',
        '" OR "1"="1',
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>",
        "NEAR(a b) AND title:x*",
        "%27%00 ${jndi:ldap://x} {{7*7}}",
        "a&PageSize=1000&Namespace=next door#",
    ],
)
def test_fault_52_a_question_in_another_language_is_a_question(text: str) -> None:
    finds = FakeFinds()
    response = get(site(finds), q=text)
    assert finds.asked == [(text, "home", 1, 10)]
    assert response.content_type.startswith("application/json")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert document(response)["query"] == text


def test_fault_53_a_media_is_on_a_page_once_while_the_library_changes() -> None:
    """The service pages by number, so a media that is indexed between two pages pushes another over the edge; the count follows."""
    first = site(FakeFinds(hit("a"), hit("b"), total=3), record("a"), record("b"))
    second = site(FakeFinds(hit("b"), hit("c"), total=4), record("b"), record("c"))
    assert shown(get(first, q="x", page_size="2")) == [identity("a"), identity("b")]
    assert shown(get(second, q="x", page_size="2", page="2")) == [identity("b"), identity("c")]


def test_fault_53_a_page_that_is_beyond_the_end_by_now_is_empty() -> None:
    answer = document(get(site(FakeFinds(total=11)), q="x", page="2"))
    assert (answer["hits"], answer["total"], answer["hint"]) == ([], 11, None)


def test_fault_53_what_is_not_shown_is_not_counted() -> None:
    answer = document(get(site(FakeFinds(hit("a"), hit("b"), hit("c"), total=30), record("a"), record("c")), q="x"))
    assert (len(answer["hits"]), answer["total"]) == (2, 29)


@pytest.mark.parametrize(
    ("page", "page_size", "field"), [("1", "51", "page_size"), ("1001", "10", "page"), ("201", "50", "page"), ("10001", "1", "page")]
)
def test_fault_54_a_page_that_is_too_large_or_too_deep_is_refused(page: str, page_size: str, field: str) -> None:
    finds = FakeFinds()
    response = get(site(finds), q="x", page=page, page_size=page_size)
    assert (response.status, document(response)["error"]["field"], finds.asked) == (400, field, [])


@pytest.mark.parametrize(("page", "page_size"), [("1000", "10"), ("200", "50"), ("10000", "1")])
def test_fault_54_the_deepest_pages_are_asked_for(page: str, page_size: str) -> None:
    finds = FakeFinds()
    assert get(site(finds), q="x", page=page, page_size=page_size).status == 200
    assert finds.asked == [("x", "home", int(page), int(page_size))]


@pytest.mark.parametrize(("status", "code"), [(404, "ResourceNotFound"), (400, "InvalidParameter.SearchLibNotExist")])
def test_fault_55_a_library_that_is_missing_is_said_to_be(status: int, code: str) -> None:
    missing = FakeFinds(error=ServiceRefused("IMS", "SearchMediaByHybrid", status, code, "no"))
    response = get(site(missing), q="a person")
    problem = document(response)["error"]
    assert (response.status, problem["code"]) == (503, "LibraryMissing")
    assert "no search library" in problem["message"]
    assert problem["fix"]


def test_fault_55_a_library_that_is_missing_may_find_nothing() -> None:
    class Missing(FakeFinds):
        def is_ready(self) -> bool:
            raise ServiceRefused("IMS", "QuerySearchLib", 404, "ResourceNotFound", "no")

    assert document(get(site(Missing()), q="a person"))["error"]["code"] == "LibraryMissing"


def test_fault_55_a_library_that_is_being_built_is_said_to_be() -> None:
    answer = document(get(site(FakeFinds(ready=False)), q="a person"))
    assert "still being built" in answer["hint"]


def test_fault_55_what_is_found_is_shown_whatever_the_library_says_of_itself() -> None:
    assert shown(get(site(FakeFinds(hit(), ready=False), record()), q="a person")) == [identity("m1")]


@pytest.mark.parametrize(
    "error", [ServiceUnreachable("IMS", "QuerySearchLib", "timed out"), ServiceRefused("IMS", "Q", 403, "Forbidden", "no")]
)
def test_advice_that_can_not_be_had_costs_no_answer(error: Exception) -> None:
    class Silent(FakeFinds):
        def is_ready(self) -> bool:
            raise error

    assert "sentence" in document(get(site(Silent()), q="a person"))["hint"]


def test_fault_57_what_a_caller_may_not_see_is_neither_shown_nor_asked_about() -> None:
    media = CountingBucket("media")
    theirs = [record(f"t{number}", namespace="next door") for number in range(5)]
    finds = FakeFinds(*(hit(f"t{number}") for number in range(5)), hit(), total=6)
    answer = get(site(finds, *theirs, record(), media=media), q="a person", namespace="home")
    assert (shown(answer), document(answer)["total"]) == ([identity("m1")], 1)
    assert media.asked == ["uploads/m1.mp4"]
    assert b"next door" not in answer.body


def test_fault_58_nothing_relevant_is_an_empty_answer() -> None:
    answer = document(get(site(FakeFinds(), record()), q="two pandas are fighting"))
    assert (answer["hits"], answer["total"]) == ([], 0)


# ---- a namespace is the same in an upload and in a query


@pytest.mark.parametrize("folder", ["home", "n" * 64, "前门", "a b", "cafe\u0301", "<b>", "a&b=c", "%2F"])
def test_a_namespace_that_an_upload_has_can_be_searched(folder: str) -> None:
    origin = KeyLayout("uploads/", "default").origin(f"uploads/{folder}/door/a.mp4")
    assert namespace_problem(origin.namespace) is None
    assert parse_query({"q": "x", "namespace": folder}, "default").namespace == origin.namespace
    assert parse_query({"q": "x", "namespace": f" {origin.namespace} "}, "default").namespace == origin.namespace


@pytest.mark.parametrize("namespace", ["n" * 65, "a\nb", "\ud800", "\x1b[1m", "a\u2028b"])
def test_a_namespace_that_no_upload_can_have_is_refused(namespace: str) -> None:
    assert namespace_problem(namespace)
    response = get(site(FakeFinds()), q="x", namespace=namespace)
    assert (response.status, document(response)["error"]["field"]) == (400, "namespace")


# ---- errors


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


@pytest.mark.parametrize("odd", ["\ud800", "\x1b[31m", "\u202e", "<img src=x>", "x" * 100_000])
def test_whatever_the_path_and_the_method_hold_the_answer_is_json(odd: str) -> None:
    for response in (get(site(FakeFinds()), f"/{odd}"), get(site(FakeFinds()), method=odd)):
        assert response.status in (404, 405)
        assert len(response.body) < 1_000
        assert b"\x1b" not in response.body
        assert document(response)["error"]["fix"]


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
