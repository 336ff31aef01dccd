"""Photographs and footage that nobody drew for this: where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laptop import Cloud

PHOTOS = Path(__file__).parents[2] / ".cache/photos"
FOOTAGE = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")

pytestmark = pytest.mark.skipif(not PHOTOS.is_dir(), reason="the sample photographs are not in .cache/photos; `make setup` fetches them")


@pytest.fixture(scope="module")
def keys(cloud: Cloud) -> dict[str, str]:
    paths = [*sorted(PHOTOS.iterdir()), *([FOOTAGE] if FOOTAGE.is_file() else [])]
    keys = {path.name: f"uploads/real/album/{path.name}" for path in paths if path.suffix in (".png", ".jpg", ".avi")}
    for path in paths:
        if path.name in keys:
            cloud.bucket().put_object_from_file(keys[path.name], str(path))
    assert {story.stage for story in cloud.wait(*keys.values())} == {"searchable"}
    return keys


@pytest.mark.parametrize(
    ("sentence", "photo"),
    [("a person who faces the camera", "astronaut.png"), ("a page of text about segmentation", "page.png"), ("一页文字", "page.png")],
)
def test_a_sentence_finds_its_photograph(cloud: Cloud, keys: dict[str, str], sentence: str, photo: str) -> None:
    assert keys[photo] in [hit["key"] for hit in cloud.search(sentence, "real")["hits"]]


def test_nobody_is_seen_where_nobody_is(cloud: Cloud, keys: dict[str, str]) -> None:
    found = {hit["key"] for hit in cloud.search("a person", "real", page_size=50)["hits"]}
    assert found == {keys[name] for name in ("astronaut.png", "vtest.avi") if name in keys}


def test_footage_is_found_at_its_moment(cloud: Cloud, keys: dict[str, str]) -> None:
    if "vtest.avi" not in keys:
        pytest.skip("Debian's opencv-doc with its vtest.avi is not installed")
    hit = cloud.search("a person walks away from the camera", "real")["hits"][0]
    assert hit["key"] == keys["vtest.avi"]
    assert hit["clips"]
    assert 0 <= hit["starts_at"] < 80
