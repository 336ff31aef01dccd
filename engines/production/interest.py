"""What of a shot matters, from left to right, at each moment: people and things that move, and faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.imaging.pictures import shrink
from engines.understanding.geometry import Box
from engines.understanding.motion import MotionDetector
from engines.understanding.people import PeopleFinder
from engines.understanding.tracks import Tracker

Numbers = npt.NDArray[np.floating[Any]]

COLUMNS = 96
_WARM_FRAMES = 20
_FACES_EVERY, _FACES_VIEW = 2.0, 400  # seconds; pixels of the longer side
_SEEN_FOR = 0.5  # seconds, from which on a track is no flicker
_FACE_AND_SHOULDERS = (1.0, 1.5)  # of a face's width on each side, and of its height below it


class InterestFinder:
    """Of one shot: give it pictures of one size, some five a second, in order; then ask."""

    def __init__(self, people: PeopleFinder) -> None:
        self._people = people
        self._motion: MotionDetector | None = None
        self._tracker = Tracker()
        self._warm: list[tuple[float, Image]] = []
        self._times: list[float] = []
        self._faces: list[Sequence[Box]] = []
        self._faces_due = -np.inf
        self._size = (1, 1)
        self.flooded = 0
        """At so many pictures the camera moved, or all else did."""

    def see(self, time: float, image: Image) -> None:
        self._size = image.shape[1], image.shape[0]
        self._times.append(time)
        self._faces.append(self._faces_at(time, image))
        if self._motion is not None:
            self._follow(self._motion, time, image)
            return
        self._warm.append((time, image))
        if len(self._warm) == _WARM_FRAMES:
            self._begin()

    def found(self) -> tuple[Sequence[float], Numbers]:
        """The times of the pictures, and for each the area that matters in each column, as a share of the picture."""
        if self._warm:
            self._begin()
        rows = np.zeros((len(self._times), COLUMNS))
        at = {time: row for row, time in enumerate(self._times)}
        for track in self._tracker.tracks:
            if track.seconds >= _SEEN_FOR:
                for time, box in zip(track.times, track.boxes, strict=True):
                    rows[at[time]] += self._columns(box)
        for row, faces in zip(rows, self._faces, strict=True):
            for face in faces:
                row += self._columns(_person_of(face))
        return self._times, rows

    def _faces_at(self, time: float, image: Image) -> Sequence[Box]:
        if time < self._faces_due:
            return self._faces[-1]
        self._faces_due = time + _FACES_EVERY
        small = shrink(image, _FACES_VIEW)
        return [face.scaled(image.shape[1] / small.shape[1]) for face in self._people.faces(small)]

    def _begin(self) -> None:
        motion = self._motion = MotionDetector([image for _, image in self._warm])
        for time, image in self._warm:
            self._follow(motion, time, image)
        self._warm.clear()

    def _follow(self, detector: MotionDetector, time: float, image: Image) -> None:
        motion = detector.apply(image)
        if motion.flooded:
            self.flooded += 1
            self._tracker.interrupt()
        self._tracker.update(time, motion.boxes, motion.solidity)

    def _columns(self, box: Box) -> Numbers:
        width, height = self._size
        edges = np.arange(COLUMNS + 1) * (width / COLUMNS)
        covered = np.minimum(edges[1:], box.right) - np.maximum(edges[:-1], box.x)
        shares: Numbers = np.maximum(covered, 0) * (box.height / (width * height))
        return shares


def _person_of(face: Box) -> Box:
    beside, below = _FACE_AND_SHOULDERS
    return Box(face.x - beside * face.width, face.y, (1 + 2 * beside) * face.width, (1 + below) * face.height)
