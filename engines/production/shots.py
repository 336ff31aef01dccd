"""Where a film was cut: the frame that differs from the one before far more than the frames around it differ from theirs.

Hard cuts only: a picture that dissolves into another is seen as one shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from engines.imaging import Image

_LEAST_CHANGE = 0.04
_OUTSTANDING = 2.0
"""Times the largest change next to it: a fast movement, or a flash, changes several frames in a row."""
_NEIGHBOURS = 2
_SHORTEST = 0.3  # seconds


@dataclass(frozen=True)
class Shot:
    """In seconds; `end` is where the next one starts, or the last frame ends."""

    start: float
    end: float


class ChangeOfScene:
    """Give it small frames of one size, in order: for each, how far it differs from the one before, 0 to 1."""

    def __init__(self) -> None:
        self._last: tuple[Image, Image, Image] | None = None

    def of(self, image: Image) -> float:
        hue, saturation, value = (plane.astype(np.int16) for plane in cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV)))
        # How colourful a dark pixel is, and what hue a grey one has, is mere noise.
        seen = (hue, saturation * value // 255, value)
        last, self._last = self._last, seen
        if last is None or last[0].shape != hue.shape:
            return 0.0
        turned, chroma, light = (np.abs(now - before) for now, before in zip(seen, last, strict=True))
        turned = np.minimum(turned, 180 - turned) * (np.minimum(seen[1], last[1]) / 255)
        # Light counts for half: of a grey film there is nothing else.
        return float(turned.mean() / 90 + chroma.mean() / 255 + 2 * light.mean() / 255) / 4


def cuts(times: Sequence[float], changes: Sequence[float]) -> list[float]:
    """The times of the frames that begin a new shot, the first frame aside."""
    found: list[float] = []
    for number in range(1, len(times)):
        around = [*changes[max(1, number - _NEIGHBOURS) : number], *changes[number + 1 : number + 1 + _NEIGHBOURS]]
        if changes[number] < max(_LEAST_CHANGE, _OUTSTANDING * max(around, default=0.0)):
            continue
        if times[number] - (found[-1] if found else times[0]) >= _SHORTEST:
            found.append(times[number])
    return found


def shots(times: Sequence[float], changes: Sequence[float], end: float) -> list[Shot]:
    """`end` is when the last frame ends."""
    bounds = [times[0], *cuts(times, changes), end]
    return [Shot(start, stop) for start, stop in pairwise(bounds)]
