"""Where in time something is struck: how suddenly each band of the spectrum rises, a hundred times a second."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

from engines.production.sound.reading import Sound, blocks, mono
from engines.production.sound.spectra import frames

RATE = 16_000
HOP = 160
FRAMES_PER_SECOND = RATE // HOP
_SIZE = 512
_EDGES = (30, 90, 150, 250, 400, 600, 900, 1300, 1900, 2700, 3800, 5300, 8000)
_GROUPS = ((0, 2), (2, 5), (5, 8), (8, 10), (10, 12))
"""Drums, low voices, voices, snares, cymbals: the flux of the narrow bands is added up in five."""
_COMPRESSION = 100.0
_AHEAD = 0.006
"""Seconds by which the spectrum of a window begins to rise before the stroke is at the window's centre; measured on clicks."""


class Onsets(NamedTuple):
    """`flux` of shape (5 bands, frames), lowest first; frame k is at k / FRAMES_PER_SECOND + `shift` seconds.

    `low` is how much louder drums and bass become, not on a logarithmic scale, where a snare would pass for a kick.
    """

    flux: Sound
    low: Sound
    shift: float


def onsets(path: Path) -> Onsets:
    """Raises Unfit and UnreadableMedia."""
    bins = np.searchsorted(np.fft.rfftfreq(_SIZE, 1 / RATE), _EDGES)
    window = np.hanning(_SIZE).astype(np.float32)
    magnitudes = []
    for batch in frames((mono(block) for block in blocks(path, RATE)), _SIZE, HOP):
        power = np.square(np.abs(fft.rfft(batch * window, axis=1)))
        magnitudes.append(np.sqrt(np.add.reduceat(power, bins[:-1], axis=1)[:, : len(bins) - 1]))
    bands = np.concatenate(magnitudes)
    lowest = bands[:, slice(*_GROUPS[0])].sum(axis=1)
    return Onsets(_flux(bands), np.maximum(0, np.diff(lowest, prepend=lowest[:1])), _AHEAD)


def _flux(magnitudes: Sound) -> Sound:
    # Relative to the loudest, so that hiss in an empty band does not count as much as a drum.
    compressed = np.log1p(_COMPRESSION * magnitudes / max(1e-9, float(magnitudes.max())))
    rise = np.maximum(0, np.diff(compressed, axis=0, prepend=compressed[:1]))
    grouped = np.stack([rise[:, low:high].sum(axis=1) for low, high in _GROUPS])
    above = np.maximum(0, grouped - uniform_filter1d(grouped, FRAMES_PER_SECOND // 2, axis=1))
    flux: Sound = above.astype(np.float32)
    return flux
