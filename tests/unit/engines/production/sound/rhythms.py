"""Click tracks and drum loops whose beats are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.unit.engines.production.sound.files import Samples

RATE = 22_050

# What is struck in a bar of four beats, in sixteenths of the bar.
PATTERNS = {
    "rock": {"kick": (0, 8), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14)},
    "rock with pickup": {"kick": (0, 6, 8), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14)},
    "house": {"kick": (0, 4, 8, 12), "snare": (4, 12), "hat": (2, 6, 10, 14)},
    "breakbeat": {"kick": (0, 10), "snare": (4, 12), "hat": (0, 2, 4, 6, 8, 10, 12, 14)},
    "funk": {"kick": (0, 3, 10), "snare": (4, 12), "hat": tuple(range(16))},
}
"""All have a kick on the first beat and a snare on the second and the fourth."""


@dataclass(frozen=True)
class Rhythm:
    """`beats` and `downbeats` in seconds."""

    sound: Samples
    beats: Samples
    downbeats: Samples


def clicks(bpm: float, seconds: float, first: float = 0.0) -> Rhythm:
    """Short clicks, all alike."""
    beats = np.arange(first, seconds - 0.05, 60 / bpm)
    times = np.arange(int(0.02 * RATE)) / RATE
    click = 0.8 * np.sin(2 * np.pi * 1000 * times) * np.exp(-times / 0.004)
    return Rhythm(_placed([(time, click) for time in beats], seconds), beats, np.array([]))


def drums(pattern: str, bpm: float, seconds: float, first: float = 0.0, seed: int = 0, bass: bool = False) -> Rhythm:
    """A drum machine with small differences between strokes; `first` is the time of the first downbeat, before it nothing sounds."""
    chance = np.random.default_rng(seed)
    sixteenth = 15 / bpm
    strokes = []
    for bar in range(int((seconds - first) / (16 * sixteenth)) + 1):
        for drum, steps in PATTERNS[pattern].items():
            for step in steps:
                time = first + (16 * bar + step) * sixteenth + chance.normal(0, 0.003)
                strokes.append((max(time, 0.0), _STRUCK[drum](chance) * chance.uniform(0.8, 1.0)))
        if bass:
            pitch = (41.2, 55.0, 49.0, 36.7)[bar % 4]
            strokes.append((first + 16 * bar * sixteenth, _bass(pitch, 15 * sixteenth)))
    beats = np.arange(first, seconds - 0.05, 4 * sixteenth)
    sound = _placed(strokes, seconds) + chance.normal(0, 0.0005, int(seconds * RATE))
    return Rhythm(sound / max(1.0, float(np.abs(sound).max())), beats, beats[::4])


def _kick(chance: np.random.Generator) -> Samples:
    times = np.arange(int(0.18 * RATE)) / RATE
    return np.asarray(0.8 * np.sin(2 * np.pi * (50 * times - 4 * np.exp(-times / 0.02))) * np.exp(-times / 0.06))


def _snare(chance: np.random.Generator) -> Samples:
    times = np.arange(int(0.15 * RATE)) / RATE
    body = 0.3 * np.sin(2 * np.pi * 190 * times)
    return (body + 0.35 * chance.normal(0, 1, len(times))) * np.exp(-times / 0.04)


def _hat(chance: np.random.Generator) -> Samples:
    times = np.arange(int(0.05 * RATE)) / RATE
    return 0.12 * np.diff(chance.normal(0, 1, len(times) + 1)) * np.exp(-times / 0.012)


def _bass(pitch: float, seconds: float) -> Samples:
    times = np.arange(int(seconds * RATE)) / RATE
    return 0.15 * (np.sin(2 * np.pi * pitch * times) + 0.4 * np.sin(4 * np.pi * pitch * times)) * np.minimum(1, 40 * times)


_STRUCK = {"kick": _kick, "snare": _snare, "hat": _hat}


def _placed(strokes: list[tuple[float, Samples]], seconds: float) -> Samples:
    sound = np.zeros(int(seconds * RATE))
    for time, stroke in strokes:
        start = round(time * RATE)
        kept = stroke[: max(0, len(sound) - start)]
        sound[start : start + len(kept)] += kept
    return sound
