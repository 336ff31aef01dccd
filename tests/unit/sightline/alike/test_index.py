"""Near-duplicates in a bucket: kept, found, replaced and forgotten."""

from __future__ import annotations

import math
from random import Random

import pytest

from sightline.alike.embedding import Remembered, pack
from sightline.alike.finding import LEAST_COSINE, MOST_WEIGHED, find
from sightline.alike.index import forget, recall, remember, remembered
from sightline.errors import BadInput
from sightline.media.identity import media_id
from sightline.pipeline.orphans import _folders
from tests.fakes.sightline import FakeBucket, FakeClock
from tests.unit.sightline.alike.test_signature import FILM, IMAGE, at_cosine, direction


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket("state", FakeClock())


def identity(name: str) -> str:
    return media_id("media", name)


def found(bucket: FakeBucket, embedding: list[float], namespace: str = "home", most: int = 10, without: str = "") -> list[str]:
    return [one.media_id for one in find(bucket, namespace, embedding, most, without)]


def test_copies_are_found_the_nearest_first_with_their_cosine(bucket: FakeBucket) -> None:
    random = Random(1)
    original = direction(random, IMAGE)
    for name, wanted in (("near", 0.97), ("nearest", 0.995), ("far", 0.3)):
        remember(bucket, identity(name), "G", "home", at_cosine(wanted, original, random))
    remember(bucket, identity("original"), "G", "home", original)
    candidates = find(bucket, "home", original, 10, identity("original"))
    assert [(one.media_id, one.generation) for one in candidates] == [(identity("nearest"), "G"), (identity("near"), "G")]
    assert [one.cosine for one in candidates] == pytest.approx([0.995, 0.97], abs=1e-5)


def test_of_many_strangers_a_few_are_looked_at_and_none_is_found() -> None:
    class Counting(FakeBucket):
        read = 0

        def get(self, key: str) -> bytes | None:
            self.read += 1
            return super().get(key)

    bucket, random = Counting("state", FakeClock()), Random(2)
    for number in range(300):
        remember(bucket, identity(f"{number}"), "G", "home", direction(random, FILM))
    bucket.read = 0
    for _ in range(20):
        assert found(bucket, direction(random, FILM)) == []
    assert bucket.read < 20, "strangers that meet by chance differ in too many bits to be read"


def test_namespaces_and_sizes_never_mix(bucket: FakeBucket) -> None:
    image, film = direction(Random(3), IMAGE), direction(Random(3), FILM)
    remember(bucket, identity("image"), "G", "home", image)
    remember(bucket, identity("film"), "G", "home", film)
    remember(bucket, identity("theirs"), "G", "next door", image)
    assert found(bucket, image) == [identity("image")]
    assert found(bucket, film) == [identity("film")]
    assert found(bucket, image, "next door") == [identity("theirs")]
    assert found(bucket, image, "home/00") == found(bucket, image, "") == []


def test_each_generation_has_its_own_and_who_is_late_with_the_old_takes_nothing_from_the_new(bucket: FakeBucket) -> None:
    """Also where both look the same, and so lie in the same places."""
    vector = direction(Random(4), IMAGE)
    remember(bucket, identity("m"), "NEW", "home", vector)
    new = dict(bucket.contents)
    remember(bucket, identity("m"), "OLD", "home", vector)
    assert {(one.media_id, one.generation) for one in find(bucket, "home", vector, 10)} == {
        (identity("m"), name) for name in ("NEW", "OLD")
    }
    assert sorted(generation for generation, _ in remembered(bucket, identity("m"))) == ["NEW", "OLD"]
    forget(bucket, identity("m"), "OLD")
    assert bucket.contents == new
    remember(bucket, identity("m"), "NEW", "home", vector)
    assert bucket.contents == new
    assert len(new) == 13


def test_what_is_forgotten_leaves_nothing(bucket: FakeBucket) -> None:
    vector = direction(Random(5), IMAGE)
    remember(bucket, identity("m"), "G-2", "home", vector)  # as the eTag of an upload in parts is
    forget(bucket, identity("m"), "G-2")
    assert bucket.contents == {}
    forget(bucket, identity("m"), "G-2")


