"""What lies behind strokes of a known place, remembered from before: beside the truth, and beside painting over alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.production.backdrop import Backdrop, partly
from engines.production.motion import Motion
from engines.production.painting import paint_over
from engines.production.planes import BT601, Planes, planes_of
from tests.unit.engines.production.clips import landscape, psnr

WIDTH, HEIGHT, FRAMES = 320, 180, 50
PART = (slice(100, 180), slice(0, WIDTH))
Scene = Callable[[int], Image]


@pytest.fixture(scope="module")
def wide() -> Image:
    """A landscape with a pattern as fine as the strokes."""
    scene = landscape(4 * WIDTH, 2 * HEIGHT)
    random = np.random.default_rng(2)
    for _ in range(500):
        x, y, level = int(random.integers(0, 4 * WIDTH)), int(random.integers(0, 2 * HEIGHT)), int(random.integers(40, 190))
        cv2.circle(scene, (x, y), int(random.integers(2, 6)), (level, level, level), -1, cv2.LINE_AA)
    return scene


@pytest.fixture(scope="module")
def strokes() -> Image:
    """Letters within PART, 255."""
    mask = np.zeros((80, WIDTH), np.uint8)
    cv2.putText(mask, "WHERE ARE THE KEYS", (20, 55), cv2.FONT_HERSHEY_DUPLEX, 0.8, 255, 4)
    return (mask > 0).astype(np.uint8) * 255


def window(wide: Image, left: float, top: float = 90.0, zoom: float = 1.0) -> Image:
    """Of the scene from a place between two pixels, scaled about the middle."""
    matrix = np.array([[zoom, 0, WIDTH / 2 * (1 - zoom) - left * zoom], [0, zoom, HEIGHT / 2 * (1 - zoom) - top * zoom]])
    view: Image = cv2.warpAffine(wide, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return view


def grainy(image: Image, number: int) -> Image:
    grain: Image = np.clip(image + np.random.default_rng(number).normal(0, 1.5, image.shape), 0, 255).astype(np.uint8)
    return grain


def covered(scene: Scene, strokes: Image, shown: Callable[[int], bool]) -> Iterator[tuple[float, float]]:
    """PSNR of the light behind the strokes for each frame that shows them: with memory, and by painting over alone."""
    motion, backdrop = Motion(), Backdrop()
    for number in range(FRAMES):
        true = [plane.copy() for plane in _planes(grainy(scene(number), number))]
        mask = strokes if shown(number) else np.zeros_like(strokes)
        part = [np.where(each > 0, 235, plane) for plane, each in zip(true, (mask, partly(mask), partly(mask)), strict=True)]
        alone = part[0].copy()
        rest = backdrop.fill(part, mask, motion.follow(part[0], cv2.bitwise_not(mask)))
        if mask.any():
            paint_over(part[0], rest)
            paint_over(alone, mask)
            yield psnr(part[0], true[0], mask), psnr(alone, true[0], mask)


def _planes(image: Image) -> list[Image]:
    return Planes(0.0, planes_of(image, BT601), BT601, True).part(*PART)


def always(number: int) -> bool:
    return True


def later(number: int) -> bool:
    return number >= 10


@pytest.mark.contract("planned figures: strokes to 26.5 dB where a mark stays, to 27.8 dB where captions come and go")
@pytest.mark.parametrize(("right", "down"), [(3.0, 0.0), (2.3, 0.4), (6.5, 0.0)])
def test_a_pan_shows_what_is_behind_strokes_before_it_comes_there(wide: Image, strokes: Image, right: float, down: float) -> None:
    def scene(number: int) -> Image:
        return window(wide, 100 + right * number, 60 + down * number)

    told = list(covered(scene, strokes, later))
    # By as much as the plan's 26.5 dB were above ffmpeg's delogo; painting over comes to 31 to 33 dB here.
    assert min(found - alone for found, alone in told) > 3.8
    stays = list(covered(scene, strokes, always))[-10:]
    assert min(found - alone for found, alone in stays) > 3.8


def test_a_still_camera_shows_it_while_there_is_no_text(wide: Image, strokes: Image) -> None:
    told = list(covered(lambda number: window(wide, 100), strokes, lambda number: number % 20 >= 8))
    assert min(found for found, _ in told) > 36
    assert np.mean([found - alone for found, alone in told]) > 3.8


def still(wide: Image, number: int) -> Image:
    return window(wide, 100)


def cut(wide: Image, number: int) -> Image:
    return window(wide, 100 + 217 * (number // 9))


def flickering(wide: Image, number: int) -> Image:
    image: Image = np.clip(window(wide, 100) * (1 + 0.08 * np.sin(1.7 * number)), 0, 255).astype(np.uint8)
    return image


def zooming(wide: Image, number: int) -> Image:
    return window(wide, 100, zoom=1 + 0.01 * number)


def crossed(wide: Image, number: int) -> Image:
    """Somebody walks behind the letters, before a camera that stands still."""
    image = window(wide, 100)
    left = 5 * number
    image[90:, left : left + 60] = window(wide, 700)[90:, :60][:, : WIDTH - left]
    return image


@pytest.mark.parametrize("scene", [still, cut, flickering, zooming, crossed], ids=lambda each: each.__name__)
@pytest.mark.parametrize("shown", [always, later], ids=lambda each: each.__name__)
def test_memory_is_never_worse_than_painting_over(
    wide: Image, strokes: Image, scene: Callable[[Image, int], Image], shown: Callable[[int], bool]
) -> None:
    told = list(covered(lambda number: scene(wide, number), strokes, shown))
    # Where there is nothing to gain, no more is lost than can't be seen.
    assert np.mean([found - alone for found, alone in told]) > -0.3
    assert min(found - alone for found, alone in told) > -1.5


@pytest.mark.parametrize(("right", "down", "dimming"), [(2.3, 0.4, 1.0), (-5.2, 1.1, 1.0), (0.0, 0.0, 1.0), (0.3, 0.0, 0.99)])
def test_the_way_of_a_picture_is_told_behind_what_stands_still(
    wide: Image, strokes: Image, right: float, down: float, dimming: float
) -> None:
    motion, clear = Motion(), cv2.bitwise_not(strokes)
    for number in range(30):
        image = grainy(window(wide, 400 + right * number, 60 + down * number) * dimming**number, number)
        image[PART][strokes > 0] = 235
        light, *_ = _planes(image)
        place = motion.follow(light, clear)
    # What is seen goes the other way than the window; a fiftieth of a pixel is lost from frame to frame at most.
    assert place == pytest.approx((-29 * right, -29 * down), abs=0.6)
