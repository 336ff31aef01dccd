"""similar=<media id>: near-duplicates, of the caller's own media."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from sightline.alike.index import remember
from sightline.record.findings import Findings, Gap
from sightline.record.model import Record
from sightline.record.shelf import RecordShelf
from sightline.search.searcher import Searcher
from sightline.search.web import SearchSite
from tests.fakes.sightline import FakeBucket, FakeClock
from tests.unit.sightline.alike.test_signature import at_cosine, direction
from tests.unit.sightline.test_search import CONTENT, PAGE, FakeFinds, document, get, identity, record, shown

DIMENSIONS = 512


class Album:
    """Media near one another, each at its cosine of the first."""

    def __init__(self) -> None:
        self.state, self.media = FakeBucket("state", FakeClock()), FakeBucket("media", FakeClock())
        self.library = FakeFinds()
        self.random = Random(5)
        self.first = direction(self.random, DIMENSIONS)
        searcher = Searcher(self.library, RecordShelf(self.state), self.media, self.state, 3600)
        self.site = SearchSite(searcher, PAGE, "home", "https://media.example")

    def add(self, known: Record, cosine: float | None = 1.0, generation: str | None = None) -> Record:
        self.state.put(f"{known.media_id}/record.json", json.dumps(known.to_json()).encode())
        self.media.put(known.key, CONTENT)
        if cosine is not None:
            embedding = self.first if cosine == 1.0 else at_cosine(cosine, self.first, self.random)
            remember(self.state, known.media_id, generation or known.generation, known.namespace, embedding)
        return known


def image(name: str, **more: Any) -> Record:
    return record(name, **{"kind": "image", "found": Findings(alike=DIMENSIONS), **more})


@pytest.fixture
def album() -> Album:
    made = Album()
    made.add(image("m0", title="The original"))
    return made


def test_the_nearest_come_first_with_their_cosine_and_without_itself(album: Album) -> None:
    album.add(image("near"), 0.97)
    album.add(image("copy"), 1.0)
    album.add(image("other"), 0.1)
    answer = document(get(album.site, similar=identity("m0")))
    assert [one["media_id"] for one in answer["hits"]] == [identity("copy"), identity("near")]
    assert [one["score"] for one in answer["hits"]] == [1.0, 0.97]
    assert (answer["total"], answer["sifted"]["is_all"], answer["hint"]) == (2, True, None)
    assert answer["similar"] == {"media_id": identity("m0"), "title": "The original", "key": "uploads/m0.mp4"}
    assert answer["hits"][0]["has_embedding"] is True
    assert album.library.asked == [], "it needs no library"


def test_filters_and_pages_go_with_it(album: Album) -> None:
    for number in range(1, 6):
        album.add(image(f"m{number}", found=Findings(alike=DIMENSIONS, quality=number * 10.0)), 1 - number / 100)
    good = get(album.site, similar=identity("m0"), min_quality="30")
    assert shown(good) == [identity(f"m{number}") for number in (3, 4, 5)]
    second = get(album.site, similar=identity("m0"), page_size="2", page="2")
    assert (shown(second), document(second)["total"]) == ([identity("m3"), identity("m4")], 5)


def test_only_media_of_the_same_namespace_are_found(album: Album) -> None:
    album.add(image("theirs", namespace="next door"), 1.0)
    assert shown(get(album.site, similar=identity("m0"))) == []
    assert document(get(album.site, similar=identity("m0")))["hint"] == "Nothing else looks like it."


@pytest.mark.parametrize("name", ["nobody", "theirs"])
def test_a_media_that_is_unknown_or_of_others_is_the_same_404(album: Album, name: str) -> None:
    album.add(image("theirs", namespace="next door"))
    response = get(album.site, similar=identity(name))
    problem = document(response)["error"]
    assert (response.status, problem["code"], problem["field"]) == (404, "UnknownMedia", "similar")
    assert problem["message"] == f"similar is {identity(name)}, which is no media of the namespace home"


@pytest.mark.parametrize(
    ("kind", "says"), [("image", "pai:multi_label_image_v2"), ("video", "pai:classify_label_video"), ("sequence", "only images and videos")]
)
def test_a_media_without_an_embedding_says_which_job_gives_it_one(album: Album, kind: str, says: str) -> None:
    album.add(record("bare", kind=kind), None)
    response = get(album.site, similar=identity("bare"))
    problem = document(response)["error"]
    assert (response.status, problem["code"], problem["field"]) == (404, "NoEmbedding", "similar")
    assert says in problem["fix"]


def test_a_job_that_failed_is_told_instead_of_the_rule(album: Album) -> None:
    gaps = [Gap("pai:image_qa", "no"), Gap("pai:multi_label_image_v2", "model not found")]
    album.add(record("bare", kind="image", found=Findings(gaps=gaps)), None)
    problem = document(get(album.site, similar=identity("bare")))["error"]
    assert problem["fix"].endswith("did not end well: model not found")


def test_an_embedding_of_other_content_finds_nothing_and_is_not_found(album: Album) -> None:
    album.add(image("changed"), 1.0, generation="OLD")
    assert shown(get(album.site, similar=identity("m0"))) == []
    assert document(get(album.site, similar=identity("changed")))["error"]["code"] == "NoEmbedding"


def test_of_a_media_that_is_kept_with_two_contents_the_one_counts_that_is_there(album: Album) -> None:
    album.add(image("changed"), 1.0, generation="OLD")
    album.add(image("changed"), 0.97)
    album.add(image("gone"), 0.95, generation="OLD")
    answer = document(get(album.site, similar=identity("m0")))
    assert [(one["media_id"], one["score"]) for one in answer["hits"]] == [(identity("changed"), 0.97)]
    assert shown(get(album.site, similar=identity("changed"))) == [identity("m0")]


def test_a_near_one_whose_record_or_object_is_gone_is_not_shown(album: Album) -> None:
    album.add(image("gone"), 0.99)
    album.add(image("forgotten"), 0.98)
    album.media.delete("uploads/gone.mp4")
    album.state.delete(f"{identity('forgotten')}/record.json")
    answer = document(get(album.site, similar=identity("m0")))
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert answer["hint"] == "None of the 2 that were looked at is still there."


@pytest.mark.parametrize("similar", ["x", "../record", "A" * 32, f"{'a' * 32}0", "\x1b[31m"])
def test_what_is_no_media_id_is_refused(album: Album, similar: str) -> None:
    response = get(album.site, similar=similar)
    assert (response.status, document(response)["error"]["field"]) == (400, "similar")


def test_a_sentence_beside_it_is_refused(album: Album) -> None:
    response = get(album.site, similar=identity("m0"), q="a cat")
    assert (response.status, document(response)["error"]["field"]) == (400, "q")
