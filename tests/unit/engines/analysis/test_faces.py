"""Faces against boxes drawn by hand: where they are in photographs, and where they were pasted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.analysis.faces import LEAST_SIDE, faces
from engines.imaging import Image, read_image
from engines.understanding.geometry import Box, overlap
from tests.unit.engines.analysis.pictures import dimmed, jpeg, mirrored, scene
from tests.unit.engines.media import footage, photo, write_picture

ASTRONAUT = (172, 66, 276, 178)
"""By eye, on a grid: from ear to ear and from the hair to the chin."""


def box(corners: tuple[float, float, float, float]) -> Box:
    left, top, right, bottom = corners
    return Box(left, top, right - left, bottom - top)


def test_the_face_of_a_photograph(tmp_path: Path) -> None:
    found = faces(photo("astronaut.png"))
    assert len(found) == 1
    assert found[0].index == 0
    assert 0 < found[0].score <= 1
    assert overlap(box(found[0].box), box(ASTRONAUT)) > 0.7


@pytest.mark.contract("PAI, face attribute analysis: the face area must have a resolution higher than 100x100")
def test_a_face_of_fewer_pixels_is_left_out(tmp_path: Path) -> None:
    image = read_image(photo("astronaut.png"))
    half = cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    assert faces(write_picture(tmp_path / "small.png", np.asarray(half))) == ()


def test_pasted_faces_are_found_where_they_are(tmp_path: Path) -> None:
    patch = read_image(photo("astronaut.png"))[30:200, 130:320]
    by_hand = box((ASTRONAUT[0] - 130, ASTRONAUT[1] - 30, ASTRONAUT[2] - 130, ASTRONAUT[3] - 30))
    random = np.random.default_rng(1)
    for number, (factor, change) in enumerate((f, c) for f in (1.3, 2.2) for c in (np.array, dimmed(0.5), jpeg(25))):
        ground = scene(number, 960, 720)
        pasted = cv2.resize(patch, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        top, left = (int(random.integers(0, room - side)) for room, side in zip(ground.shape[:2], pasted.shape[:2], strict=True))
        ground[top : top + pasted.shape[0], left : left + pasted.shape[1]] = pasted
        found = faces(write_picture(tmp_path / "a.png", change(ground)))
        assert len(found) == 1
        assert overlap(box(found[0].box), by_hand.scaled(factor).moved(left, top)) > 0.5


def test_several_faces_come_largest_first(tmp_path: Path) -> None:
    image = read_image(photo("astronaut.png"))
    small = cv2.resize(image[:300], None, fx=1.2, fy=1.2)
    large = cv2.resize(mirrored(image[:300]), None, fx=2, fy=2)
    canvas = np.full((large.shape[0], small.shape[1] + large.shape[1], 3), 200, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    canvas[:, small.shape[1] :] = large
    found = faces(write_picture(tmp_path / "two.png", canvas))
    assert [face.index for face in found] == [0, 1]
    assert found[0].box[0] >= small.shape[1] > found[1].box[2]
    assert found[0].box[2] - found[0].box[0] > found[1].box[2] - found[1].box[0]


def test_a_face_is_found_in_a_large_picture(tmp_path: Path) -> None:
    """Of 120 pixels in 4000: too small for one look at the whole."""
    patch = cv2.resize(read_image(photo("astronaut.png"))[30:200, 130:320], None, fx=1.2, fy=1.2)
    canvas: Image = cv2.resize(scene(5), (4000, 3000))
    canvas[2500 : 2500 + patch.shape[0], 3300 : 3300 + patch.shape[1]] = patch
    found = faces(write_picture(tmp_path / "large.jpg", canvas))
    assert len(found) == 1
    assert 3300 < found[0].box[0] < found[0].box[2] < 3300 + patch.shape[1]


def test_there_are_none_where_there_is_nobody(tmp_path: Path) -> None:
    for seed in range(8):
        assert faces(write_picture(tmp_path / "a.png", scene(seed))) == ()
    for name in ("fruits.jpg", "home.jpg", "building.jpg", "board.jpg"):
        assert faces(footage(name)) == ()


def test_a_picture_smaller_than_a_face_has_none(tmp_path: Path) -> None:
    assert faces(write_picture(tmp_path / "a.png", scene(0, LEAST_SIDE, LEAST_SIDE))) == ()
