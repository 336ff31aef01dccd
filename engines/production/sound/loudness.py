"""Loudness in LUFS, after ITU-R BS.1770-4: K-weighting, blocks of 400 ms, an absolute and a relative gate."""

from __future__ import annotations

from math import pi, tan

import numpy as np
from scipy.signal import sosfilt

from engines.production.sound.reading import Sound

_STEPS_PER_SECOND = 10
_STEPS_PER_BLOCK = 4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_OFFSET = -0.691
_SURROUND, _SUBWOOFER = 1.41, 0.0
_SURROUNDS = ("SL", "SR", "BL", "BR")
# The filters of the standard, which gives them for 48 kHz, as analogue prototypes: frequency in hertz, quality, gain of the shelf in dB.
_SHELF = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)


class Loudness:
    """Add blocks of shape (channels, samples); `lufs` is then that of all together."""

    def __init__(self, rate: int, channels: tuple[str, ...]) -> None:
        self._filters = np.array([_shelf(rate), _high_pass(rate)])
        self._state = np.zeros((2, len(channels), 2))
        self._weights = np.array([_SUBWOOFER if name == "LFE" else _SURROUND if name in _SURROUNDS else 1.0 for name in channels])
        self._step = round(rate / _STEPS_PER_SECOND)
        self._rest = np.zeros((len(channels), 0))
        self._powers: list[float] = []

    def add(self, block: Sound) -> None:
        weighted, self._state = sosfilt(self._filters, block, axis=1, zi=self._state)
        weighted = np.concatenate([self._rest, weighted], axis=1)
        count = weighted.shape[1] // self._step
        steps = weighted[:, : count * self._step].reshape(len(weighted), count, self._step)
        self._powers.extend(self._weights @ np.einsum("cks,cks->ck", steps, steps) / self._step)
        self._rest = weighted[:, count * self._step :]

    def lufs(self) -> float | None:
        """None where nothing is louder than the absolute gate, or all is shorter than one block."""
        if len(self._powers) < _STEPS_PER_BLOCK:
            return None
        powers = np.convolve(self._powers, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), "valid")
        powers = powers[powers > 10 ** ((_ABSOLUTE_GATE - _OFFSET) / 10)]
        if not len(powers):
            return None
        powers = powers[powers > powers.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return _OFFSET + 10 * float(np.log10(powers.mean()))


def _shelf(rate: int) -> list[float]:
    frequency, quality, gain = _SHELF
    k, high = tan(pi * frequency / rate), 10 ** (gain / 20)
    band = high**0.4996667741545416
    scale = 1 + k / quality + k * k
    numerator = [high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k]
    return [part / scale for part in numerator] + [1.0, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale]


def _high_pass(rate: int) -> list[float]:
    frequency, quality = _HIGH_PASS
    k = tan(pi * frequency / rate)
    scale = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale]
