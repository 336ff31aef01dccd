"""MusicSegmentDetect: where the chorus of a song is.

A chorus comes back with the same harmony, is fuller than what surrounds it, and comes back more often than a verse. Every stretch of 8 to
40 seconds is judged by all three together: how alike its returns are (on the diagonals of the self-similarity of chroma, as in Goto 2006,
"A Chorus Section Detection Method for Musical Audio Signals"), how much fuller the sound is from its start to its end, and how many returns
there are.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from engines.production.sound.harmony import FRAMES_PER_SECOND, Harmony, harmony
from engines.production.sound.reading import Sound
from engines.production.sound.writing import write_json
from engines.production.types import Output, Produced

_TITLE = "副歌"
"""Chorus, as in the published sample."""
_SHORTEST, _LONGEST = 8.0, 40.0
_STEP = FRAMES_PER_SECOND // 2
_ALIKE = 0.4
"""Of a similarity from -1 to 1: what comes back is at least so much alike, and _NEARLY as much as the most similar return."""
_NEARLY = 0.75
_FLANK_SECONDS = 8.0
_MOST_RISE = 6.0
_JOINED_SECONDS = 1.5
_MOST_OF_A_SONG = 0.75
_NOTHING = "no chorus: nothing in the sound comes back with the same harmony"
_NO_DIFFERENCE = "no chorus: nearly all of the sound is one part that comes back"
# What a candidate is judged by: similarity, decibels of its edges, decibels above the song, and doublings of its count.
_OF_ALIKE, _OF_EDGES, _OF_FULLNESS, _OF_COUNT = 6.0, 1.0, 0.5, 2.0


class _Candidate(NamedTuple):
    """`starts` of all occurrences and their `length`, in frames."""

    score: float
    starts: list[int]
    length: int


def find_choruses(source: Path, folder: Path) -> Produced:
    """Findings, in a JSON file too: `result`, a list of `start` and `end` in seconds and a `title`.

    It is empty, with a note, where no part comes back, or there is nothing but one that does.

    The shape is that of IMS' published sample. Raises Unfit, also for what is too long for a song, and UnreadableMedia.
    """
    heard = harmony(source)
    found = _joined(_best(heard))
    repeats = sum(end - start for start, end in found) * FRAMES_PER_SECOND > _MOST_OF_A_SONG * len(heard.chroma)
    found = [] if repeats else found
    result = [{"start": round(start, 2), "end": round(end, 2), "title": _TITLE} for start, end in found]
    findings = {"result": result}
    notes = [] if result else [_NO_DIFFERENCE if repeats else _NOTHING]
    return Produced([Output(write_json(folder / "choruses.json", findings))], findings, notes)


def _best(heard: Harmony) -> _Candidate | None:
    sums = _diagonal_sums(heard.chroma)
    count = len(heard.chroma)
    edges = _Edges(heard.fullness)
    best = None
    for length in range(round(_SHORTEST * FRAMES_PER_SECOND), min(round(_LONGEST * FRAMES_PER_SECOND), count // 2) + 1, _STEP):
        for start in range(0, count - length + 1, _STEP):
            starts, alike = _returns(sums, start, length)
            if not starts:
                continue
            score = _OF_ALIKE * alike + edges.judged(starts, length) + _OF_COUNT * np.log2(len(starts))
            if best is None or score > best.score:
                best = _Candidate(float(score), sorted(starts), length)
    return best


def _diagonal_sums(chroma: Sound) -> Sound:
    """At [lag, time], the sum over all times before `time` of how alike the chroma then and `lag` later are."""
    alike = chroma @ chroma.T
    count = len(chroma)
    diagonals = np.zeros((count, count + 1), np.float32)
    for lag in range(count):
        diagonals[lag, 1 : count - lag + 1] = np.diagonal(alike, lag)
    return np.cumsum(diagonals, axis=1, out=diagonals)


def _returns(sums: Sound, start: int, length: int) -> tuple[list[int], float]:
    """Where a stretch comes back, itself first, without overlaps, and how alike its returns are; nothing where it doesn't."""
    alike = _alike(sums, start, length)
    least = max(_ALIKE, _NEARLY * float(alike.max()))
    starts, values = [start], list[float]()
    while alike[best := int(alike.argmax())] >= least:
        starts.append(best)
        values.append(float(alike[best]))
        alike[max(0, best - length + 1) : best + length] = -1
    return (starts, float(np.mean(values))) if values else ([], 0.0)


def _alike(sums: Sound, start: int, length: int) -> Sound:
    """How alike the stretch is to the one that begins at each frame; -1 where the two overlap."""
    count = len(sums)
    alike = np.full(count - length + 1, -1.0, np.float32)
    later = np.arange(length, count - length - start + 1)
    alike[start + later] = (sums[later, start + length] - sums[later, start]) / length
    earlier = np.arange(0, start - length + 1)
    alike[earlier] = (sums[start - earlier, earlier + length] - sums[start - earlier, earlier]) / length
    return alike


class _Edges:
    """How much fuller the sound becomes where a stretch begins, and is within it."""

    def __init__(self, fullness: Sound) -> None:
        self._count = len(fullness)
        self._sums = np.concatenate([[0.0], np.cumsum(fullness, dtype=np.float64)])
        self._near = round(_JOINED_SECONDS * FRAMES_PER_SECOND)
        flank = round(_FLANK_SECONDS * FRAMES_PER_SECOND)
        times = np.arange(self._count + 1)
        before, after = np.maximum(0, times - flank), np.minimum(self._count, times + flank)
        behind = (self._sums[after] - self._sums) / np.maximum(1, after - times)
        ahead = (self._sums - self._sums[before]) / np.maximum(1, times - before)
        self._rises = np.clip(behind - ahead, -_MOST_RISE, _MOST_RISE)

    def judged(self, starts: list[int], length: int) -> float:
        inside = np.mean([self._sums[start + length] - self._sums[start] for start in starts]) / length
        return _OF_EDGES * self._mean_rise(starts, length) + _OF_FULLNESS * float(inside)

    def _mean_rise(self, starts: list[int], length: int) -> float:
        """Only of the edges that are ones: not where the song begins or ends, or where one chorus follows another."""
        ends = [start + length for start in starts]
        rises = [self._rises[start] for start in starts if not self._touches(start, [0, *ends])]
        falls = [-self._rises[end] for end in ends if not self._touches(end, [self._count, *starts])]
        return float(np.mean([*rises, *falls])) if rises or falls else 0.0

    def _touches(self, time: int, others: list[int]) -> bool:
        return any(abs(time - other) <= self._near for other in others)


def _joined(candidate: _Candidate | None) -> list[tuple[float, float]]:
    """In seconds, neighbours as one."""
    found: list[tuple[float, float]] = []
    if candidate is None:
        return found
    for first in candidate.starts:
        start, end = first / FRAMES_PER_SECOND, (first + candidate.length) / FRAMES_PER_SECOND
        if found and start - found[-1][1] <= _JOINED_SECONDS:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
