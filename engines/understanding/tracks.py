"""Boxes of successive frames, joined into tracks by where each was expected to be. A pure function of boxes and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot
from statistics import mean, median, pstdev

import cv2

from engines.imaging import Image
from engines.understanding.geometry import Box, overlap

_LOST_AFTER = 1.2  # seconds
_GATE = 0.7  # of the box's size, beyond what it was expected to move
_GATE_PER_SECOND = 1.2
_GROWTH = 3.0
_LEAST_STEPS = 2
_MOVED = 0.04  # of its height from one frame to the next: at five frames a second a quarter of a walk


@dataclass
class Track:
    """One thing followed through time, with the evidence gathered on the way."""

    times: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    """A detector's scores, or of a moving blob the share of its box that moves."""
    checks: int = 0
    upright_hits: int = 0
    face_hits: int = 0
    together: dict[float, int] = field(default_factory=dict)
    """How many people the HOG check saw in the box, by time."""
    colours: Counter[str] = field(default_factory=Counter)
    steps: list[float] = field(default_factory=list)
    """How much of its lower outline changed, 0 to 1, from each frame to the next."""
    steps_on_the_way: list[float] = field(default_factory=list)
    """Those of them between which it moved along."""
    _outline: Image | None = None

    @property
    def start(self) -> float:
        return self.times[0]

    @property
    def end(self) -> float:
        return self.times[-1]

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def straightness(self) -> float:
        """The way between its ends over the way it went: 1 for a straight line, near 0 for what flutters to and fro."""
        centres = [box.centre for box in self.boxes]
        way = sum(hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(centres))
        (x0, y0), (x1, y1) = centres[0], centres[-1]
        return hypot(x1 - x0, y1 - y0) / way if way else 0.0

    @property
    def height_spread(self) -> float:
        """The standard deviation of its height over the mean."""
        heights = [box.height for box in self.boxes]
        return pstdev(heights) / mean(heights)

    @property
    def gait(self) -> float | None:
        """How much its lower outline changes from frame to frame, as legs do: 0 for what is rigid, None where that was not measured.

        While it stands nothing is learned of its legs, so that counts only for what never moves along.
        """
        steps = self.steps_on_the_way if len(self.steps_on_the_way) >= _LEAST_STEPS else self.steps
        return median(steps) if len(steps) >= _LEAST_STEPS else None

    def note_outline(self, outline: Image) -> None:
        """That of the last box; call it once for each box."""
        if self._outline is not None:
            self.steps.append(float(cv2.absdiff(outline, self._outline).mean()) / 255)
            (x0, y0), (x1, y1) = self.boxes[-2].centre, self.boxes[-1].centre
            if hypot(x1 - x0, y1 - y0) >= _MOVED * self.boxes[-1].height:
                self.steps_on_the_way.append(self.steps[-1])
        self._outline = outline

    def add(self, time: float, box: Box, score: float = 1.0) -> None:
        self.times.append(time)
        self.boxes.append(box)
        self.scores.append(score)

    def resume(self, later: Track) -> None:
        """Goes on as the other track did, which is to be forgotten."""
        for mine, added in ((self.times, later.times), (self.scores, later.scores), (self.steps, later.steps)):
            mine.extend(added)
        self.boxes.extend(later.boxes)
        self.steps_on_the_way.extend(later.steps_on_the_way)
        self.checks += later.checks
        self.upright_hits += later.upright_hits
        self.face_hits += later.face_hits
        self.together.update(later.together)
        self.colours.update(later.colours)

    def expected(self, time: float) -> Box:
        """Where the last box has gone, at the speed of the last few."""
        back = min(3, len(self.boxes) - 1)
        passed = self.times[-1] - self.times[-1 - back]
        if passed <= 0:
            return self.boxes[-1]
        (x0, y0), (x1, y1) = self.boxes[-1 - back].centre, self.boxes[-1].centre
        ahead = (time - self.times[-1]) / passed
        return self.boxes[-1].moved((x1 - x0) * ahead, (y1 - y0) * ahead)


class Tracker:
    """`update` takes the boxes of one frame and returns their tracks, in the same order. All tracks ever begun stay in `tracks`."""

    def __init__(self, lost_after: float = _LOST_AFTER) -> None:
        self.tracks: list[Track] = []
        self._live: list[Track] = []
        self._lost_after = lost_after

    def update(self, time: float, boxes: Sequence[Box], scores: Sequence[float] | None = None) -> list[Track]:
        self._live = [track for track in self._live if time - track.end <= self._lost_after]
        matched = self._match(time, boxes)
        result = []
        for index, box in enumerate(boxes):
            track = matched.get(index) or self._begin()
            track.add(time, box, scores[index] if scores else 1.0)
            result.append(track)
        return result

    def interrupt(self) -> None:
        """Ends every live track: the camera moved, or the picture was cut."""
        self._live = []

    def _begin(self) -> Track:
        track = Track()
        self.tracks.append(track)
        self._live.append(track)
        return track

    def _match(self, time: float, boxes: Sequence[Box]) -> dict[int, Track]:
        """The nearest pairs first, each track and each box once."""
        pairs = [
            (distance, index, number)
            for number, track in enumerate(self._live)
            for index, box in enumerate(boxes)
            if (distance := _distance(track, time, box)) is not None
        ]
        matched: dict[int, Track] = {}
        taken: set[int] = set()
        for _, index, number in sorted(pairs):
            if index not in matched and number not in taken:
                matched[index] = self._live[number]
                taken.add(number)
        return matched


def _distance(track: Track, time: float, box: Box) -> float | None:
    """In sizes of the box; None where the two can't be the same thing."""
    expected = track.expected(time)
    size = max(box.height, box.width, expected.height, expected.width)
    (x0, y0), (x1, y1) = expected.centre, box.centre
    distance = hypot(x1 - x0, y1 - y0) / size
    if distance > _GATE + _GATE_PER_SECOND * (time - track.end) and overlap(expected, box) < 0.1:
        return None
    growth = box.area / expected.area
    if not 1 / _GROWTH <= growth <= _GROWTH and overlap(track.boxes[-1], box) < 0.2:
        return None
    return distance
