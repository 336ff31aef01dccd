"""Clips drawn to make the built-in engine say what is not so: it may leave out, but it may not claim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.understanding import build
from engines.understanding.types import Engine
from tests.unit.engines.media import GROUND, HEIGHT, WIDTH, draw_person, film, put_down, rolling_box, write_video, yard


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(read_text=False)


@pytest.mark.parametrize(("width", "height"), [(24, 120), (50, 120)])
def test_an_upright_box_that_glides_is_nobody(engine: Engine, tmp_path: Path, width: int, height: int) -> None:
    found = engine.describe([rolling_box(tmp_path / "box.mp4", width, height)], "video")

    assert not found.human
    assert "unidentified moving object" in found.caption


def test_a_letter_that_glides_is_nobody_though_the_classifier_takes_it_for_a_body(engine: Engine, tmp_path: Path) -> None:
    def draw(image: Image, time: float) -> None:
        cv2.putText(image, "I", (round(-20 + time * 90), GROUND), cv2.FONT_HERSHEY_SIMPLEX, 5, (20, 20, 20), 24, cv2.LINE_AA)

    assert not engine.describe([film(tmp_path / "letter.mp4", 7, draw)], "video").human


def test_what_goes_on_four_legs_is_no_vehicle(engine: Engine, tmp_path: Path) -> None:
    brown = (40, 70, 110)

    def draw(image: Image, time: float) -> None:
        x, swing = round(-40 + (time - 1) * 130), round(6 * np.sin(time * 14))
        cv2.ellipse(image, (x, GROUND - 38), (36, 14), 0, 0, 360, brown, -1)
        cv2.circle(image, (x + 38, GROUND - 52), 12, brown, -1)
        for place, way in ((-26, 1), (-16, -1), (16, -1), (26, 1)):
            cv2.line(image, (x + place, GROUND - 34), (x + place + way * swing, GROUND), brown, 6)
        cv2.line(image, (x - 34, GROUND - 44), (x - 52, GROUND - 62), brown, 5)

    found = engine.describe([film(tmp_path / "dog.mp4", 8, draw)], "video")

    assert not found.vehicle
    assert "unidentified moving object" in found.caption


def test_a_tall_object_left_standing_is_nobody(engine: Engine, tmp_path: Path) -> None:
    found = engine.describe([put_down(tmp_path / "tall.mp4", at=3.8, height=66)], "video")

    assert found.package
    assert "two people" not in found.caption
    assert "stands" not in found.caption


def test_an_object_put_down_early_is_seen(engine: Engine, tmp_path: Path) -> None:
    assert engine.describe([put_down(tmp_path / "early.mp4", at=2.4, height=34)], "video").package


def _light(image: Image, time: float) -> None:
    if time < 4:
        image[:] = (image * 0.25).astype(np.uint8)


def _shadow(image: Image, time: float) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (round(-60 + (time - 1) * 110), 260), (35, 80), 0, 0, 360, 1.0, -1)
    image[:] = image * (1 - 0.45 * mask[..., None])


def _rain(image: Image, time: float) -> None:
    random = np.random.default_rng(round(time * 10))
    for x, y in zip(random.integers(0, WIDTH, 150), random.integers(0, HEIGHT, 150), strict=True):
        cv2.line(image, (int(x), int(y)), (int(x) - 3, int(y) + 22), (210, 210, 210), 1)


@pytest.mark.parametrize("draw", [_light, _shadow, _rain])
def test_where_something_changes_it_is_not_said_that_nothing_moves(
    engine: Engine, tmp_path: Path, draw: Callable[[Image, float], None]
) -> None:
    found = engine.describe([film(tmp_path / "changes.mp4", 8, draw)], "video")

    assert not found.human
    assert "something changes" in found.caption


def test_a_light_that_is_switched_on_makes_no_day_of_it(engine: Engine, tmp_path: Path) -> None:
    found = engine.describe([film(tmp_path / "light.mp4", 8, _light)], "video")

    assert "dark at some times and bright at others" in found.caption


def test_one_frame_shows_no_stillness_and_somebody_still_is_no_empty_scene(engine: Engine, tmp_path: Path) -> None:
    image = yard()
    draw_person(image, 320, (40, 40, 200), 1)

    one = engine.describe([write_video(tmp_path / "one.mp4", [image])], "video")
    still = engine.describe([film(tmp_path / "still.mp4", 5, lambda frame, _: draw_person(frame, 320, (40, 40, 200), 1))], "video")

    assert "nothing moves" not in one.caption
    assert "empty" not in one.caption + still.caption


def test_a_camera_that_shakes_is_survived(engine: Engine, tmp_path: Path) -> None:
    random = np.random.default_rng(3)

    def draw(image: Image, time: float) -> None:
        image[:] = np.roll(image, tuple(random.integers(-8, 9, 2)), (0, 1))

    assert not engine.describe([film(tmp_path / "shake.mp4", 6, draw)], "video").human


def test_what_an_infrared_lamp_lights_is_no_day(engine: Engine, tmp_path: Path) -> None:
    def draw(image: Image, time: float) -> None:
        image[:] = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]

    assert "by day" not in engine.describe([film(tmp_path / "infrared.mp4", 4, draw)], "video").caption
