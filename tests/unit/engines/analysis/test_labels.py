"""Tags name what is there, with scores on one scale, and nothing that was not measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.analysis.labels import Labels, labels
from engines.imaging import UnreadableMedia
from engines.understanding.detector import Detector
from engines.understanding.reading import Reader
from engines.understanding.tools import Tools
from tests.unit.engines.analysis.pictures import dimmed, scene
from tests.unit.engines.media import detector_file, photo, text_page, van, walker, write_picture, write_video


class Counting(Reader):
    """Counts the lines whose letters were read."""

    lines = 0

    def engine(self) -> Any:
        whole = super().engine()

        def counted(image: Any, use_det: bool, use_rec: bool) -> Any:
            answer = whole(image, use_det=use_det, use_rec=use_rec)
            self.lines += len(answer.txts or ()) if use_rec else 0
            return answer

        counted.crop_text_regions = whole.crop_text_regions  # type: ignore[attr-defined]
        return counted


def scores(found: Labels) -> dict[str, float]:
    ranked = [label.score for label in found.labels]
    assert ranked == sorted(ranked, reverse=True)
    assert all(0 < score <= 1 for score in ranked)
    assert len({label.name for label in found.labels}) == len(found.labels)
    return {label.name: label.score for label in found.labels}


def test_a_portrait() -> None:
    found = labels(photo("astronaut.png"), "image")
    assert {"person", "face", "bright"} <= set(scores(found))
    assert (found.width, found.height, found.seconds) == (512, 512, None)


def test_a_colour_has_the_share_that_it_covers(tmp_path: Path) -> None:
    picture = np.full((200, 300, 3), (200, 40, 30), np.uint8)
    picture[:, :90] = (40, 160, 40)
    found = scores(labels(write_picture(tmp_path / "a.png", picture), "image", Tools()))
    assert found["blue"] == pytest.approx(0.7, abs=0.02)
    assert found["green"] == pytest.approx(0.3, abs=0.02)


def test_light_and_dark(tmp_path: Path) -> None:
    day = labels(write_picture(tmp_path / "day.png", np.full((90, 120, 3), 180, np.uint8)), "image", Tools())
    night = labels(write_picture(tmp_path / "night.png", dimmed(0.15)(scene(1))), "image", Tools())
    assert "bright" in scores(day)
    assert "dark" not in scores(day)
    assert scores(night)["dark"] > 0.8
    assert "bright" not in scores(night)


def test_text_is_tagged_where_it_can_be_read(tmp_path: Path) -> None:
    if not Reader.available():
        pytest.skip("the extra `ocr` is not installed")
    page = write_picture(tmp_path / "page.png", text_page())
    assert scores(labels(page, "image", Tools(reader=Reader())))["text"] > 0.9


def test_a_page_full_of_text_is_not_read_whole(tmp_path: Path) -> None:
    if not Reader.available():
        pytest.skip("the extra `ocr` is not installed")
    sheet = np.tile(text_page(), (2, 2, 1))
    reader = Counting()
    assert scores(labels(write_picture(tmp_path / "sheet.png", sheet), "image", Tools(reader=reader)))["text"] > 0.9
    assert reader.lines < 8


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    page = write_picture(tmp_path / "page.png", text_page())
    found = labels(page, "image", Tools())
    assert "text" not in scores(found)
    assert any("ocr" in each for each in found.missing)
    assert any("detector" in each for each in found.missing)


def test_a_detector_adds_what_it_sees() -> None:
    tools = Tools(detector=Detector(detector_file()))
    cat = labels(photo("chelsea.png"), "image", tools)
    assert {"cat", "pet"} <= set(scores(cat))
    assert not any("detector" in each for each in cat.missing)
    motorcycle = scores(labels(photo("motorcycle_left.png"), "image", tools))
    assert motorcycle["vehicle"] == motorcycle["motorcycle"]


def test_a_drawn_scene_shows_no_people_and_no_things(tmp_path: Path) -> None:
    for seed in range(4):
        assert not {"person", "face", "vehicle", "pet"} & set(scores(labels(write_picture(tmp_path / "a.png", scene(seed)), "image")))


def test_somebody_who_walks(tmp_path: Path) -> None:
    found = labels(walker(tmp_path / "walk.mp4"), "video")
    assert {"person", "walking"} <= set(scores(found))
    assert found.seconds == pytest.approx(9.5, abs=0.2)


def test_a_van_is_a_vehicle(tmp_path: Path) -> None:
    assert "vehicle" in scores(labels(van(tmp_path / "van.mp4"), "video"))


def test_a_video_without_anything_has_its_colours_alone(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "plain.mp4", [np.full((120, 160, 3), (200, 60, 40), np.uint8)] * 20)
    assert set(scores(labels(clip, "video"))) == {"blue", "bright"}


def test_the_kind_must_be_that_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="is a picture, not a video"):
        labels(write_picture(tmp_path / "a.png", scene(0)), "video")
    ok, data = cv2.imencode(".png", scene(0))
    assert ok
    (tmp_path / "cut.png").write_bytes(bytes(data)[:200])
    with pytest.raises(UnreadableMedia):
        labels(tmp_path / "cut.png", "image")
