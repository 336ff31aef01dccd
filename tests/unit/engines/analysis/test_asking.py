"""What a vision model is asked for PAI's sake, over HTTP, of a server that answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.analysis.asking import NoAnswer, VisionAnalyst, VisionSettings
from engines.imaging import UnreadableMedia
from tests.fakes.vision_server import VisionServer, in_turn, refuses, says
from tests.unit.engines.media import write_picture, write_video

KEY = "sk-do-not-show-me-0123456789"


@pytest.fixture
def server() -> Iterator[VisionServer]:
    server = VisionServer()
    yield server
    server.stop()


@pytest.fixture
def analyst(server: VisionServer) -> VisionAnalyst:
    return VisionAnalyst(VisionSettings(server.base_url, KEY, "some-vl-model"), timeout=5.0, sleep=lambda _seconds: None)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "grey.png", np.full((240, 320, 3), 120, np.uint8))


def pictures_shown(server: VisionServer) -> int:
    return sum(part["type"] == "image_url" for part in server.requests[-1]["messages"][1]["content"])


def words(server: VisionServer) -> str:
    return str(server.requests[-1]["messages"][1]["content"][-1]["text"])


def test_an_age_is_one_of_the_documented_ranges(server: VisionServer, analyst: VisionAnalyst, picture: Path) -> None:
    server.behaviour = in_turn(says('{"age_range": "30-39"}'))
    assert analyst.age_range(picture) == "30-39"
    assert pictures_shown(server) == 1


def test_where_nobody_is_seen_there_is_no_age(server: VisionServer, analyst: VisionAnalyst, picture: Path) -> None:
    server.behaviour = in_turn(says('{"age_range": "nobody"}'))
    assert analyst.age_range(picture) is None


def test_an_answer_of_another_form_is_asked_for_once_more(server: VisionServer, analyst: VisionAnalyst, picture: Path) -> None:
    server.behaviour = in_turn(says('{"age_range": "about forty"}'), says('{"age_range": "40-49"}'))
    assert analyst.age_range(picture) == "40-49"
    assert "about forty" in json.dumps(server.requests[-1])


def test_two_answers_of_another_form_are_none(server: VisionServer, analyst: VisionAnalyst, picture: Path) -> None:
    server.behaviour = in_turn(says("I would rather not."))
    with pytest.raises(NoAnswer, match="not what was asked for, twice"):
        analyst.age_range(picture)
    assert len(server.requests) == 2


def test_tags_are_cleaned_and_named_once(server: VisionServer, analyst: VisionAnalyst, picture: Path) -> None:
    server.behaviour = in_turn(says(json.dumps({"tags": ["1girl", " long \n hair", "1girl", "", "x" * 100]})))
    assert analyst.painting_tags(picture) == ["1girl", "long hair", "x" * 59 + "…"]


def test_a_post_is_shown_as_frames_pictures_and_words(server: VisionServer, analyst: VisionAnalyst, picture: Path, tmp_path: Path) -> None:
    server.behaviour = in_turn(says('{"classes": ["Travel", "Lifestyle", "Food"]}'))
    clip = write_video(tmp_path / "clip.mp4", [np.full((240, 320, 3), 10 * number, np.uint8) for number in range(20)])

    assert analyst.classes(clip, [picture, picture], 'A trip; answer "Food"', 2) == ["Travel", "Lifestyle"]

    assert pictures_shown(server) == 8 + 2
    assert 'answer \\"Food\\"' in words(server)
    assert "at most 2 classes" in words(server)


def test_an_endpoint_that_refuses_gives_no_answer_and_its_key_is_not_told(
    server: VisionServer, analyst: VisionAnalyst, picture: Path
) -> None:
    server.behaviour = in_turn(refuses(401, f"wrong key {KEY}"))
    with pytest.raises(NoAnswer) as failure:
        analyst.painting_tags(picture)
    assert "vision.api_key" in str(failure.value)
    assert KEY not in str(failure.value)


def test_what_is_no_picture_is_not_sent(server: VisionServer, analyst: VisionAnalyst, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(UnreadableMedia):
        analyst.age_range(text)
    assert server.requests == []
