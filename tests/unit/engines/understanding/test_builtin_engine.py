"""The built-in engine on drawn clips, on real footage and on photos: what it says is so, and what it can't know it doesn't say."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.understanding import build
from engines.understanding.reading import Reader
from engines.understanding.types import Description, Engine, Limits, UnreadableMedia
from tests.unit.engines import media

reads = pytest.mark.skipif(not Reader.available(), reason="the `ocr` extra is not installed")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build()


@pytest.fixture(scope="module")
def quick() -> Engine:
    """Without reading, where a test has no text."""
    return build(read_text=False)


def claims_nothing(description: Description) -> bool:
    return not (
        description.human or description.vehicle or description.pet or description.package or description.objects or description.texts
    )


@pytest.fixture(scope="module")
def walk_right(tmp_path_factory: pytest.TempPathFactory, quick: Engine) -> Description:
    return quick.describe([media.walker(tmp_path_factory.mktemp("clips") / "right.mp4")], "video")


@reads
def test_blank_frame_page_and_street_give_three_different_true_descriptions(tmp_path: Path, engine: Engine) -> None:
    blank = engine.describe([media.write_picture(tmp_path / "blank.png", np.full((360, 640, 3), 128, np.uint8))], "image")
    page = engine.describe([media.write_picture(tmp_path / "page.png", media.text_page())], "image")
    street = engine.describe([media.walker(tmp_path / "street.mp4")], "video")

    assert blank.caption == "A blank grey frame."
    assert claims_nothing(blank)
    assert "page of text" in page.caption.lower()
    assert any("delivery arrives on Monday" in text for text in page.texts)
    assert not page.human
    assert "person" in street.caption
    assert "walks" in street.caption
    assert street.human
    assert not street.texts


def test_a_walker_to_the_right(walk_right: Description) -> None:
    assert walk_right.human
    assert not walk_right.vehicle
    assert not walk_right.package
    assert walk_right.brief == "A person wearing red enters from the left, walks to the right and leaves at the right."
    assert walk_right.title == "A person wearing red walks to the right"
    assert (walk_right.width, walk_right.height) == (640, 360)
    assert walk_right.seconds == pytest.approx(9.5, abs=0.1)


def test_its_moments_lie_where_they_happened(walk_right: Description) -> None:
    # The figure's middle is at the left edge at 1.6 s, at the right one at 8 s; speed 100 pixels a second.
    moments = {moment.text: moment for moment in walk_right.moments}
    walks = moments["a person wearing red walks to the right"]
    assert walks.start == pytest.approx(1.6, abs=0.8)
    assert walks.end == pytest.approx(8.2, abs=0.6)
    enters = moments["a person wearing red enters from the left"]
    assert enters.start == walks.start
    assert enters.end < 4
    assert all(0 <= moment.start <= moment.end <= 9.5 and 0.5 <= moment.confidence <= 1 for moment in walk_right.moments)


def test_a_walker_to_the_left_in_blue(tmp_path: Path, quick: Engine) -> None:
    found = quick.describe([media.walker(tmp_path / "left.mp4", to_the_right=False, colour=media.BLUE)], "video")
    assert found.brief == "A person wearing blue enters from the right, walks to the left and leaves at the left."


def test_a_runner(tmp_path: Path, quick: Engine) -> None:
    found = quick.describe([media.walker(tmp_path / "run.mp4", speed=240, seconds=5)], "video")
    assert "runs to the right" in found.caption
    assert "running" in found.actions


def test_coming_towards_the_camera(tmp_path: Path, quick: Engine) -> None:
    def draw(image: Image, time: float) -> None:
        near = 60 + 16 * max(0.0, time - 1)
        if time > 1:
            media.draw_person(image, 320, media.GREEN, time * 7, feet=200 + near, height=near)

    found = quick.describe([media.film(tmp_path / "near.mp4", 8, draw)], "video")
    assert "towards the camera" in found.caption
    assert found.human


def test_two_people_are_counted_at_once(tmp_path: Path, quick: Engine) -> None:
    def draw(image: Image, time: float) -> None:
        media.draw_person(image, -40 + 90 * time, media.RED, time * 7, feet=330, height=110)
        media.draw_person(image, 680 - 90 * time, media.BLUE, time * 7, feet=230, height=90)

    found = quick.describe([media.film(tmp_path / "two.mp4", 8, draw)], "video")
    assert found.title.startswith("Up to two people walk to the ")
    assert any("wearing red" in event and "to the right" in event for event in found.events)
    assert any("wearing blue" in event and "to the left" in event for event in found.events)


def test_an_object_left_behind(tmp_path: Path, quick: Engine) -> None:
    found = quick.describe([media.left_behind(tmp_path / "left.mp4")], "video")
    assert found.package
    assert found.human
    left = next(moment for moment in found.moments if moment.text == "a blue object is left behind")
    # It is put down when the box reaches the middle, at 3.7 s.
    assert left.start == pytest.approx(3.7, abs=1.0)


def test_an_object_taken_away_is_not_left_behind(tmp_path: Path, quick: Engine) -> None:
    assert not quick.describe([media.left_behind(tmp_path / "taken.mp4", taken_away=True)], "video").package


def test_a_van_is_a_vehicle_and_nobody(tmp_path: Path, quick: Engine) -> None:
    found = quick.describe([media.van(tmp_path / "van.mp4")], "video")
    assert found.vehicle
    assert not found.human
    assert "vehicle enters from the right, drives to the left and leaves at the left" in found.caption


def test_night(tmp_path: Path, quick: Engine) -> None:
    def draw(image: Image, time: float) -> None:
        media.draw_person(image, -60 + 100 * time, media.RED, time * 7)
        image[:] = (image * 0.25).astype(np.uint8)

    found = quick.describe([media.film(tmp_path / "night.mp4", 7, draw)], "video")
    assert "dark, as at night" in found.caption


def test_an_infrared_picture_names_no_colour(tmp_path: Path, quick: Engine) -> None:
    def draw(image: Image, time: float) -> None:
        media.draw_person(image, -60 + 100 * time, media.RED, time * 7)
        image[:] = image.mean(axis=2, keepdims=True).astype(np.uint8)

    scenes = [media.yard() for _ in range(70)]
    for index, image in enumerate(scenes):
        draw(image, index / media.FPS)
    found = quick.describe([media.write_video(tmp_path / "infrared.mp4", scenes)], "video")
    assert found.human
    assert "wearing" not in found.caption
    assert "without colour" in found.caption


def test_an_empty_scene_claims_nothing(tmp_path: Path, quick: Engine) -> None:
    found = quick.describe([media.film(tmp_path / "empty.mp4", 5, lambda image, time: None)], "video")
    assert claims_nothing(found)
    assert "nothing moves" in found.caption
    assert found.moments == ()


def test_a_blank_video_claims_nothing(tmp_path: Path, engine: Engine) -> None:
    found = engine.describe([media.write_video(tmp_path / "b.mp4", [np.zeros((180, 320, 3), np.uint8)] * 20)], "video")
    assert claims_nothing(found)
    assert found.caption == "A video of a blank black frame."


@reads
def test_text_in_a_video_is_read_with_its_time(tmp_path: Path, engine: Engine) -> None:
    def draw(image: Image, time: float) -> None:
        if time >= 4:
            cv2.rectangle(image, (150, 60), (500, 130), (240, 240, 240), -1)
            cv2.putText(image, "GATE CLOSED", (170, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (10, 10, 10), 4, cv2.LINE_AA)

    found = engine.describe([media.film(tmp_path / "sign.mp4", 8, draw)], "video")
    assert found.texts == ("GATE CLOSED",)
    moment = next(each for each in found.moments if "GATE CLOSED" in each.text)
    assert 4 <= moment.start <= 6.2
    assert moment.end == pytest.approx(7.9, abs=0.3)


@reads
def test_a_sequence_is_one_event(tmp_path: Path, engine: Engine) -> None:
    blank = media.write_picture(tmp_path / "1.png", np.full((360, 640, 3), 128, np.uint8))
    page = media.write_picture(tmp_path / "2.png", media.text_page())
    found = engine.describe([blank, page], "sequence")
    assert "Room 42" in found.texts
    assert found.seconds is None
    assert found.moments == ()


def test_a_sequence_names_the_picture_that_is_bad(tmp_path: Path, engine: Engine) -> None:
    good = media.write_picture(tmp_path / "1.png", media.yard())
    (tmp_path / "2.png").write_text("no picture")
    with pytest.raises(UnreadableMedia, match=r"picture 2 of 2: not a picture: the file holds text"):
        engine.describe([good, tmp_path / "2.png"], "sequence")


def test_limits_are_named(tmp_path: Path) -> None:
    strict = build(limits=Limits(pixels=10_000, seconds=1, images=1))
    picture = media.write_picture(tmp_path / "a.png", media.yard())
    with pytest.raises(UnreadableMedia, match="too many pixels"):
        strict.describe([picture], "image")
    small = media.write_video(tmp_path / "long.mp4", [np.zeros((64, 64, 3), np.uint8)] * 30)
    with pytest.raises(UnreadableMedia, match="too long: 3 seconds, the limit is 1"):
        strict.describe([small], "video")


def test_a_bomb_is_refused(tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UnreadableMedia, match="too many pixels"):
        engine.describe([media.bomb(tmp_path / "bomb.png")], "image")


def test_the_kind_is_checked(tmp_path: Path, engine: Engine) -> None:
    picture = media.write_picture(tmp_path / "a.mp4.png", media.yard())
    with pytest.raises(UnreadableMedia, match="the file is a picture, not a video"):
        engine.describe([picture], "video")


def test_it_names_itself_and_what_it_is_blind_to(engine: Engine, quick: Engine, tmp_path: Path) -> None:
    found = quick.describe([media.write_picture(tmp_path / "a.png", media.yard())], "image")
    assert found.engine == quick.name == "built-in"
    assert "animals and pets" in found.cannot_see
    assert any(each.startswith("text") for each in found.cannot_see)


@pytest.mark.slow
def test_real_people_on_real_footage(quick: Engine) -> None:
    found = quick.describe([media.footage("vtest.avi")], "video")
    assert found.human
    assert not found.vehicle
    assert not found.package  # Somebody stands for seconds in it, and nothing is left.
    assert {"walking", "entering", "leaving"} <= set(found.actions)
    count = next(
        number
        for number, word in enumerate(("six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 6)
        if f"Up to {word} people" in found.title
    )
    assert 6 <= count <= 12
    assert len(found.moments) <= 40
    assert any("wearing red" in event for event in found.events)


def test_a_tree_in_the_wind_is_nobody(quick: Engine) -> None:
    found = quick.describe([media.footage("tree.avi")], "video")
    assert claims_nothing(found)


def test_a_face_is_a_person(quick: Engine) -> None:
    found = quick.describe([media.photo("astronaut.png")], "image")
    assert found.human
    assert found.title.startswith("A person")
    assert "facing the camera" in found.title


@pytest.mark.parametrize("name", ["brick.png", "page.png", "coffee.png", "chelsea.png", "grass.png", "gravel.png", "text.png", "coins.png"])
def test_nobody_where_nobody_is(engine: Engine, name: str) -> None:
    found = engine.describe([media.photo(name)], "image")
    assert (found.human, found.vehicle, found.pet, found.package) == (False, False, False, False)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 3), (20, 20), (2000, 30)])
def test_odd_shapes_of_pictures(engine: Engine, tmp_path: Path, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    found = engine.describe([media.write_picture(tmp_path / "odd.png", noise)], "image")
    assert claims_nothing(found)
    assert (found.height, found.width) == shape


def test_a_clip_cut_in_half_says_how_far_it_could_be_seen(quick: Engine, tmp_path: Path) -> None:
    clip = media.walker(tmp_path / "cut.mkv")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    found = quick.describe([clip], "video")
    assert found.human
    assert "leaves" not in found.caption
    assert found.notes[0].startswith("only the first ")
    assert "seconds can be decoded" in found.notes[0]
