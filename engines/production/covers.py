"""Cover: the pictures of a clip that show it best, still or moving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging import snapshot
from engines.imaging.pictures import encode
from engines.imaging.video import shown, upright
from engines.production.appeal import Appeal, Fingerprint, appeal, face_share, fingerprint
from engines.production.film import probe_film
from engines.production.loops import write_loop
from engines.production.types import Output, Produced
from engines.understanding.people import PeopleFinder

_COVERS = 3
_VIEW = 480
_MOST_CANDIDATES = 1200
_PER_SECOND = (1.0, 4.0)
_LONG = 60.0  # seconds, from which on a look at the key frames is enough, where there are so many:
_ENOUGH_KEY_FRAMES = 24
_SHORTLIST = 12
_ROOM, _BYTES_A_PIXEL = 200_000_000, 2  # of frames as they were decoded, commonly one and a half
_SAME, _DIFFERENT = 0.04, 0.5
"""Of a fingerprint's distance: below the first two pictures are nearly the same; from the second on, as different as need be."""


@dataclass(frozen=True)
class _Candidate:
    """`view` is a JPEG: a thousand of them are held at once; `frame` the whole frame as it was decoded, where there was room for it."""

    time: float
    appeal: Appeal
    fingerprint: Fingerprint
    view: bytes
    frame: Any


def pick_covers(source: Path, folder: Path, *, animated: bool = False) -> Produced:
    """Three PNG of the clip's own size, or GIF loops of the moments around; the best first.

    The finding `covers` holds for each the score, 0 to 10, and the milliseconds from the start. Raises UnreadableMedia and Unfit.
    """
    found = probe_film(source)
    room = 0 if animated else _ROOM // (_BYTES_A_PIXEL * found.width * found.height)
    candidates = _candidates(source, found.seconds or 0.0, room)
    chosen = sorted(_chosen(_with_faces(_chosen(candidates, _SHORTLIST)), _COVERS), key=lambda each: -each.appeal.score)
    outputs = [Output(_written(source, folder, number, each, animated)) for number, each in enumerate(chosen, start=1)]
    covers = [{"score": round(each.appeal.score, 2), "milliseconds": round(each.time * 1000, 2)} for each in chosen]
    return Produced(outputs, {"covers": covers}, tuple(_notes(chosen)))


def _candidates(source: Path, seconds: float, room: int) -> list[_Candidate]:
    """Of `room` of them the whole frame is held, too: to decode one once more means to decode all before it as well."""
    if seconds >= _LONG:
        key_frames = _measured(shown(source, _MOST_CANDIDATES / seconds, skipped="NONKEY"), room)
        if len(key_frames) >= _ENOUGH_KEY_FRAMES:
            return key_frames
    slowest, fastest = _PER_SECOND
    per_second = min(fastest, max(slowest, 60 / seconds)) if seconds else slowest
    return _measured(shown(source, min(per_second, _MOST_CANDIDATES / max(seconds, 1.0)), skipped="NONREF"), room)


def _measured(stream: Iterable[tuple[float, Any]], room: int) -> list[_Candidate]:
    """Some containers lie about their length: of what goes on and on every other candidate is forgotten."""
    measured: list[_Candidate] = []
    every, converter = 1, VideoReformatter()
    for number, (time, frame) in enumerate(stream):
        if number % every:
            continue
        image = upright(frame, _VIEW, converter=converter)
        whole = frame if len(measured) < room else None
        measured.append(_Candidate(time, appeal(image), fingerprint(image), encode(image, "jpg"), whole))
        if len(measured) > 2 * _MOST_CANDIDATES:
            measured, every = measured[::2], every * 2
    return measured


def _chosen(candidates: Sequence[_Candidate], count: int) -> list[_Candidate]:
    """The most appealing one, then again and again the one that is both appealing and unlike those chosen before."""
    usable = [each for each in candidates if each.appeal.usable] or list(candidates)
    nearest = np.full(len(usable), inf)
    scores = np.array([each.appeal.score for each in usable])
    chosen: list[_Candidate] = []
    while len(chosen) < count:
        worth = np.where(nearest >= _SAME, scores * np.minimum(1.0, nearest / _DIFFERENT), -1.0)
        best = int(np.argmax(worth))
        if worth[best] < 0:
            break
        chosen.append(usable[best])
        nearest = np.minimum(nearest, [each.fingerprint.distance(usable[best].fingerprint) for each in usable])
    return chosen


def _with_faces(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    people = PeopleFinder()

    def looked_at(each: _Candidate) -> _Candidate:
        view: Any = cv2.imdecode(np.frombuffer(each.view, np.uint8), cv2.IMREAD_COLOR)
        largest = max((box.height for box in people.faces(view)), default=0.0)
        return replace(each, appeal=replace(each.appeal, face=face_share(largest, view.shape[0])))

    return [looked_at(each) for each in candidates]


def _written(source: Path, folder: Path, number: int, cover: _Candidate, animated: bool) -> Path:
    path = folder / f"cover-{number:05d}.{'gif' if animated else 'png'}"
    if animated:
        write_loop(source, path, cover.time)
    elif cover.frame is not None:
        path.write_bytes(encode(upright(cover.frame, None), "png"))
    else:
        path.write_bytes(snapshot(source, round(cover.time * 1000), output="png"))
    return path


def _notes(chosen: Sequence[_Candidate]) -> Iterable[str]:
    if len(chosen) < _COVERS:
        yield f"the clip has {len(chosen)} distinct picture{'s' if len(chosen) > 1 else ''}: {_COVERS} covers were wanted"
    if not chosen[0].appeal.usable:
        yield "every picture of the clip is black, of one colour, or blurred: the best of them was taken"
