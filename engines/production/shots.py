"""Where a film was cut: the frame that differs from the one before far more than the frames around it differ from theirs.

Hard cuts only: a picture that dissolves into another is seen as one shot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging import Image
from engines.imaging.video import shown, upright

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
    """A frame as PyAV decoded it, its seconds from the start, how far it differs from the one before, 0 to 1, and whether a shot begins."""

    time: float
    frame: Any
    change: float
    cut: bool = False


def seen_in_shots(source: Path) -> Iterator[Seen]:
    """Every frame, two frames late: a cut is told from what follows, too. The film's very first frame is no cut. Raises UnreadableMedia."""
    last_cut = 0.0
    around: deque[Seen | None] = deque([None] * (2 * _NEIGHBOURS + 1), 2 * _NEIGHBOURS + 1)
    for coming in chain(_changing(source), repeat(None, _NEIGHBOURS)):
        around.append(coming)
        middle = around[_NEIGHBOURS]
        if middle is None:
            continue
        largest = max((each.change for place, each in enumerate(around) if each is not None and place != _NEIGHBOURS), default=0.0)
        outstanding = middle.change >= max(_LEAST_CHANGE, _OUTSTANDING * largest) and middle.time - last_cut >= _SHORTEST
        cut = outstanding or middle.change == _OTHER_SIZE
        last_cut = middle.time if cut else last_cut
        yield replace(middle, cut=cut)


def _changing(source: Path) -> Iterator[Seen]:
    change, converter = _Change(), VideoReformatter()
    for time, frame in shown(source):
        yield Seen(time, frame, change.of(upright(frame, _VIEW, converter=converter)))


class _Change:
    """From picture to picture, in hue, saturation and value."""

    def __init__(self) -> None:
        self._last: tuple[Image, Image, Image] | None = None

    def of(self, image: Image) -> float:
        hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
        # How colourful a dark pixel is, and what hue a grey one has, is mere noise.
        seen = (hue, cv2.multiply(saturation, value, scale=1 / 255), value)
        last, self._last = self._last, seen
        if last is None:
            return 0.0
        if last[0].shape != hue.shape:
            return _OTHER_SIZE
        turned = cv2.absdiff(hue, last[0])
        turned, colourful = cv2.min(turned, 180 - turned), cv2.min(seen[1], last[1])
        hues = float(np.vdot(turned.astype(np.float32), colourful.astype(np.float32))) / (90 * 255)
        chroma, light = (cv2.norm(now, before, cv2.NORM_L1) / 255 for now, before in zip(seen[1:], last[1:], strict=True))
        # Light counts for half: of a grey film there is nothing else.
        return float((hues + chroma + 2 * light) / (4 * hue.size))
