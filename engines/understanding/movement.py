"""How a tracked thing moved: which way, how fast, whether it came in or went out. Pure functions of a track.

Speeds are in body heights a second, so that they hold at every distance: a person walks at about 0.8 of them (1.4 m/s at 1.7 m) and runs
from about 1.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from statistics import median
from typing import Literal

from engines.understanding.geometry import Box
from engines.understanding.tracks import Track

Direction = Literal["left", "right", "towards", "away"]
Pace = Literal["stands", "walks", "runs"]
Side = Literal["left", "right", "top", "bottom"]

_WALKING = 0.2
_RUNNING = 1.5
_WALKING_ACROSS = 0.5  # From here on the way across is all; a height measured on few pixels would only add noise.
_STRAIGHT, _STEADY = 0.7, 0.3
_SIDEWAYS = 0.6  # body heights
_GROWN = 1.2
_EDGE = 0.03  # of the frame
_NOT_AT_THE_ENDS = 0.5  # seconds
_WINDOW = 1.0  # seconds


@dataclass(frozen=True)
class Span:
    """The stage: the frame's size and the first and last time that were looked at."""

    width: float
    height: float
    start: float
    end: float


@dataclass(frozen=True)
class Movement:
    """`travelled` is the greatest distance from the start, in the thing's own sizes (the larger of width and height).

    `returns`: it went in the direction and came back again.
    """

    direction: Direction | None
    returns: bool
    pace: Pace
    speed: float
    travelled: float
    enters: Side | None
    leaves: Side | None


def measure(track: Track, span: Span) -> Movement:
    across = _sideways_speed(track)
    speed = hypot(across, _depth_speed(track, span)) if across < _WALKING_ACROSS else across
    # Where two blobs change places the speed is not one body's; such a track wavers.
    steady = track.straightness >= _STRAIGHT and track.height_spread <= _STEADY
    pace: Pace = "runs" if speed >= _RUNNING and steady else "walks" if speed >= _WALKING else "stands"
    direction = _direction(track, span) if pace != "stands" else None
    turned = _turned_back(track) if pace != "stands" and direction is None else None
    return Movement(
        direction=direction or turned,
        returns=turned is not None,
        pace=pace,
        speed=speed,
        travelled=_travelled(track),
        enters=_enters(track, span),
        leaves=_leaves(track, span),
    )


def _height(track: Track) -> float:
    return median(box.height for box in track.boxes)


def _ends(track: Track) -> tuple[Box, Box]:
    """A typical early box and a typical late one."""
    part = max(1, min(4, len(track.boxes) // 3))
    return _typical(track.boxes[:part]), _typical(track.boxes[-part:])


def _typical(boxes: list[Box]) -> Box:
    return Box(*(median(side) for side in zip(*boxes, strict=True)))


def _sideways_speed(track: Track) -> float:
    """The median, over windows of about a second, of the distance covered."""
    height, speeds = _height(track), []
    for index, time in enumerate(track.times):
        later = next((each for each in range(index + 1, len(track.times)) if track.times[each] - time >= _WINDOW - 1e-6), None)
        if later is None:
            break
        (x0, y0), (x1, y1) = track.boxes[index].centre, track.boxes[later].centre
        speeds.append(hypot(x1 - x0, y1 - y0) / (track.times[later] - time) / height)
    if speeds:
        return median(speeds)
    (x0, y0), (x1, y1) = track.boxes[0].centre, track.boxes[-1].centre
    return hypot(x1 - x0, y1 - y0) / max(track.seconds, 0.2) / height


def _depth_speed(track: Track, span: Span) -> float:
    """By the pinhole camera, distance in body heights is focal length / height in pixels; a focal length is about the frame's width."""
    first, last = _whole_ends(track, span)
    if track.seconds < _WINDOW or first is None or last is None:
        return 0.0
    ratio = last.height / first.height
    if 1 / _GROWN < ratio < _GROWN:
        return 0.0
    return abs(span.width / last.height - span.width / first.height) / track.seconds


def _whole_ends(track: Track, span: Span) -> tuple[Box | None, Box | None]:
    """Early and late boxes that no edge cuts; a body half in the frame says nothing of its height."""
    whole = Track()
    for time, box in zip(track.times, track.boxes, strict=True):
        if not _touching(box, span, 0.0):
            whole.add(time, box)
    return _ends(whole) if len(whole.boxes) >= 4 else (None, None)


def _direction(track: Track, span: Span) -> Direction | None:
    first, last = _ends(track)
    height = _height(track)
    dx = (last.centre[0] - first.centre[0]) / height
    dy = (last.bottom - first.bottom) / height
    whole_first, whole_last = _whole_ends(track, span)
    ratio = whole_last.height / whole_first.height if whole_first and whole_last else 1.0
    if abs(dx) >= _SIDEWAYS and abs(dx) >= 0.8 * abs(dy):
        return "right" if dx > 0 else "left"
    if ratio >= _GROWN or dy >= _SIDEWAYS:
        return "towards"
    if ratio <= 1 / _GROWN or dy <= -_SIDEWAYS:
        return "away"
    return None


def _turned_back(track: Track) -> Direction | None:
    """The side to which somebody went who ended where he began."""
    start, height = _ends(track)[0].centre[0], _height(track)
    furthest = max((box.centre[0] - start for box in track.boxes), key=abs)
    if abs(furthest) < _SIDEWAYS * height:
        return None
    return "right" if furthest > 0 else "left"


def _travelled(track: Track) -> float:
    size = median(max(box.width, box.height) for box in track.boxes)
    first = _ends(track)[0].centre
    return max(hypot(box.centre[0] - first[0], box.centre[1] - first[1]) for box in track.boxes) / size


def _touching(box: Box, span: Span, reach: float) -> list[Side]:
    """The edges within reach of the box, `reach` in pixels beyond the usual margin."""
    across, down = _EDGE * span.width + reach, _EDGE * span.height + reach
    sides: list[Side] = []
    if box.x <= across:
        sides.append("left")
    if box.right >= span.width - across:
        sides.append("right")
    if box.y <= down:
        sides.append("top")
    if box.bottom >= span.height - down:
        sides.append("bottom")
    return sides


def _step(track: Track) -> float:
    """Pixels between two frames: somebody quick is first seen that far from the edge."""
    first, last = track.boxes[0].centre, track.boxes[-1].centre
    return hypot(last[0] - first[0], last[1] - first[1]) / max(1, len(track.boxes) - 1)


def _enters(track: Track, span: Span) -> Side | None:
    if track.start <= span.start + _NOT_AT_THE_ENDS:
        return None
    later = track.boxes[min(5, len(track.boxes) - 1)]
    return _crossed(track.boxes[0], later, _touching(track.boxes[0], span, _step(track)))


def _leaves(track: Track, span: Span) -> Side | None:
    if track.end >= span.end - _NOT_AT_THE_ENDS:
        return None
    earlier = track.boxes[max(0, len(track.boxes) - 6)]
    return _crossed(track.boxes[-1], earlier, _touching(track.boxes[-1], span, _step(track)))


def _crossed(at_edge: Box, away_from_it: Box, sides: list[Side]) -> Side | None:
    """The edge at which a box was, when the other one lies clearly further in."""
    dx, dy = away_from_it.centre[0] - at_edge.centre[0], away_from_it.centre[1] - at_edge.centre[1]
    further: dict[Side, float] = {"left": dx, "right": -dx, "top": dy, "bottom": -dy}
    best = max(sides, key=lambda side: further[side], default=None)
    if best is None or further[best] < 0.3 * min(at_edge.width, away_from_it.width):
        return None
    return best
