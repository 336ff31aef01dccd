"""A face that three classifiers agree on is a face; one that a single classifier sees in a texture is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.understanding.geometry import Box
from engines.understanding.people import PeopleFinder
from engines.understanding.skin import may_be_skin


@pytest.fixture(scope="module")
def people() -> PeopleFinder:
    return PeopleFinder()


def texture(seed: int, grain: int, contrast: int) -> Image:
    """Smooth coloured noise with a camera's own noise on it."""
    random = np.random.default_rng(seed)
    coarse = random.integers(90, 90 + contrast, (360 // grain, 640 // grain, 3)).astype(np.uint8)
    smooth = cv2.resize(coarse, (640, 360)).astype(int)
    noisy: Image = np.clip(smooth + random.normal(0, 2, smooth.shape), 0, 255).astype(np.uint8)
    return noisy


@pytest.mark.parametrize("grain", [4, 8, 16, 24])
def test_there_is_no_face_in_a_texture(people: PeopleFinder, grain: int) -> None:
    """At a grain of 8 and of 24 the first cascade alone sees some among these."""
    assert [seed for seed in range(10) for contrast in (30, 50, 90) if people.faces(texture(seed, grain, contrast))] == []


SKIN = [(120, 150, 200), (40, 60, 100), (170, 190, 230)]
"""BGR of a few tones."""


@pytest.mark.parametrize("tone", SKIN)
@pytest.mark.parametrize("cast", [(1.0, 1.0, 1.0), (0.6, 0.85, 1.15), (1.2, 1.0, 0.8)], ids=["white", "warm", "cold"])
def test_skin_may_be_skin_in_any_light(tone: tuple[int, int, int], cast: tuple[float, float, float]) -> None:
    scene = np.full((200, 200, 3), 128.0)
    scene[60:140, 60:140] = tone
    seen: Image = np.clip(scene * cast, 0, 255).astype(np.uint8)
    assert may_be_skin(seen, Box(60, 60, 80, 80))


def test_grey_may_be_skin_and_green_not() -> None:
    grey: Image = np.full((200, 200, 3), 90, np.uint8)
    assert may_be_skin(grey, Box(60, 60, 80, 80))
    green: Image = np.full((200, 200, 3), (60, 140, 60), np.uint8)
    assert not may_be_skin(green, Box(60, 60, 80, 80))
