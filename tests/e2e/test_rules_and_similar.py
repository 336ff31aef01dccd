"""Rules of one's own, from their explanation to what is found by them: the real functions, with the rights that they have in the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.browser.page_site import scene
from tests.laptop import Cloud, wait_until

RULES = {"rules": [{"name": "pictures", "match": {"kind": "image"}, "jobs": ["smarttag", "pai:image_qa", "pai:multi_label_image_v2"]}]}
FOLDER = "uploads/album/camera"
FOUND_SECONDS = 45
SENTENCE = "text"
TIMER = Path(__file__).parents[2] / "events/timer.json"


@pytest.fixture
def album(new_cloud: Callable[..., Cloud], tmp_path: Path) -> Cloud:
    """A laptop cloud with a picture, a small copy of it, and one of something else."""
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    cloud = new_cloud(SIGHTLINE_RULES_FILE=str(rules))
    picture = scene(4.0)
    for name, content in (("picture", picture), ("copy", cv2.resize(picture, (426, 240))), ("other", picture[:, ::-1] ^ 255)):
        assert cv2.imwrite(str(tmp_path / f"{name}.jpg"), content)
    cloud.here("upload", *(str(tmp_path / f"{name}.jpg") for name in ("picture", "copy", "other")), "--namespace", "album", "--wait")
    return cloud


def asked(cloud: Cloud, *arguments: str) -> Any:
    """No hits of what is not known yet."""
    return json.loads(cloud.here("search", *arguments, "--namespace", "album", "--json", code=None).stdout or '{"hits": []}')


def has_come_together(cloud: Cloud) -> bool:
    """What ends after a media is searchable already, a sweep adds to its record."""
    cloud.here("invoke", "sweep", "--event", str(TIMER))
    hits = asked(cloud, SENTENCE)["hits"]
    return len(hits) == 3 and all(hit.get("has_embedding") and "quality" in hit["found"] for hit in hits)


def keys(answer: Any) -> list[str]:
    return [hit["key"] for hit in answer["hits"]]


def test_what_the_rules_say_is_what_is_done_and_found(album: Cloud) -> None:
    told = json.loads(album.here("rules", "explain", f"{FOLDER}/picture.jpg", "--json").stdout)
    assert [(one["rule"], one["decides"]) for one in told["rules"]] == [("pictures", True)]
    assert [(job["job"], job["runs"]) for job in told["jobs"]] == [(job, True) for job in RULES["rules"][0]["jobs"]]
    assert (told["kind"], told["size"] > 0) == ("image", True)

    wait_until(lambda: has_come_together(album), FOUND_SECONDS, lambda: json.dumps(asked(album, SENTENCE)))
    assert keys(asked(album, "--similar", f"{FOLDER}/picture.jpg")) == [f"{FOLDER}/copy.jpg"]
    (near,) = asked(album, "--similar", told["media_id"])["hits"]
    assert near["score"] > 0.95
    hits = {hit["key"]: hit["found"] for hit in asked(album, SENTENCE)["hits"]}
    middle = sorted(found["quality"] for found in hits.values())[1]
    good = keys(asked(album, SENTENCE, "--min-quality", f"{middle - 0.01:.2f}"))
    assert sorted(good) == sorted(key for key in hits if hits[key]["quality"] >= middle)
    refused = album.here("search", "--similar", f"{FOLDER}/nothing.jpg", "--namespace", "album", code=4)
    assert "no media of the namespace album" in refused.stderr