@pytest.mark.parametrize("after", range(14))
def test_an_interruption_is_mended_by_remembering_again_and_by_forgetting(after: int) -> None:
    class Interrupted(FakeBucket):
        left = after

        def put(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> None:
            if not self.left:
                raise InterruptedError
            self.left -= 1
            super().put(key, content)

    vector = direction(Random(6), FILM)
    bucket = Interrupted("state", FakeClock())
    if after < 13:
        with pytest.raises(InterruptedError):
            remember(bucket, identity("m"), "G", "home", vector)
    bucket.left = 100
    half_made = dict(bucket.contents)
    remember(bucket, identity("m"), "G", "home", vector)
    assert found(bucket, vector) == [identity("m")]
    bucket.contents = half_made
    forget(bucket, identity("m"), "G")
    assert bucket.contents == {}


def test_a_place_whose_embedding_is_gone_or_damaged_is_passed_over(bucket: FakeBucket) -> None:
    vector = direction(Random(7), FILM)
    for name in ("gone", "cut", "odd", "well"):
        remember(bucket, identity(name), "G", "home", vector)
    bucket.delete(f"similar/of/{identity('gone')}/G")
    bucket.put(f"similar/of/{identity('cut')}/G", b'{"v":1,"media_id":"x","generation":"G","namespace":"home"}\nabc')
    bucket.put(f"similar/of/{identity('odd')}/G", b"no JSON")
    assert found(bucket, vector) == [identity("well")]
    assert recall(bucket, identity("cut"), "G") is None


def test_what_others_put_there_is_passed_over(bucket: FakeBucket) -> None:
    vector = direction(Random(8), FILM)
    remember(bucket, identity("m"), "G", "home", vector)
    for key in [key for key in bucket.contents if "/64/" in key]:
        folder = key.rpartition("/")[0]
        for name in ("", "readme.txt", f"zz-{identity('x')}-G", f"ff-{identity('x')}", "ff-../../record-x"):
            bucket.put(f"{folder}/{name}", b"")
    assert found(bucket, vector) == [identity("m")]


@pytest.mark.parametrize("embedding", [[], [0.0] * FILM, [math.nan] * FILM, [1.0, math.inf]])
def test_an_embedding_without_a_direction_is_refused(bucket: FakeBucket, embedding: list[float]) -> None:
    with pytest.raises(BadInput, match="no direction"):
        remember(bucket, identity("m"), "G", "home", embedding)
    assert bucket.contents == {}


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_numbers_beyond_what_is_stored_are_scaled(bucket: FakeBucket, scale: float) -> None:
    vector = direction(Random(9), FILM)
    remember(bucket, identity("m"), "G", "home", [number * scale for number in vector])
    assert found(bucket, vector) == [identity("m")]
    forget(bucket, identity("m"), "G")
    assert bucket.contents == {}


def test_an_answer_is_bounded(bucket: FakeBucket) -> None:
    vector = direction(Random(10), FILM)
    for number in range(MOST_WEIGHED + 6):
        remember(bucket, identity(f"{number}"), "G", "home", vector)
    assert len(found(bucket, vector, most=5)) == 5
    assert len(found(bucket, vector, most=1000)) == MOST_WEIGHED


def test_what_is_hardly_alike_is_left_out(bucket: FakeBucket) -> None:
    random, vector = Random(12), direction(Random(14), FILM)
    for number in range(40):
        remember(bucket, identity(f"{number}"), "G", "home", at_cosine(LEAST_COSINE - 0.02, vector, random))
    assert found(bucket, vector) == []


def test_the_walk_over_media_never_lists_them(bucket: FakeBucket) -> None:
    """It ends at the first key beyond the media ids, and keys come in their order."""
    media = identity("m")
    bucket.put(f"{media}/ledger.jsonl", b"{}")
    remember(bucket, media, "G", "home", direction(Random(13), FILM))
    listed: list[str] = []

    class Watching(FakeBucket):
        def keys(self, prefix: str, after: str = "", page: int = 1000):  # type: ignore[no-untyped-def]
            for key in FakeBucket.keys(self, prefix, after, page):
                listed.append(key)
                yield key

    watching = Watching("state", FakeClock())
    watching.contents, watching._modified = bucket.contents, bucket._modified
    assert [folder.media_id for folder in _folders(watching, "")] == [media]
    assert len([key for key in listed if key.startswith("similar/")]) <= 1


def test_an_embedding_takes_as_many_bytes_as_it_must() -> None:
    assert len(pack(Remembered(identity("m"), "G" * 32, "home", [1.0] * IMAGE))) < IMAGE * 4 + 200
