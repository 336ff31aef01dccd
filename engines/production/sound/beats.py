"""AudioBeatDetection: the times of beats and of the first beats of bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter1d

from engines.production.sound import tempo
from engines.production.sound.onsets import FRAMES_PER_SECOND, onsets
from engines.production.sound.reading import Sound
from engines.production.sound.writing import write_json
from engines.production.types import Output, Produced

_LEAST_BEATS = 4
_METERS = (4, 3)
_LEAST_BARS = 3
_LEAST_CONTRAST = 3.0
"""Of the low band between the first beats of bars and the next stronger ones, in standard errors."""


def find_beats(source: Path, folder: Path) -> Produced:
    """Findings, in a JSON file too: `BeatList` and `DownBeatList` in seconds, and `bpm` where there are beats.

    BeatList and DownBeatList are IMS' names; it documents no more of the file. A list is empty, with a note, where nothing pulses, or
    where nothing says on which beat a bar begins. Raises Unfit and UnreadableMedia.
    """
    heard = onsets(source)
    beats = tempo.beats(heard.flux)
    beats = beats if len(beats) >= _LEAST_BEATS else beats[:0]
    downbeats = _downbeats(heard.low, beats)
    findings: dict[str, Any] = {"BeatList": _seconds(beats, heard.shift), "DownBeatList": _seconds(downbeats, heard.shift)}
    if len(beats):
        findings["bpm"] = round(60 * FRAMES_PER_SECOND * (len(beats) - 1) / float(beats[-1] - beats[0]), 1)
    return Produced([Output(write_json(folder / "beats.json", findings))], findings, _notes(len(beats), len(downbeats)))


def _seconds(frames: tempo.Indices, shift: float) -> list[float]:
    return [round(max(0.0, float(frame) / FRAMES_PER_SECOND + shift), 3) for frame in frames]


def _downbeats(low: Sound, beats: tempo.Indices) -> tempo.Indices:
    """The beats with the most drum or bass, every fourth or every third, where they stand out; else none."""
    accents = maximum_filter1d(low, 7)[beats]
    best, found = _LEAST_CONTRAST, beats[:0]
    for meter in _METERS:
        if len(beats) < meter * _LEAST_BARS:
            continue
        places = [accents[place::meter] for place in range(meter)]
        first, second = sorted(range(meter), key=lambda place: -float(places[place].mean()))[:2]
        error = np.sqrt(sum(float(places[place].var()) / len(places[place]) for place in (first, second)))
        contrast = float(places[first].mean() - places[second].mean()) / max(float(error), 0.02 * float(accents.mean()), 1e-9)
        if contrast > best:
            best, found = contrast, beats[first::meter]
    return found


def _notes(beats: int, downbeats: int) -> list[str]:
    if not beats:
        return ["no beats: nothing in the sound pulses regularly for long enough"]
    if not downbeats:
        return ["no downbeats: no beat of a bar stands out from the others, so where bars begin is unknown"]
    return []
