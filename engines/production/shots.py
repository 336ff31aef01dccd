"""Where a film was cut: the frame that differs from the one before far more than the frames around it differ from theirs.

Hard cuts only: a picture that dissolves into another is seen as one shot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import cv2
import numpy as np

from engines.imaging import Frame, Image
from engines.imaging.pictures import shrink

_VIEW = 128
_LEAST_CHANGE = 0.04
_OUTSTANDING = 2.0
"""Times the largest change next to it: a fast movement, or a flash, changes several frames in a row."""
_NEIGHBOURS = 2
_SHORTEST = 0.3  # seconds
_OTHER_SIZE = 1.0
"""The change to a picture of another size, which begins a shot of its own."""


@dataclass(frozen=True)
class Seen:
    """A frame, how far it differs from the one before, 0 to 1, and whether it is the first of a new shot."""

    frame: Frame
    change: float
    cut: bool


def seen_in_shots(stream: Iterable[Frame]) -> Iterator[Seen]:
    """Every frame, two frames late: a cut is told from what follows, too. The film's very first frame is no cut."""
    change, last_cut = _Change(), 0.0
    around: deque[tuple[Frame, float] | None] = deque([None] * (2 * _NEIGHBOURS + 1), 2 * _NEIGHBOURS + 1)
    for coming in chain(((frame, change.of(frame.image)) for frame in stream), repeat(None, _NEIGHBOURS)):
        around.append(coming)
        middle = around[_NEIGHBOURS]
        if middle is None:
            continue
        frame, changed = middle
        largest = max((each[1] for place, each in enumerate(around) if each is not None and place != _NEIGHBOURS), default=0.0)
        outstanding = changed >= max(_LEAST_CHANGE, _OUTSTANDING * largest) and frame.time - last_cut >= _SHORTEST
        cut = outstanding or changed == _OTHER_SIZE
        last_cut = frame.time if cut else last_cut
        yield Seen(frame, changed, cut)


class _Change:
    """From picture to picture, in hue, saturation and value."""

    def __init__(self) -> None:
        self._last: tuple[Image, Image, Image] | None = None

    def of(self, image: Image) -> float:
        hsv = cv2.cvtColor(shrink(image, _VIEW), cv2.COLOR_BGR2HSV)
        hue, saturation, value = (plane.astype(np.int16) for plane in cv2.split(hsv))
        # How colourful a dark pixel is, and what hue a grey one has, is mere noise.
        seen = (hue, saturation * value // 255, value)
        last, self._last = self._last, seen
        if last is None:
            return 0.0
        if last[0].shape != hue.shape:
            return _OTHER_SIZE
        turned, chroma, light = (np.abs(now - before) for now, before in zip(seen, last, strict=True))
        turned = np.minimum(turned, 180 - turned) * (np.minimum(seen[1], last[1]) / 255)
        # Light counts for half: of a grey film there is nothing else.
        return float(turned.mean() / 90 + chroma.mean() / 255 + 2 * light.mean() / 255) / 4
