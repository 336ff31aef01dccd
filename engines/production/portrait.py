"""VideoH2V: a horizontal film as a vertical one, by a window of 9 to 16 that follows whom and what there is to see."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging import UnreadableMedia
from engines.imaging.video import upright
from engines.production.film import FilmWriter, probe_film
from engines.production.framing import window_path
from engines.production.interest import InterestFinder, Numbers
from engines.production.planes import film_planes
from engines.production.shots import seen_in_shots
from engines.production.types import Output, Produced
from engines.understanding.people import PeopleFinder

_SHAPE = Fraction(9, 16)
_VIEW = 480  # the longer side of what is looked at
_LOOK_EVERY = 0.2  # seconds
_INSTANT = 1e-4
_UNSTEADY = 0.25


@dataclass(frozen=True)
class _Shot:
    """`lefts` are the window's left edges at `times`, as shares of the picture's width; `busy` is whether anything there mattered."""

    begin: float
    times: Numbers
    lefts: Numbers
    busy: bool
    flooded: int


def to_portrait(source: Path, folder: Path) -> Produced:
    """One MP4, as high as the source and 9/16 as wide, both even. Raises UnreadableMedia and Unfit."""
    found = probe_film(source)
    path = folder / "portrait.mp4"
    width, height = _window(found.width, found.height)
    shots = _followed(source, width / found.width) if width < found.width - 1 else ()
    with FilmWriter(path, source) as film:
        for frame in film_planes(source):
            left = round(_left(shots, frame.time) * frame.size[0]) if shots else 0
            film.write_planes(frame.time, frame.cut(left, width, height))
    return Produced([Output(path)], {}, (*_of_the_shape(found.width, found.height), *_of_the_shots(shots)))


def _window(width: int, height: int) -> tuple[int, int]:
    """Even, as H.264 wants it, and never beyond the picture."""
    return max(2, min(width, round(height * _SHAPE)) // 2 * 2), max(2, height // 2 * 2)


def _of_the_shape(width: int, height: int) -> Sequence[str]:
    if width <= round(height * _SHAPE) + 1:
        return (f"the video is portrait already, {width}x{height}: nothing was cut off",)
    if width < height:
        return (f"the video is portrait already, {width}x{height}: its sides were cut off to make it 9:16",)
    return ()


def _of_the_shots(shots: Sequence[_Shot]) -> Iterable[str]:
    if sum(shot.flooded for shot in shots) > _UNSTEADY * sum(len(shot.times) for shot in shots):
        yield "the camera moves much of the time: there only faces could be followed"
    if shots and not any(shot.busy for shot in shots):
        yield "nothing that moves before a still camera and no face was found: the middle is shown"


def _followed(source: Path, width: float) -> list[_Shot]:
    """The window's way through each shot; `width` is its share of the picture."""
    people = PeopleFinder()
    shots, finder, due, converter = list[_Shot](), InterestFinder(people), 0.0, VideoReformatter()
    for seen in seen_in_shots(source):
        if seen.cut:
            shots.append(_shot(finder, width))
            finder, due = InterestFinder(people), seen.time
        if seen.time + _INSTANT >= due:
            finder.see(seen.time, upright(seen.frame, _VIEW, converter=converter))
            due = max(due, seen.time - _LOOK_EVERY) + _LOOK_EVERY
    return [*shots, _shot(finder, width)]


def _shot(finder: InterestFinder, width: float) -> _Shot:
    times, interest = finder.found()
    if not times:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    return _Shot(times[0], np.array(times), window_path(times, interest, width), bool(interest.any()), finder.flooded)


def _left(shots: Sequence[_Shot], time: float) -> float:
    shot = shots[max(0, bisect_right(shots, time + _INSTANT, key=lambda each: each.begin) - 1)]
    return float(np.interp(time, shot.times, shot.lefts))
