"""Objects left behind: something new that stays where somebody passed, after that somebody has gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.understanding.colour import agreed, dominant
from engines.understanding.geometry import Box, inside, overlap
from engines.understanding.motion import blobs
from engines.understanding.tracks import Track

_DIFFERENT = 30  # of 255, in the channel that differs most
_STILL = 14
_STAYS = 2.0  # seconds, before it is looked at
_SAID_AFTER = 3.0  # seconds without anybody at it
_SMALLEST, _LARGEST = 0.0004, 0.04  # of the frame
_OF_ITS_OWNER = 0.65  # at most, in height: what is as high as the person is the person, standing
_WHOLE = 0.5
_FORGETTING = 0.03

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass
class LeftObject:
    """`box` in pixels of the frame that was given. `since` is when it stopped moving."""

    box: Box
    since: float
    last: float
    alone: float = 0.0
    somebody: bool = False
    colours: Counter[str] = field(default_factory=Counter)

    @property
    def colour(self) -> str | None:
        return agreed(self.colours)

    @property
    def left(self) -> bool:
        return self.alone >= _SAID_AFTER and not self.somebody


class LeftObjectFinder:
    """Compares each frame with the empty scene. Give it frames of one size, in order, and the boxes of what moves in them."""

    def __init__(self, background: Image) -> None:
        self._scene: npt.NDArray[np.float32] = background.astype(np.float32)
        self._age: npt.NDArray[np.float32] = np.zeros(background.shape[:2], np.float32)
        self._before: tuple[float, Image] | None = None
        self._found: list[LeftObject] = []

    @property
    def objects(self) -> list[LeftObject]:
        return [each for each in self._found if each.left]

    def restart(self, background: Image) -> None:
        """The camera moved: what is left of before can no longer be compared."""
        self._scene = background.astype(np.float32)
        self._age[:] = 0
        self._before = None

    def apply(self, time: float, image: Image, tracks: Sequence[Track], is_somebody: Callable[[Box], bool]) -> None:
        """`tracks` are all of the tracks so far, in the same pixels; `is_somebody` tells a person who stands from a thing."""
        scene = self._scene.astype(np.uint8)
        new = cv2.absdiff(image, scene).max(axis=2) > _DIFFERENT
        if self._before is not None:
            before, last = self._before
            still = cv2.absdiff(image, last).max(axis=2) < _STILL
            self._age = np.where(new & still, self._age + np.float32(time - before), np.float32(0))
            for known in self._look(time, time - before, image, scene, new, tracks):
                known.somebody = known.somebody or is_somebody(known.box)
        self._before = (time, image)
        cv2.accumulateWeighted(image, self._scene, _FORGETTING, mask=(~new).astype(np.uint8))

    def _look(self, time: float, passed: float, image: Image, scene: Image, new: Mask, tracks: Sequence[Track]) -> list[LeftObject]:
        """Updates what was found; returns what has just been alone for a full second more."""
        aged = np.where(self._age >= _STAYS, np.uint8(255), np.uint8(0))
        aged = cv2.morphologyEx(aged, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        to_check = []
        for box in blobs(aged, _SMALLEST * aged.size):
            if box.area > _LARGEST * aged.size or not _whole(box, new) or not _has_edges(image, scene, aged, box):
                continue
            known = self._known(box, time, tracks)
            if known is None:
                continue
            before, known.last = known.alone, time
            known.alone += 0.0 if _attended(box, time, tracks) else passed
            if int(known.alone) > int(before):
                to_check.append(known)
            if (colour := dominant(image, box, aged)) is not None:
                known.colours[colour] += 1
        return to_check

    def _known(self, box: Box, time: float, tracks: Sequence[Track]) -> LeftObject | None:
        """What was found at this place before, or is found now; None where nobody brought it."""
        known = next((each for each in self._found if overlap(each.box, box) > 0.3), None)
        if known is None and _was_brought(box, time - _STAYS, tracks):
            known = LeftObject(box, time - _STAYS, time)
            self._found.append(known)
        return known


def _whole(box: Box, new: Mask) -> bool:
    """Whether the still part is all of what is new there: the legs of somebody who stands are only a part of what stands."""
    closed = cv2.morphologyEx(new.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    rest = [other for other in blobs(closed, 4) if overlap(box, other) > 0 or inside(box, other.grown(0.2, 1e9, 1e9)) > 0]
    return all(box.area >= _WHOLE * other.area for other in rest)


def _has_edges(image: Image, scene: Image, mask: Image, box: Box) -> bool:
    """A thing that came has its outline in the frame; where a thing was taken away, the outline is in the scene of before."""
    rows, columns = box.grown(0.2, mask.shape[1], mask.shape[0]).pixels()
    outline = cv2.morphologyEx(mask[rows, columns], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    return _edge_strength(image[rows, columns], outline) > 1.2 * _edge_strength(scene[rows, columns], outline)


def _edge_strength(patch: Image, where: Mask) -> float:
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    strength = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float(strength[where].mean()) if where.any() else 0.0


def _was_brought(box: Box, since: float, tracks: Sequence[Track]) -> bool:
    """Somebody taller was at the place shortly before it came to rest."""
    return any(
        inside(box, other.grown(0.3, 1e9, 1e9)) > 0.5 and box.height <= _OF_ITS_OWNER * other.height
        for track in tracks
        for time, other in zip(track.times, track.boxes, strict=True)
        if since - 3.0 <= time <= since + _STAYS
    )


def _attended(box: Box, time: float, tracks: Sequence[Track]) -> bool:
    """A track larger than the object is at it now; the object's own blob is no attendant."""
    return any(
        time - track.end < 0.5 and track.boxes[-1].height > box.height / _OF_ITS_OWNER and inside(box, track.boxes[-1]) > 0.1
        for track in tracks
    )
