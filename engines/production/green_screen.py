"""VideoGreenScreenMatting: what stands before a green screen, alone or before another background."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from engines.imaging import Image, frames, read_image
from engines.imaging.errors import UnreadableMedia
from engines.production.film import TRANSPARENT_WEBM, FilmWriter, film_frames
from engines.production.types import Output, Produced, Unfit

_BORDER = 0.06  # of each side: where the screen is seen when somebody stands in the middle
_GREEN = 36
"""Levels by which a screen's green exceeds its red and its blue."""
_LEAST_SHARE = 0.3  # of the border, that is green
_SURE = 0.6  # of the screen's usual excess: less is where the subject's edge is
_LOOKS, _LOOKED_SECONDS = 8, 10.0
_GRID = (32, 18)
_OPAQUE, _CLEAR = 0.08, 0.86
"""Shares of the screen's own excess of green: up to the first a pixel is the subject's, from the second on the screen's."""


def key_out(source: Path, folder: Path, *, background: Path | None = None) -> Produced:
    """A WebM with an alpha channel; with a background (a picture, which fills the frame) an MP4 of the subject before it.

    Raises UnreadableMedia, and Unfit where the clip has no green screen or the background can't be read.
    """
    screen = _Screen(_plate(source))
    if background is None:
        target = folder / "film.webm"
        with FilmWriter(target, source, TRANSPARENT_WEBM) as film:
            for frame in film_frames(source):
                subject, alpha = screen.keyed(frame.image)
                film.write(frame.time, cv2.merge((*cv2.split(subject), alpha)))
        return Produced((Output(target),))
    picture = _read_background(background)
    target = folder / "film.mp4"
    with FilmWriter(target, source) as film:
        for frame in film_frames(source):
            picture = _filling(picture, frame.image.shape[1], frame.image.shape[0])
            subject, alpha = screen.keyed(frame.image)
            film.write(frame.time, _before(picture, subject, alpha))
    return Produced((Output(target),))


def _read_background(background: Path) -> Image:
    try:
        return read_image(background)
    except UnreadableMedia as reason:
        raise Unfit("JobParams.bgimage", f"names a file that is no picture: {reason}") from None


class _Screen:
    """A keyer by colour difference: a pixel's excess of green, over that of the screen at this place, is how much of the screen shows."""

    def __init__(self, plate: Image) -> None:
        self._plate = plate
        share = np.arange(256) / 255
        self._alpha = np.rint(255 * np.clip((_CLEAR - share) / (_CLEAR - _OPAQUE), 0, 1)).astype(np.uint8)

    def keyed(self, image: Image) -> tuple[Image, Image]:
        """The subject without the screen's light on it, and its alpha."""
        if self._plate.shape != image.shape[:2]:
            self._plate = cv2.resize(self._plate, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        blue, green, red = cv2.split(image)
        other = cv2.max(blue, red)
        excess = cv2.subtract(green, other)
        alpha = cv2.LUT(cv2.divide(excess, self._plate, scale=255), self._alpha)
        # Green light on the subject's edges goes; a little more green than red and blue is the subject's own.
        spill = cv2.subtract(excess, cv2.convertScaleAbs(self._plate, alpha=_OPAQUE))
        return cv2.merge((blue, cv2.subtract(green, spill), red)), alpha


def _plate(source: Path) -> Image:
    """The screen's excess of green at each place, evened out, also where the subject hides it. Raises Unfit."""
    total, weight = np.zeros(_GRID[::-1], np.float32), np.zeros(_GRID[::-1], np.float32)
    size, most = (0, 0), 0.0
    for frame in frames(source, _LOOKS / _LOOKED_SECONDS, parts=((0.0, _LOOKED_SECONDS),)):
        excess = _excess(frame.image)
        size = (excess.shape[1], excess.shape[0])
        border = _border(excess)
        screen = border[border > _GREEN]
        most = max(most, len(screen) / len(border))
        if len(screen) < _LEAST_SHARE * len(border):
            continue
        sure = (excess > _SURE * float(np.median(screen))).astype(np.float32)
        weight += cv2.resize(sure, _GRID, interpolation=cv2.INTER_AREA)
        total += cv2.resize(sure * excess, _GRID, interpolation=cv2.INTER_AREA)
    if most < _LEAST_SHARE:
        raise Unfit("Input.Media", f"shows no green screen: {most:.0%} of its border is green, at least {_LEAST_SHARE:.0%} must be")
    spread = [cv2.GaussianBlur(each, (0, 0), 2.0) for each in (total, weight)]
    everywhere = float(total.sum() / weight.sum())
    level = np.where(spread[1] > 1e-3, spread[0] / np.maximum(spread[1], 1e-3), everywhere)
    plate: Image = np.clip(cv2.resize(level, size, interpolation=cv2.INTER_CUBIC), 1, 255).astype(np.uint8)
    return plate


def _excess(image: Image) -> Image:
    blue, green, red = cv2.split(image)
    excess: Image = cv2.subtract(green, cv2.max(blue, red))
    return excess


def _border(plane: Image) -> Image:
    height, width = plane.shape
    high, wide = max(1, round(_BORDER * height)), max(1, round(_BORDER * width))
    # Not the lower side, where the subject stands.
    return np.concatenate((plane[:high].ravel(), plane[high:, :wide].ravel(), plane[high:, -wide:].ravel()))


def _filling(picture: Image, width: int, height: int) -> Image:
    """The picture, scaled until it fills the frame, its middle kept."""
    if picture.shape[:2] == (height, width):
        return picture
    factor = max(width / picture.shape[1], height / picture.shape[0])
    larger = cv2.resize(picture, (max(width, round(picture.shape[1] * factor)), max(height, round(picture.shape[0] * factor))))
    top, left = (larger.shape[0] - height) // 2, (larger.shape[1] - width) // 2
    return np.ascontiguousarray(larger[top : top + height, left : left + width])


def _before(picture: Image, subject: Image, alpha: Image) -> Image:
    share = cv2.multiply(alpha.astype(np.float32), 1 / 255)
    blended: Image = cv2.blendLinear(subject, picture, share, 1 - share)
    return blended
