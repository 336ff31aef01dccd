"""Cover and VideoClip on a reel of eleven shots, two of them black and two blurred; of each frame it is known which shot it is from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.clips import CLIP
from bench.production.meter import measured
from bench.production.rows import Row, filtered, floor_row
from engines.imaging import frames
from engines.production.covers import pick_covers
from engines.production.film import FilmWriter, film_frames
from engines.production.loops import write_loop
from engines.production.shots import seen_in_shots
from engines.production.summary import summarise
from tests.unit.engines.production.shots import Reel, Shot, reel

_SHOTS = (
    Shot(2.0, "black"),
    Shot(2.4, speed=60),
    Shot(2.0, "blurred"),
    Shot(3.0, speed=0),
    Shot(2.0, speed=400),
    Shot(2.0, "black"),
    Shot(2.6, speed=120),
    Shot(2.0, "blurred"),
    Shot(2.0, speed=250),
    Shot(2.4, speed=0),
    Shot(2.0, speed=800),
)
_SECONDS = sum(shot.seconds for shot in _SHOTS)
_CLEAR = sum(shot.look == "clear" for shot in _SHOTS)


def rendered(path: Path) -> Reel:
    return reel(path, _SHOTS, (CLIP.width, CLIP.height), CLIP.fps)


def covers_rows(clip: Reel, folder: Path) -> Iterator[Row]:
    for animated in (False, True):
        cost = measured(covers, clip.path, folder, animated)
        yield Row("Cover", "ours, 3 GIF" if animated else "ours, 3 PNG", _cover_quality(clip, cost.result), cost, _SECONDS)
    yield Row("Cover", "ours, of one GIF the writing alone", "", measured(write_loop, clip.path, folder / "loop.gif", 19.0), _SECONDS)
    for name, way in (("every third of the clip", _evenly), ("ffmpeg `thumbnail`", _thumbnails)):
        cost = measured(way, clip.path)
        yield Row("Cover", name, _cover_quality(clip, cost.result), cost, _SECONDS)


def covers(path: Path, folder: Path, animated: bool = False) -> list[float]:
    return [each["milliseconds"] / 1000 for each in pick_covers(path, folder, animated=animated).findings["covers"]]


def _cover_quality(clip: Reel, times: Sequence[float]) -> str:
    shots = [clip.shot_at(time) for time in times]
    good = [shot for shot in shots if _SHOTS[shot].look == "clear"]
    return f"{len(good)} of {len(shots)} can be seen, from {len(set(good))} shots"


def _evenly(path: Path) -> list[float]:
    wanted = [_SECONDS * share for share in (1 / 6, 3 / 6, 5 / 6)]
    return [next(iter(frames(path, 1000, parts=((time, _SECONDS),)))).time for time in wanted]


def _thumbnails(path: Path) -> list[float]:
    return [frame.time for frame in filtered(path, "thumbnail", f"n={int(_SECONDS * CLIP.fps) // 3}")][:3]


def summary_rows(clip: Reel, folder: Path) -> Iterator[Row]:
    ours = measured(summary, clip.path, folder)
    parts, found = ours.result
    yield Row("VideoClip", "ours", f"{_summary_quality(clip, parts)}; {_cut_quality(clip, found)}", ours, _SECONDS)
    for name, way in (("ours, cuts alone", _cuts), ("ffmpeg `scdet` (cuts alone)", _scdet)):
        cost = measured(way, clip.path)
        yield Row("VideoClip", name, _cut_quality(clip, cost.result), cost, _SECONDS)
    yield floor_row("VideoClip", clip.path, folder, _SECONDS)
    every = measured(_every_fifth_second, clip.path, folder)
    yield Row("VideoClip", "every fifth second", _summary_quality(clip, every.result), every, _SECONDS)


def summary(path: Path, folder: Path) -> tuple[list[tuple[float, float]], list[float]]:
    findings = summarise(path, folder).findings
    return [(part["start"], part["end"]) for part in findings["parts"]], list(findings["cuts"])


def _cuts(path: Path) -> list[float]:
    return [seen.time for seen in seen_in_shots(path) if seen.cut]


def _scdet(path: Path) -> list[float]:
    return [frame.time for frame in filtered(path, "scdet", "threshold=10") if "lavfi.scd.time" in frame.metadata]


def _every_fifth_second(path: Path, folder: Path) -> list[tuple[float, float]]:
    parts = [(float(second), second + 1.0) for second in range(2, int(_SECONDS), 5)]
    with FilmWriter(folder / "every.mp4", path, parts=parts) as film:
        for frame in film_frames(path, parts):
            number = next(number for number, (_, end) in enumerate(parts) if frame.time < end)
            film.write(number + frame.time - parts[number][0], frame.image)
    return parts


def _summary_quality(clip: Reel, parts: Sequence[tuple[float, float]]) -> str:
    times = np.concatenate([np.arange(start, end, 0.02) for start, end in parts])
    shots = [clip.shot_at(float(time)) for time in times]
    clear = [shot for shot in shots if _SHOTS[shot].look == "clear"]
    seen = f"{100 * len(clear) / len(shots):.0f} % of it can be seen, {len(set(clear))} of {_CLEAR} shots"
    return f"{len(times) * 2 / _SECONDS:.0f} % of the clip, {seen}"


def _cut_quality(clip: Reel, cuts: Sequence[float]) -> str:
    met = [cut for cut in clip.cuts if any(abs(cut - found) < 0.1 for found in cuts)]
    right = [found for found in cuts if any(abs(cut - found) < 0.1 for cut in clip.cuts)]
    return f"cuts P {len(right) / max(1, len(cuts)):.2f} R {len(met) / len(clip.cuts):.2f}"
