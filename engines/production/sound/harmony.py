"""What a song's harmony is over time, and how full it sounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

from engines.production.sound.reading import INPUT, Sound, blocks, mono, track
from engines.production.sound.spectra import frames
from engines.production.types import Unfit

FRAMES_PER_SECOND = 4
_RATE = 11_000
_SIZE = 4096
_LOOKS = 2
"""Spectra a frame is the mean of."""
_HOP = _RATE // FRAMES_PER_SECOND // _LOOKS
_LOWEST, _HIGHEST = 80.0, 2000.0
_TUNING = 440.0
_BANDS = (60, 150, 300, 600, 1200, 2400, 4000, 5500)
_FLOOR = 1e-5
"""Of the loudest: what is weaker than 50 dB below makes no difference."""
_SILENCE = 1e-6
_LONGEST_MINUTES = 20


class Harmony(NamedTuple):
    """`chroma` of shape (frames, 12), what differs from the song's mean, of length 1; `fullness` in decibels around the song's mean."""

    chroma: Sound
    fullness: Sound


def harmony(path: Path) -> Harmony:
    """No frames where it is silent. Raises Unfit, also for more than 20 minutes, and UnreadableMedia."""
    frequencies = np.fft.rfftfreq(_SIZE, 1 / _RATE)
    used = (frequencies > _LOWEST) & (frequencies < _HIGHEST)
    classes = np.round(12 * np.log2(frequencies[used] / _TUNING)).astype(int) % 12
    folding = np.eye(12, dtype=np.float32)[classes]
    edges = np.searchsorted(frequencies, _BANDS)
    window = np.hanning(_SIZE).astype(np.float32)
    chroma, bands = [], []
    for batch in frames(_limited(path), _SIZE, _HOP):
        magnitudes = np.abs(fft.rfft(batch * window, axis=1))
        chroma.append(magnitudes[:, used] @ folding)
        bands.append(np.add.reduceat(np.square(magnitudes), edges[:-1], axis=1))
    power = _averaged(np.concatenate(bands))
    if not len(power) or float(power.max()) < _SILENCE:
        return Harmony(np.zeros((0, 12), np.float32), np.zeros(0, np.float32))
    fullness = np.log10(power + _FLOOR * power.max()).mean(axis=1) * 10
    return Harmony(_distinct(_averaged(np.concatenate(chroma))), fullness - fullness.mean())


def _limited(path: Path) -> Iterator[Sound]:
    # The container's word spares the decoding; it may be missing, or wrong.
    count = int((track(path).seconds or 0) * _RATE)
    count = count if count > _LONGEST_MINUTES * 60 * _RATE else 0
    for block in blocks(path, _RATE):
        count += block.shape[1]
        if count > _LONGEST_MINUTES * 60 * _RATE:
            raise Unfit(INPUT, f"lasts more than {_LONGEST_MINUTES} minutes; choruses are sought in one song: cut it")
        yield mono(block)


def _averaged(looks: Sound) -> Sound:
    whole = len(looks) // _LOOKS * _LOOKS
    mean: Sound = looks[:whole].reshape(-1, _LOOKS, looks.shape[1]).mean(axis=1)
    return mean


def _distinct(chroma: Sound) -> Sound:
    smooth = _normalised(uniform_filter1d(np.sqrt(chroma / max(1e-9, float(chroma.max()))), FRAMES_PER_SECOND, axis=0))
    return _normalised(smooth - smooth.mean(axis=0))


def _normalised(rows: Sound) -> Sound:
    lengths: Sound = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(1e-6))
    return lengths
