"""What moves before a still camera: a mixture-of-Gaussians background (MOG2, Zivkovic 2004) and the blobs that stand out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.imaging import Image
from engines.understanding.geometry import Box, intersection, union

_SMALLEST_SHARE = 0.0006  # of the frame: a person 34 pixels high in a 576-line picture
_FLOODED = 0.4
_CHANGED, _CHANGED_SHARE = 10, 0.0005  # of 255, beyond a strong sensor noise that was smoothed; of the frame
# At five frames a second a new colour becomes background after about eight seconds: long enough for somebody who stops to look.
_LEARNING_RATE = 0.0025
_LOWER = 0.6  # of a box, from where on the legs of somebody upright are
_GRID = (16, 12)
_FOREGROUND = 255  # MOG2 marks shadows as 127.


@dataclass(frozen=True)
class Motion:
    """`mask` is 255 where something moves, `solidity` the share of each box that does.

    `flooded`: so much changed at once that the camera moved, or the picture was cut.
    """

    mask: Image
    boxes: tuple[Box, ...]
    solidity: tuple[float, ...]
    flooded: bool


class MotionDetector:
    """Give it frames of one size, in order. It starts from the median of `warm` frames: whoever stands in the first one leaves no ghost."""

    def __init__(self, warm: Sequence[Image]) -> None:
        self._model = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=20, detectShadows=True)
        self.background = median_of(warm[:: max(1, len(warm) // 25)])
        self._model.apply(self.background, learningRate=1.0)

    def apply(self, image: Image) -> Motion:
        raw = self._model.apply(image, learningRate=_LEARNING_RATE)
        mask = np.where(raw == _FOREGROUND, np.uint8(255), np.uint8(0))
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        if cv2.countNonZero(mask) > _FLOODED * mask.size:
            self._model.apply(image, learningRate=1.0)
            self.background = image
            return Motion(np.zeros_like(mask), (), (), flooded=True)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))
        boxes = tuple(blobs(mask, _SMALLEST_SHARE * mask.size))
        solidity = tuple(float((mask[box.pixels()] > 0).mean()) for box in boxes)
        return Motion(mask, boxes, solidity, flooded=False)


class ChangeMeter:
    """Counts the frames that differ from the first one, be it by so little that nothing can be followed. Give it frames of one size."""

    def __init__(self) -> None:
        self._first: Image | None = None
        self.frames = 0

    def apply(self, image: Image) -> None:
        smooth = cv2.GaussianBlur(image, (9, 9), 0)
        if self._first is None:
            self._first = smooth
        elif (cv2.absdiff(smooth, self._first).max(axis=2) > _CHANGED).mean() > _CHANGED_SHARE:
            self.frames += 1


def lower_outline(mask: Image, box: Box) -> Image:
    """What of a box's lower part moves, on a grid of its own, so that the outlines of a thing near and far can be compared."""
    rows, columns = Box(box.x, box.y + _LOWER * box.height, box.width, (1 - _LOWER) * box.height).pixels()
    top, left = min(rows.start, mask.shape[0] - 1), min(columns.start, mask.shape[1] - 1)
    part = mask[top : max(rows.stop, top + 1), left : max(columns.stop, left + 1)]
    grid: Image = cv2.resize(part, _GRID, interpolation=cv2.INTER_AREA)
    return grid


def median_of(images: Sequence[Image]) -> Image:
    """Pixel by pixel: what is seen in most of them, without those who pass."""
    middle: Image = np.median(np.stack(images), axis=0).astype(np.uint8)
    return middle


def blobs(mask: Image, smallest: float) -> list[Box]:
    """The boxes of the connected areas, a body's parts put together again, those of at least `smallest` pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    parts = [(Box(*map(float, row[:4])), float(row[4])) for row in stats[1:] if row[4] >= smallest / 6]
    return [box for box, area in _joined(parts) if area >= smallest]


def _joined(parts: list[tuple[Box, float]]) -> list[tuple[Box, float]]:
    """Head, trunk and legs often come apart; parts one above the other with a small gap are one body."""
    result: list[tuple[Box, float]] = []
    for box, area in sorted(parts, key=lambda part: -part[1]):
        for index, (other, other_area) in enumerate(result):
            if _belongs(box, other):
                result[index] = (union((box, other)), area + other_area)
                break
        else:
            result.append((box, area))
    return result


def _belongs(part: Box, body: Box) -> bool:
    shared = min(part.right, body.right) - max(part.x, body.x)
    gap = max(part.y, body.y) - min(part.bottom, body.bottom)
    return intersection(part, body) > 0 or (shared >= 0.5 * min(part.width, body.width) and gap <= 0.2 * max(body.height, body.width))
