"""min_quality and tag: what the library does not know is asked of the records, page after page of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sightline.ims.search_library import SearchHit, SearchPage
from sightline.record.findings import Findings, FoundTag
from sightline.search.sifting import MOST_LOOKED_AT
from sightline.search.wish import Wish, parse_wish
from tests.unit.sightline.test_search import CountingBucket, FakeFinds, document, get, hit, identity, record, shown, site


class Leafed(FakeFinds):
    """A library that gives each page once."""

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        super().search(text, namespace, page, page_size)
        return SearchPage(len(self.hits), self.hits[(page - 1) * page_size : page * page_size])


def names(count: int) -> Sequence[str]:
    return [f"m{number}" for number in range(count)]


def ids(*numbers: int) -> list[str]:
    return [identity(f"m{number}") for number in numbers]


def of_quality(name: str, quality: float | None) -> Any:
    return record(name, found=Findings(quality=quality))


def test_a_quality_that_is_too_low_or_unknown_does_not_pass() -> None:
    qualities = [30.0, None, 60.0, 59.99, 100.0, 0.0]
    finds = Leafed(*map(hit, names(6)))
    answering = site(finds, *(of_quality(f"m{number}", quality) for number, quality in enumerate(qualities)))
    assert shown(get(answering, q="x", min_quality="60")) == ids(2, 4)
    assert shown(get(answering, q="x", min_quality="0")) == ids(0, 2, 3, 4, 5), "a quality of 0 is known"
    assert shown(get(answering, q="x", min_quality="59.99")) == ids(2, 3, 4)


def test_tags_are_those_of_analyses_and_the_smart_tags_own() -> None:
    finds = Leafed(*map(hit, names(4)))
    answering = site(
        finds,
        record("m0", found=Findings(tags=[FoundTag("Red Car", 0.9), FoundTag("Street", 0.2)])),
        record("m1", labels=["human"], objects=["red car"]),
        record("m2", labels=["vehicle"], title="a red car"),
        record("m3"),
    )
    assert shown(get(answering, q="x", tag="red car")) == ids(0, 1)
    assert shown(get(answering, q="x", tag=" RED  car ,street")) == ids(0), "all must match"
    assert shown(get(answering, q="x", tag="Person")) == ids(1), "as the page calls the label human"
    assert shown(get(answering, q="x", tag="human")) == ids(1)
    assert shown(get(answering, q="x", tag="car")) == [], "a tag is matched whole"


def test_a_page_is_filled_from_further_pages_of_the_library() -> None:
    finds = Leafed(*map(hit, names(120)))
    answering = site(finds, *(of_quality(f"m{number}", 90.0 if number % 20 == 19 else 10.0) for number in range(120)))
    answer = document(get(answering, q="x", min_quality="50", page_size="4"))
    assert [one["media_id"] for one in answer["hits"]] == ids(19, 39, 59, 79)
    assert finds.asked == [("x", "home", 1, 50), ("x", "home", 2, 50)]
    assert (answer["total"], answer["sifted"]) == (5, {"looked_at": 100, "of": 120, "is_all": False})
    second = document(get(answering, q="x", min_quality="50", page_size="4", page="2"))
    assert [one["media_id"] for one in second["hits"]] == ids(99, 119)
    assert (second["total"], second["sifted"]) == (6, {"looked_at": 120, "of": 120, "is_all": True})


def test_how_many_are_looked_at_is_bounded_and_said() -> None:
    finds = Leafed(*map(hit, names(230)))
    media = CountingBucket("media")
    answering = site(finds, *(of_quality(name, 90.0 if name == "m7" else 10.0) for name in names(230)), media=media)
    answer = document(get(answering, q="x", min_quality="50"))
    assert shown(get(answering, q="x", min_quality="50")) == ids(7)
    assert answer["sifted"] == {"looked_at": MOST_LOOKED_AT, "of": 230, "is_all": False}
    assert "first 200 of 230" in answer["hint"]
    assert set(media.asked) == {"uploads/m7.mp4"}, "of those that do not pass only the record is read"
    nobody = document(get(answering, q="x", min_quality="95"))
    assert (nobody["total"], nobody["hits"]) == (0, [])
    assert nobody["hint"].startswith("None of the 200 that were looked at has a quality of 95 or more.")


def test_nothing_that_fits_the_sentence_is_another_answer_than_nothing_that_passes() -> None:
    assert "sentence" in document(get(site(Leafed()), q="x", tag="dog"))["hint"]
    assert "still being built" in document(get(site(Leafed(ready=False)), q="x", tag="dog"))["hint"]
    hint = document(get(site(Leafed(hit("m0")), record("m0")), q="x", tag="dog,cat"))["hint"]
    assert hint == "None of the 1 that were looked at has the tag 'dog' and the tag 'cat'."


def test_a_hit_that_moves_from_page_to_page_is_shown_once() -> None:
    class Moving(Leafed):
        def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
            found = super().search(text, namespace, page, page_size)
            return found if page == 1 else SearchPage(found.total, [self.hits[49], *found.hits])

    finds = Moving(*map(hit, names(80)))
    answering = site(finds, *(of_quality(name, 90.0 if name in ("m49", "m70") else 1.0) for name in names(80)))
    assert shown(get(answering, q="x", min_quality="50")) == ids(49, 70)


def test_a_library_that_counts_more_than_it_gives_is_asked_no_longer() -> None:
    finds = FakeFinds(total=1_000)
    answer = document(get(site(finds), q="x", min_quality="50"))
    assert (len(finds.asked), answer["sifted"]) == (1, {"looked_at": 0, "of": 0, "is_all": True})


def test_what_a_caller_may_not_see_passes_no_filter() -> None:
    media = CountingBucket("media")
    theirs = record("m0", namespace="next door", found=Findings(quality=90.0))
    answer = get(site(Leafed(hit("m0"), hit("m1")), theirs, of_quality("m1", 90.0), media=media), q="x", min_quality="1")
    assert shown(answer) == ids(1)
    assert media.asked == ["uploads/m1.mp4"]


def test_the_usual_search_is_asked_as_ever() -> None:
    finds = Leafed(hit("m0"))
    answer = document(get(site(finds, record("m0")), q="x", tag=" , ", min_quality=""))
    assert finds.asked == [("x", "home", 1, 10)]
    assert "sifted" not in answer


@pytest.mark.parametrize("quality", ["-1", "100.1", "1e2", "nan", "inf", "good", "５0", "1.2.3", ".", "0" * 20, "\x1b[31m"])
def test_a_quality_that_is_none_is_refused(quality: str) -> None:
    finds = FakeFinds()
    response = get(site(finds), q="x", min_quality=quality)
    problem = document(response)["error"]
    assert (response.status, problem["field"], finds.asked) == (400, "min_quality", [])
    assert "0 to 100" in problem["fix"]


@pytest.mark.parametrize("tag", ["x" * 101, ",".join(map(str, range(11)))])
def test_tags_that_are_too_long_or_too_many_are_refused(tag: str) -> None:
    response = get(site(FakeFinds()), q="x", tag=tag)
    assert (response.status, document(response)["error"]["field"]) == (400, "tag")


def test_tags_are_told_apart_by_commas_and_once_each() -> None:
    assert parse_wish({"tag": "Dog,, dog ,STRASSE,straße"}) == Wish(None, ["dog", "strasse"])
    assert parse_wish({"tag": "\u202e,\u200b"}) is None


def test_a_hit_that_is_no_media_is_not_looked_up() -> None:
    finds = Leafed(SearchHit("../../pending", []), hit("m0"))
    assert shown(get(site(finds, of_quality("m0", 90.0)), q="x", min_quality="1")) == ids(0)
