"""The arithmetic of pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engines.imaging.sizes import Fit, Place, ResizeMode, Size, anchored, cut, fitted, scaled, slice_of

SIDES = some.integers(1, 5000)
MODES: list[ResizeMode] = ["lfit", "mfit", "fill", "pad", "fixed"]


@pytest.mark.parametrize(
    ("mode", "fit"),
    [
        ("lfit", Fit((300, 150), (300, 150))),
        ("mfit", Fit((320, 160), (320, 160))),
        ("fill", Fit((320, 160), (300, 160))),
        ("pad", Fit((300, 150), (300, 160))),
        ("fixed", Fit((300, 160), (300, 160))),
    ],
)
def test_the_five_modes(mode: ResizeMode, fit: Fit) -> None:
    assert fitted((400, 200), (300, 160), mode) == fit


@pytest.mark.parametrize(("mode", "canvas"), [("lfit", (100, 50)), ("fixed", (100, 50)), ("fill", (100, 100)), ("pad", (100, 100))])
def test_one_side_keeps_the_ratio_or_makes_a_square(mode: ResizeMode, canvas: Size) -> None:
    assert fitted((400, 200), (100, 0), mode).canvas == canvas


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_fit_lies_inside_or_around_its_box(width: int, height: int, across: int, down: int) -> None:
    inside, around = (fitted((width, height), (across, down), mode).scaled for mode in MODES[:2])
    assert inside[0] <= across
    assert inside[1] <= down
    assert around[0] >= across
    assert around[1] >= down
    assert inside[0] == across or inside[1] == down


@given(SIDES, SIDES, some.integers(0, 9000), some.integers(0, 9000), some.integers(0, 9000), some.integers(0, 9000))
def test_a_cut_lies_inside_the_picture(width: int, height: int, across: int, down: int, left: int, top: int) -> None:
    if left >= width or top >= height:
        with pytest.raises(ValueError, match="outside"):
            cut((width, height), (across, down), (left, top), "nw")
        return
    box = cut((width, height), (across, down), (left, top), "nw")
    assert 0 <= box[0] < box[2] <= width
    assert 0 <= box[1] < box[3] <= height


@pytest.mark.parametrize(
    ("place", "corner"), [("nw", (0, 0)), ("north", (40, 0)), ("east", (80, 20)), ("center", (40, 20)), ("se", (80, 40))]
)
def test_nine_places(place: Place, corner: tuple[int, int]) -> None:
    assert anchored((100, 50), (20, 10), place) == corner


def test_slices_end_with_the_picture() -> None:
    assert [slice_of(250, 100, index) for index in range(4)] == [(0, 100), (100, 200), (200, 250), None]


def test_no_side_vanishes() -> None:
    assert scaled((1000, 1), 0.001) == (1, 1)
