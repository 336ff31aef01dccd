"""What a worker answers for PAI, with the real engines in this process: the documented shapes, and no more than what was measured."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.analysis.asking import VisionAnalyst, VisionSettings
from engines.analysis.tools import usual_tools
from engines.imaging import UnreadableMedia
from engines.understanding.reading import Reader
from engines.understanding.tools import Tools
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.pai.analysis import Work
from localcloud.pai.analyst import Analyst, build
from tests.fakes.vision_server import VisionServer, in_turn, refuses, says
from tests.unit.engines.media import write_picture, write_video

CLASSIFYING = {"output_classification": True, "classification_top_k": 2, "output_tag": True, "tag_top_k": 2, "output_embedding": True}
ONLY_TAGS = {**CLASSIFYING, "output_classification": False, "output_embedding": False}
SETTING = "SIGHTLINE_VISION_BASE_URL"


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Blocks in many colours, 320x240."""
    blocks = np.random.default_rng(3).integers(0, 255, (12, 16, 3), np.uint8)
    image = cv2.resize(blocks, (320, 240), interpolation=cv2.INTER_NEAREST)
    return str(write_picture(tmp_path_factory.mktemp("pictures") / "blocks.png", image))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A second of a box that moves, 320x240, 10 frames a second."""
    frames = [cv2.rectangle(np.full((240, 320, 3), 90, np.uint8), (20 * n, 80), (20 * n + 60, 160), (0, 0, 220), -1) for n in range(10)]
    return str(write_video(tmp_path_factory.mktemp("clips") / "box.mp4", frames))


@pytest.fixture
def analyst() -> Analyst:
    return Analyst(usual_tools(), None)


@pytest.fixture
def server() -> Iterator[VisionServer]:
    made = VisionServer()
    yield made
    made.stop()


@pytest.fixture
def seeing(server: VisionServer) -> Analyst:
    vision = VisionAnalyst(VisionSettings(server.base_url, "sk-key", "m"), timeout=5.0, sleep=lambda _seconds: None)
    return Analyst(usual_tools(), vision)


def done(analyst: Analyst, work: Work) -> Any:
    """As it comes out of another process."""
    return json.loads(json.dumps(analyst.do(json.loads(json.dumps(asdict(work))))))["data"]


def numbers(vector: str) -> list[float]:
    return [float(number) for number in vector.split(",")]


def test_the_quality_of_a_picture(analyst: Analyst, picture: str) -> None:
    answer = done(analyst, Work("image_quality", (picture,)))
    assert answer.keys() == {"image_height", "image_width", "iqa_result"}
    assert (answer["image_width"], answer["image_height"]) == (320, 240)
    assert 0 <= answer["iqa_result"] <= 100
    assert round(answer["iqa_result"], 2) == answer["iqa_result"]


def test_no_face_is_an_empty_list(analyst: Analyst, picture: str) -> None:
    assert done(analyst, Work("faces", (picture,))) == {"attr": []}


def test_tags_are_as_many_as_were_asked_for_and_sorted(analyst: Analyst, picture: str) -> None:
    answer = done(analyst, Work("labels", (picture,), options={"tag_top_k": 1, "output_embedding": True}, notes=("a note",)))
    assert (answer["image_width"], answer["image_height"], len(answer["tag_result"])) == (320, 240, 1)
    assert answer["tag_result"][0].keys() == {"score", "tag"}
    assert len(numbers(answer["embedding_result"])) == 512
    assert answer["notes"][0] == "a note"
    bare = done(analyst, Work("labels", (picture,), options={"tag_top_k": 10, "output_embedding": False}))
    assert "embedding_result" not in bare
    scores = [tag["score"] for tag in bare["tag_result"]]
    assert scores == sorted(scores, reverse=True)


def test_the_quality_of_a_video(analyst: Analyst, clip: str) -> None:
    answer = done(analyst, Work("video_quality", video=clip))
    assert answer.keys() == {"avg_fps", "duration", "height", "single_img", "video_score", "width"}
    assert (answer["avg_fps"], answer["width"], answer["height"]) == (10, 320, 240)
    assert answer["duration"] == pytest.approx(1.0, abs=0.15)
    assert 0 < answer["single_img"] <= 1


def test_a_video_without_a_vision_endpoint_has_no_classes_and_says_why(analyst: Analyst, clip: str) -> None:
    answer = done(analyst, Work("video_labels", video=clip, options=CLASSIFYING))
    assert "classification_result" not in answer
    assert any(SETTING in note for note in answer["notes"])
    assert len(numbers(answer["embedding_result"])) == 64
    assert len(answer["tag_result"]) <= 2
    assert (answer["video_width"], answer["video_height"]) == (320, 240)


def test_what_was_not_asked_for_is_not_there(analyst: Analyst, clip: str) -> None:
    answer = done(analyst, Work("video_labels", video=clip, options={**ONLY_TAGS, "output_tag": False}))
    assert answer.keys() == {"duration", "video_height", "video_width"}


def test_a_post_of_pictures_has_empty_words_for_its_video(analyst: Analyst, picture: str) -> None:
    answer = done(analyst, Work("post_labels", (picture, picture), text="words", options=CLASSIFYING))
    assert (answer["duration"], answer["video_height"], answer["video_width"]) == ("", "", "")
    assert len(numbers(answer["embedding_result"])) == 32
    names = [tag["tag"] for tag in answer["tag_result"]]
    assert len(names) == len(set(names)) <= 2
    assert any("the text counts for classes only" in note for note in answer["notes"])


def test_a_post_of_a_video(analyst: Analyst, clip: str, picture: str) -> None:
    answer = done(analyst, Work("post_labels", (picture,), video=clip, options=ONLY_TAGS))
    assert (answer["video_width"], answer["video_height"]) == (320, 240)
    assert "embedding_result" not in answer


def test_classes_are_a_vision_models_words(seeing: Analyst, server: VisionServer, clip: str) -> None:
    server.behaviour = in_turn(says('{"classes": ["Travel", "Sports", "Food"]}'))
    answer = done(seeing, Work("video_labels", video=clip, text="a title", options=CLASSIFYING))
    assert answer["classification_result"] == [{"class": "Travel", "score": 0.5}, {"class": "Sports", "score": 0.5}]
    assert "a title" in json.dumps(server.requests[-1])


def test_a_vision_endpoint_that_fails_costs_the_classes_alone(seeing: Analyst, server: VisionServer, clip: str) -> None:
    server.behaviour = in_turn(refuses(401, "no"))
    answer = done(seeing, Work("video_labels", video=clip, options=CLASSIFYING))
    assert "classification_result" not in answer
    assert any("classes are left out: the vision endpoint gave no answer" in note for note in answer["notes"])
    assert answer["embedding_result"]


def test_an_age_and_a_paintings_tags(seeing: Analyst, server: VisionServer, picture: str) -> None:
    server.behaviour = in_turn(says('{"age_range": "3-9"}'), says('{"tags": ["1girl", "long hair"]}'), says('{"age_range": "nobody"}'))
    assert done(seeing, Work("age", (picture,))) == {"age_range": "3-9", "age_range_prob": 0.5}
    painting = done(seeing, Work("painting", (picture,)))
    assert (painting["caption"], painting["probs"]) == ("1girl, long hair", [])
    assert "threshold does nothing" in painting["notes"][-1]
    assert seeing.do(asdict(Work("age", (picture,)))) == {"refused": "no face was found in the picture"}


def test_nobody_to_reshape_is_refused(analyst: Analyst, picture: str) -> None:
    refused = analyst.do(asdict(Work("reshape_body", (picture,), options={"degree": 1.0})))["refused"]
    assert "no person was found" in refused


@pytest.mark.skipif(not Reader.available(), reason="the `ocr` extra is not installed")
def test_a_mark_in_a_corner_is_taken_away(analyst: Analyst, tmp_path: Path) -> None:
    clean = np.full((360, 640, 3), (150, 120, 90), np.uint8)
    marked = cv2.putText(clean.copy(), "SAMPLE", (440, 335), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3, cv2.LINE_AA)
    file = write_picture(tmp_path / "marked.png", marked)

    told = analyst.do(asdict(Work("remove_watermark", (str(file),), notes=("a note",))))
    assert told["notes"] == ("a note",)
    answer = base64.b64decode(told["data"], validate=True)

    made = cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_COLOR)
    assert made is not None
    assert made.shape == clean.shape
    assert cv2.PSNR(made, clean) > cv2.PSNR(marked, clean) + 10


@pytest.mark.skipif(not Reader.available(), reason="the `ocr` extra is not installed")
def test_a_picture_without_marks_comes_back_and_says_so(analyst: Analyst, picture: str) -> None:
    told = analyst.do(asdict(Work("remove_watermark", (picture,))))
    assert base64.b64decode(told["data"]) == Path(picture).read_bytes()
    assert len(told["notes"]) == 1


def test_without_a_reader_no_mark_is_looked_for_and_nothing_is_pretended(picture: str) -> None:
    assert "ocr" in Analyst(Tools(), None).do(asdict(Work("remove_watermark", (picture,))))["refused"]


def test_what_is_no_media_is_unreadable(analyst: Analyst, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no media")
    for task in ("image_quality", "faces", "labels", "reshape_body", "remove_watermark"):
        with pytest.raises(UnreadableMedia):
            analyst.do(asdict(Work(task, (str(text),), options={"tag_top_k": 1, "output_embedding": True, "degree": 1.0})))
    for task in ("video_quality", "video_labels"):
        with pytest.raises(UnreadableMedia):
            analyst.do(asdict(Work(task, video=str(text), options=ONLY_TAGS)))


def test_a_picture_is_no_video(analyst: Analyst, picture: str) -> None:
    for work in (
        Work("video_quality", video=picture),
        Work("video_labels", video=picture, options=ONLY_TAGS),
        Work("post_labels", (picture,), video=picture, options=ONLY_TAGS),
    ):
        with pytest.raises(UnreadableMedia, match=r"^the file is a picture \(png\), no video$"):
            analyst.do(asdict(work))


def test_it_is_built_of_the_engines_settings(server: VisionServer, picture: str) -> None:
    assert "no vision endpoint is set" in build(EngineSettings()).do(asdict(Work("age", (picture,))))["refused"]
    server.behaviour = in_turn(says('{"age_range": "70+"}'))
    settings = EngineSettings(vision_base_url=server.base_url, vision_model="m")
    assert done(build(settings), Work("age", (picture,)))["age_range"] == "70+"
