"""Whoever stands still for long becomes part of the background and is lost there; who sets out from that very place is the same."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from engines.understanding.geometry import Box, overlap
from engines.understanding.tracks import Track

_STOOD = 4.0  # seconds in one place, before the background takes somebody in
_LONGEST = 60.0  # seconds, after which nobody can say who it is that sets out
_STILL = 0.6  # of the boxes, that overlap
_NEAR = 0.4  # of its height: who sets out is seen only beside what the background took in
_SAME_SIZE = 0.7
_SETS_OUT = 0.5  # of its height, at least: what only flickers at the place goes nowhere


def resumed(tracks: Sequence[Track]) -> list[Track]:
    """The tracks, with those that were broken by standing joined again, each under the earlier one. In the order of beginning."""
    kept: list[Track] = []
    for track in sorted(tracks, key=lambda each: each.start):
        waiting = [each for each in kept if _goes_on(each, track)]
        if waiting:
            max(waiting, key=lambda each: each.end).resume(track)
        else:
            kept.append(track)
    return kept


def _goes_on(earlier: Track, later: Track) -> bool:
    place, begin = earlier.boxes[-1], later.boxes[0]
    return (
        0 < later.start - earlier.end <= _LONGEST
        and _between(place, begin) <= _NEAR * place.height
        and _SAME_SIZE <= begin.height / place.height <= 1 / _SAME_SIZE
        and max(_between(begin, box) for box in later.boxes) >= _SETS_OUT * begin.height
        and _stood(earlier) >= _STOOD
    )


def _stood(track: Track) -> float:
    """Seconds for which it was, at its end, where it ended."""
    place, since = track.boxes[-1], track.end
    for time, box in zip(reversed(track.times), reversed(track.boxes), strict=True):
        if overlap(place, box) < _STILL:
            break
        since = time
    return track.end - since


def _between(one: Box, other: Box) -> float:
    (x0, y0), (x1, y1) = one.centre, other.centre
    return hypot(x1 - x0, y1 - y0)
