"""Upload real media with the official SDK; find them with a sentence."""

from __future__ import annotations

from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from tests.laptop import Cloud, wait_until


@pytest.fixture(scope="module")
def uploaded(cloud: Cloud, clips: dict[str, Path]) -> dict[str, str]:
    """Every sample clip put into a namespace of its own test, searchable; keys by clip."""
    keys = {}
    for name, path in clips.items():
        if path.is_dir():
            folder = f"uploads/street/entrance/{name}.event/"
            for image in sorted(path.glob("*.jpg")):
                cloud.bucket().put_object_from_file(folder + image.name, str(image))
            keys[name] = folder + "manifest.json"
            cloud.bucket().put_object_from_file(keys[name], str(path / "manifest.json"))
        else:
            keys[name] = f"uploads/street/corner/2026-11-21T08-15-30 {name}.mp4"
            cloud.bucket().put_object_from_file(keys[name], str(path))
    stories = cloud.wait(*keys.values())
    assert {story.stage for story in stories} == {"searchable"}, stories
    return keys


@pytest.mark.parametrize(
    ("sentence", "clip"),
    [
        ("a person in red walks to the right", "street-by-day"),
        ("somebody walks to the left at night", "street-at-night"),
        ("a car drives by", "van-passing"),
        ("someone leaves an object behind", "suitcase-left-behind"),
        ("a sign that says delivery", "gate-sign"),
        ("晚上一个人向左走", "street-at-night"),
        ("红色衣服的人", "street-by-day"),
    ],
)
def test_a_sentence_finds_its_clip(cloud: Cloud, uploaded: dict[str, str], sentence: str, clip: str) -> None:
    answer = cloud.search(sentence, "street")
    assert [hit["key"] for hit in answer["hits"]][:1] == [uploaded[clip]], answer
    assert 0 < answer["hits"][0]["score"] <= 1


def test_nothing_relevant_is_an_empty_answer(cloud: Cloud, uploaded: dict[str, str]) -> None:
    answer = cloud.search("two pandas are fighting", "street")
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert answer["hint"]


def test_namespaces_are_kept_apart(cloud: Cloud, uploaded: dict[str, str]) -> None:
    assert cloud.search("a person in red walks to the right", "elsewhere")["hits"] == []


def test_a_hit_carries_what_a_person_needs(cloud: Cloud, uploaded: dict[str, str]) -> None:
    hit = cloud.search("a person in red walks to the right", "street")["hits"][0]
    assert (hit["kind"], hit["device"], hit["time"]) == ("video", "corner", "2026-11-21T08:15:30.000Z")
    assert hit["labels"] == ["human"]
    assert hit["caption"]
    assert hit["engine"]["name"]
    assert hit["engine"]["cannot_see"]
    assert 0 < hit["starts_at"] < 8
    picture = httpx.get(hit["thumbnail_url"], trust_env=False)
    image = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.headers["content-type"] == "image/jpeg"
    assert image is not None
    assert image.shape[1] == 480
    film = httpx.get(hit["media_url"], headers={"Range": "bytes=0-99"}, trust_env=False)
    assert (film.status_code, len(film.content)) == (206, 100)


def test_a_sequence_is_one_media(cloud: Cloud, uploaded: dict[str, str]) -> None:
    hits = cloud.search("a person", "street", page_size=50)["hits"]
    parts = [hit for hit in hits if ".event/" in hit["key"]]
    assert [(hit["kind"], hit["key"]) for hit in parts] == [("sequence", uploaded["entrance-visit"])]
    assert httpx.get(parts[0]["thumbnail_url"], trust_env=False).status_code == 200


def test_pages_do_not_overlap(cloud: Cloud, uploaded: dict[str, str]) -> None:
    whole = [hit["key"] for hit in cloud.search("a person", "street", page_size=50)["hits"]]
    pages = [cloud.search("a person", "street", page=page, page_size=1) for page in range(1, len(whole) + 2)]
    assert [hit["key"] for page in pages for hit in page["hits"]] == whole
    assert {page["total"] for page in pages} == {len(whole)}
    assert len(whole) >= 3


def test_a_deleted_object_is_no_longer_found(cloud: Cloud, clips: dict[str, Path]) -> None:
    key = "uploads/short-lived/corner/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    cloud.wait(key)
    assert cloud.search("a person in red", "short-lived")["total"] == 1
    cloud.bucket().delete_object(key)
    wait_until(lambda: cloud.search("a person in red", "short-lived")["total"] == 0, 30)
    wait_until(lambda: cloud.story(key).stage == "removed", 30)
