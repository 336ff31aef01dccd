"""VideoClip: the parts of a clip that show it best, about a fifth of it, in their order and with their sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging import UnreadableMedia
from engines.imaging.video import upright
from engines.production.appeal import Appeal, Fingerprint, appeal, fingerprint
from engines.production.film import FilmWriter, probe_film
from engines.production.planes import film_planes
from engines.production.shots import seen_in_shots
from engines.production.types import Output, Produced

_SHARE = 0.2
_LEAST_SECONDS = 1.0
_PARTS = 8
_PART_SECONDS = (1.0, 4.0)
_VIEW = 320  # the longer side of what is judged
_JUDGED_EVERY = 0.5  # seconds
_LIVELY = 0.25
"""Of a part's worth, what its movement makes up."""
_BLACK = 0.01  # what even a part that shows nothing is worth
_DIFFERENT, _ALIKE_AT_ALL = 0.5, 0.3
_SHOT_SHOWN_BEFORE = 0.6
_LEAST_PART, _INSTANT = 0.3, 1e-3  # seconds


@dataclass(frozen=True)
class _Judged:
    time: float
    appeal: Appeal
    fingerprint: Fingerprint


@dataclass
class _Watched:
    """A film in numbers: of each frame its time and how far it differs from the one before; where shots begin; of some frames the looks."""

    times: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    judged: list[_Judged] = field(default_factory=list)

    @property
    def end(self) -> float:
        steps = [later - earlier for earlier, later in pairwise(self.times)]
        return self.times[-1] + (float(np.median(steps)) if steps else 0.04)


@dataclass(frozen=True)
class _Part:
    """`movement` is the mean change from frame to frame."""

    start: float
    end: float
    shot: int
    looks: float
    movement: float
    fingerprint: Fingerprint

    @property
    def seconds(self) -> float:
        return self.end - self.start


def summarise(source: Path, folder: Path) -> Produced:
    """One MP4. The findings are `parts`, what was kept, and `cuts`, in seconds of the source. Raises UnreadableMedia and Unfit."""
    probe_film(source)
    watched = _watched(source)
    wanted = min(watched.end, max(_LEAST_SECONDS, _SHARE * watched.end))
    kept = _joined(_chosen(_parts(watched, wanted), wanted))
    path = folder / "summary.mp4"
    _write(source, path, kept)
    findings = {
        "parts": [{"start": round(start, 3), "end": round(end, 3)} for start, end in kept],
        "cuts": [round(time, 3) for time in watched.cuts],
    }
    return Produced([Output(path)], findings, _notes(watched))


def _watched(source: Path) -> _Watched:
    watched, due, converter = _Watched(), 0.0, VideoReformatter()
    for seen in seen_in_shots(source):
        watched.times.append(seen.time)
        watched.changes.append(seen.change)
        if seen.cut:
            watched.cuts.append(seen.time)
        if seen.time >= due:
            image = upright(seen.frame, _VIEW, converter=converter)
            watched.judged.append(_Judged(seen.time, appeal(image), fingerprint(image)))
            due = seen.time + _JUDGED_EVERY
    if not watched.times:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    return watched


def _parts(watched: _Watched, wanted: float) -> list[_Part]:
    """The shots in parts of about the same length, of which some eight fill what is wanted."""
    least, most = _PART_SECONDS
    length = min(most, max(least, wanted / _PARTS))
    parts = list[_Part]()
    for number, (begin, over) in enumerate(pairwise((watched.times[0], *watched.cuts, watched.end))):
        count = max(1, round((over - begin) / length))
        inner = np.searchsorted(watched.times, np.linspace(begin, over, count + 1)[1:-1])
        bounds = sorted({begin, *(watched.times[index] for index in inner), over})
        parts.extend(_part(watched, start, end, number) for start, end in pairwise(bounds))
    return parts


def _part(watched: _Watched, start: float, end: float, shot: int) -> _Part:
    first, after = np.searchsorted(watched.times, (start - _INSTANT, end - _INSTANT))
    # The first change of a shot is the cut itself.
    changes = watched.changes[first + 1 : after] or [0.0]
    middle = (start + end) / 2
    inside = [each for each in watched.judged if start - _INSTANT <= each.time < end - _INSTANT]
    judged = inside or [min(watched.judged, key=lambda each: abs(each.time - middle))]
    looks = float(np.mean([each.appeal.score for each in judged]))
    return _Part(start, end, shot, looks, float(np.mean(changes)), judged[len(judged) // 2].fingerprint)


def _chosen(parts: Sequence[_Part], wanted: float) -> list[_Part]:
    """The worthiest part, then again and again the worthiest that shows something else, until there is enough; in their order."""
    lively = max(_INSTANT, float(np.percentile([part.movement for part in parts], 90)))
    worth = np.array([(_BLACK + part.looks) * (1 - _LIVELY + _LIVELY * min(1.0, part.movement / lively)) for part in parts])
    missing, chosen = wanted, list[_Part]()
    while missing > (_LEAST_PART if chosen else 0) and worth.max() > 0:
        best = int(np.argmax(worth))
        part = parts[best]
        chosen.append(_trimmed(part, missing))
        missing -= part.seconds
        worth[best] = 0
        for number, other in enumerate(parts):
            different = min(1.0, other.fingerprint.distance(part.fingerprint) / _DIFFERENT)
            worth[number] *= _ALIKE_AT_ALL + (1 - _ALIKE_AT_ALL) * different
            worth[number] *= _SHOT_SHOWN_BEFORE if other.shot == part.shot else 1.0
    return sorted(chosen, key=lambda part: part.start)


def _trimmed(part: _Part, seconds: float) -> _Part:
    return replace(part, end=min(part.end, part.start + seconds))


def _joined(parts: Sequence[_Part]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for part in parts:
        if joined and part.start - joined[-1][1] < _INSTANT:
            joined[-1] = (joined[-1][0], part.end)
        else:
            joined.append((part.start, part.end))
    return joined


def _write(source: Path, path: Path, parts: Sequence[tuple[float, float]]) -> None:
    """One after the other, each frame as long after its part's begin as it was."""
    shift, left = 0.0, list(parts)
    with FilmWriter(path, source, parts=parts) as film:
        for frame in film_planes(source, parts):
            while left[1:] and frame.time + _INSTANT >= left[1][0]:
                shift += left[0][1] - left[0][0]
                left.pop(0)
            film.write_planes(shift + frame.time - left[0][0], frame)


def _notes(watched: _Watched) -> Sequence[str]:
    if _SHARE * watched.end >= _LEAST_SECONDS:
        return ()
    return (f"a fifth of {watched.end:.1f} s is too little to see anything: {min(_LEAST_SECONDS, watched.end):.1f} s were kept",)
