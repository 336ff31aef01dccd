"""A detector's answers, believed only where several frames agree.

One frame's answer is often wrong with a high score; the same thing at the same place in two frames seldom is. A track is begun and kept by
weak answers and believed for a strong one (hysteresis, as in Canny's edges).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from engines.understanding.detector import Detection
from engines.understanding.geometry import Box, overlap
from engines.understanding.tracks import Track, Tracker

STRONG, WEAK = 0.55, 0.35
_FRAMES = 2
_SAME_THING = 0.6


@dataclass(frozen=True)
class Sighting:
    """Something that several frames agree on, followed through them."""

    label: str
    track: Track

    @property
    def confidence(self) -> float:
        return max(self.track.scores)

    def box_at(self, time: float, tolerance: float) -> Box | None:
        """Where it was seen nearest to a time, or None if that is further away than the tolerance, in seconds."""
        gap, box = min((abs(each - time), box) for each, box in zip(self.track.times, self.track.boxes, strict=True))
        return box if gap <= tolerance else None


class SightingCollector:
    def __init__(self) -> None:
        self._trackers: dict[str, Tracker] = {}

    def update(self, time: float, detections: Sequence[Detection]) -> None:
        """`detections` of one frame, from the weak threshold upwards."""
        by_label: dict[str, list[Detection]] = {}
        for detection in detections:
            by_label.setdefault(detection.label, []).append(detection)
        for label, same in by_label.items():
            # Things are hidden for a while by those who pass; a longer memory than that of motion keeps them one.
            tracker = self._trackers.setdefault(label, Tracker(lost_after=2.5))
            tracker.update(time, [each.box for each in same], [each.score for each in same])

    def agreed(self) -> list[Sighting]:
        """The best first; where two labels claim the same thing, only the better one."""
        believed = [
            Sighting(label, track)
            for label, tracker in self._trackers.items()
            for track in tracker.tracks
            if len(track.times) >= _FRAMES and max(track.scores) >= STRONG
        ]
        believed.sort(key=lambda each: -mean(each.track.scores) * len(each.track.scores))
        kept: list[Sighting] = []
        for sighting in believed:
            if not any(_same(sighting, other) for other in kept):
                kept.append(sighting)
        return kept


def agreed_in_still(detections: Sequence[Detection]) -> list[Detection]:
    """A still picture has no second frame to agree: only strong answers count, and one label for one thing."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda each: -each.score):
        if detection.score >= STRONG and not any(
            overlap(detection.box, other.box) > _SAME_THING for other in kept if other.label != detection.label
        ):
            kept.append(detection)
    return kept


def _same(a: Sighting, b: Sighting) -> bool:
    shared = [
        overlap(box, other) for time, box in zip(a.track.times, a.track.boxes, strict=True) if (other := b.box_at(time, 0.01)) is not None
    ]
    return a.label != b.label and bool(shared) and mean(shared) > _SAME_THING
