"""Songs of synthesised instruments whose sections, or whose voice and accompaniment, are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

from tests.unit.engines.production.sound import rhythms
from tests.unit.engines.production.sound.files import Samples
from tests.unit.engines.production.sound.voices import sung

STRUCTURES = ("IVCVCBCO", "VCVCC", "IVVCVCBCC", "VPCVPCBC")
"""Intro, verse, pre-chorus, chorus, bridge, outro; each letter is one section of eight bars, an intro or outro of four."""
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_BARS = {"I": 4, "O": 4, "P": 4, "V": 8, "C": 8, "B": 8}
_LOUDNESS = {"I": 0.4, "O": 0.4, "P": 0.6, "V": 0.6, "C": 1.0, "B": 0.7}
_PARTS = {"I": 2, "O": 2, "P": 3, "V": 3, "C": 6, "B": 4}
"""How many harmonics the instruments have."""


@dataclass(frozen=True)
class Song:
    """`choruses` as pairs of start and end in seconds, neighbours joined."""

    sound: Samples
    rate: int
    choruses: list[tuple[float, float]]


@dataclass(frozen=True)
class Stems:
    """Both of shape (2, samples); their sum is the song."""

    voice: Samples
    accompaniment: Samples
    rate: int


def song(structure: str, seed: int, rate: int = 11_025, even: bool = False) -> Song:
    """Each kind of section has its chords and its tune; the tune is varied and never played twice alike. `even`: none is louder."""
    chance = np.random.default_rng(seed)
    bar = 240 / chance.uniform(95, 135)
    key = int(chance.integers(0, 12))
    chords = {kind: chance.permutation([0, 3, 4, 5, 1, 2])[:4] for kind in dict.fromkeys(structure)}
    tunes = {kind: chance.integers(0, 7, 32).astype(float) for kind in dict.fromkeys(structure)}
    pieces, choruses, time = [], list[tuple[float, float]](), 0.0
    for kind in structure:
        section = _section(kind, chords[kind], _varied(tunes[kind], chance), bar, key, rate, chance)
        pieces.append(section * (1.0 if even else _LOUDNESS[kind]))
        end = time + len(section) / rate
        if kind == "C":
            joined = bool(choruses) and choruses[-1][1] == time
            choruses[-1:] = [(choruses[-1][0], end)] if joined else [*choruses[-1:], (time, end)]
        time = end
    sound = np.concatenate(pieces)
    return Song(0.7 * sound / np.abs(sound).max(), rate, choruses)


def stems(seed: int, seconds: float = 16.0, rate: int = 22_050) -> Stems:
    """A voice in the middle; drums and bass in the middle too, a guitar on the left and a piano on the right, all in repeated bars."""
    chance = np.random.default_rng(seed)
    bpm = chance.uniform(90, 130)
    key, beat = int(chance.integers(0, 12)), 60 / bpm
    chords = chance.permutation([0, 3, 4, 5])
    notes = list[tuple[float, float]]()
    while sum(length for _, length in notes) <= seconds:
        pitch = 0.0 if chance.random() < 0.25 else _hertz(57 + key + _MAJOR[chance.integers(7)])
        notes.append((pitch, beat * float(chance.choice([0.5, 1.0, 1.5]))))
    count = int(seconds * rate)
    voice = sung(notes, rate, seed)[:count]
    drums = rhythms.drums(str(chance.choice(list(rhythms.PATTERNS))), bpm, seconds, 0.0, seed, bass=True).sound
    drums = resample_poly(drums, rate, rhythms.RATE) if rate != rhythms.RATE else drums
    left, right = (np.zeros(count) for _ in range(2))
    for number in range(int(seconds / (4 * beat)) + 1):
        start = round(number * 4 * beat * rate)
        for side, octave, parts in ((left, 48, 6), (right, 60, 4)):
            chord = _chord(int(chords[number % 4]), key + octave, 4 * beat, parts, rate)[: max(0, count - start)]
            side[start : start + len(chord)] += chord
    middle = 0.35 * drums[:count]
    wide = np.stack([0.12 * left + 0.03 * right, 0.03 * left + 0.12 * right]) + middle
    both = 0.35 * np.stack([voice, voice])
    wide *= np.sqrt(np.mean(both**2) / np.mean(wide**2))
    scale = 0.9 / np.abs(both + wide).max()
    return Stems(both * scale, wide * scale, rate)


def _section(kind: str, chords: Samples, tune: Samples, bar: float, key: int, rate: int, chance: np.random.Generator) -> Samples:
    count = round(_BARS[kind] * bar * rate)
    sound = np.zeros(count + rate)
    for number in range(_BARS[kind]):
        start = round(number * bar * rate)
        chord = _chord(int(chords[number % 4]), key + 48, bar, _PARTS[kind], rate)
        sound[start : start + len(chord)] += 0.2 * chord
        for beat in range(4):
            at = start + round(beat * bar / 4 * rate)
            tone = _tone(_hertz(key + 60 + _MAJOR[int(tune[(number * 4 + beat) % 32])]), bar / 4, _PARTS[kind], rate)
            sound[at : at + len(tone)] += 0.25 * tone * chance.uniform(0.6, 1.0)
            hiss = chance.normal(0, 0.1 if kind in "CV" else 0.05, int(0.04 * rate)) * np.linspace(1, 0, int(0.04 * rate))
            sound[at : at + len(hiss)] += hiss
    return np.asarray(sound[:count] + chance.normal(0, 0.003, count))


def _varied(tune: Samples, chance: np.random.Generator) -> Samples:
    """One note in five is another."""
    return np.where(chance.random(len(tune)) < 0.2, chance.integers(0, 7, len(tune)), tune)


def _chord(degree: int, root: int, seconds: float, parts: int, rate: int) -> Samples:
    pitches = [root + _MAJOR[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in (0, 2, 4)]
    return np.asarray(np.sum([_tone(_hertz(pitch), seconds, parts, rate) for pitch in pitches], axis=0))


def _tone(pitch: float, seconds: float, parts: int, rate: int) -> Samples:
    times = np.arange(round(seconds * rate)) / rate
    tone = np.sum([np.sin(2 * np.pi * pitch * n * times) / n for n in range(1, parts + 1) if pitch * n < rate / 2], axis=0)
    return np.asarray(tone * np.minimum(1, times / 0.01) * np.exp(-times / seconds))


def _hertz(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))
