"""What can be measured of sound as it passes: clipping, and the spectrum over time, with noise and bandwidth from it."""

from __future__ import annotations

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

from engines.production.sound.reading import Sound, mono

_FULL_SCALE = 0.9995
_FLAT = 1.5 / 32768
"""Neighbouring samples of a clipped peak differ by no more than the rounding to 16 bits."""
_FLATS_PER_SECOND = 4000
_NEAR_PEAK, _LEAST_PEAK = 0.9, 0.05
_FRAME_SECONDS = 0.032
_BANDS = 24
_LOWEST = 50.0
_QUIETEST = 5
"""Percent of the time that count as pauses."""
_SMOOTHING_FRAMES = 5
_SILENCE = 10 ** (-60 / 10)
_NOTHING = 10 ** (-100 / 10)
MOST_SNR = 96.0
"""What 16 bits can hold: in decibels."""
_BANDWIDTH_RANGE = 10 ** (-60 / 10)


class Clipping:
    """Samples at full scale, and flat tops below it, as sound has that was clipped first and turned down then."""

    def __init__(self, rate: int) -> None:
        self._run = max(3, rate // _FLATS_PER_SECOND)
        self._clipped = self._all = 0

    def add(self, block: Sound) -> None:
        self._all += block.size
        for channel in np.abs(block):
            full = channel >= _FULL_SCALE
            self._clipped += int(np.count_nonzero(full | self._flat(channel)))

    @property
    def share(self) -> float:
        return self._clipped / max(1, self._all)

    def _flat(self, channel: Sound) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which samples are in a run of nearly equal ones close to the peak."""
        peak = float(channel.max(initial=0.0))
        flat = np.zeros(len(channel), np.bool_)
        if peak < _LEAST_PEAK:
            return flat
        near = np.flatnonzero(channel[1:] >= _NEAR_PEAK * peak)
        level = near[np.abs(channel[near + 1] - channel[near]) <= _FLAT]
        for run in np.split(level, np.flatnonzero(np.diff(level) > 1) + 1):
            if len(run) + 1 >= self._run:
                flat[run[0] : run[-1] + 2] = True
        return flat


class Spectrum:
    """The power of frames of 32 ms in 24 bands, and the mean spectrum, of the mean of the channels."""

    def __init__(self, rate: int) -> None:
        self._rate, self._size = rate, round(_FRAME_SECONDS * rate)
        frequencies = np.fft.rfftfreq(self._size, 1 / rate)
        edges = np.geomspace(_LOWEST, rate / 2, _BANDS + 1)
        self._edges = np.unique(np.searchsorted(frequencies, edges[:-1]))
        self._window = np.hanning(self._size).astype(np.float32)
        # Parseval: a frame's bins add up to its mean power.
        self._scale = 2 / (self._size * float(np.square(self._window).sum()))
        self._rest = np.zeros(0, np.float32)
        self._mean = np.zeros(self._size // 2 + 1)
        self._bands: list[Sound] = []
        self._frames = 0

    def add(self, block: Sound) -> None:
        samples = np.concatenate([self._rest, mono(block)])
        count = len(samples) // self._size
        self._rest = samples[count * self._size :]
        if count:
            power = np.square(np.abs(fft.rfft(samples[: count * self._size].reshape(count, -1) * self._window, axis=1))) * self._scale
            self._mean += power.sum(axis=0)
            self._frames += count
            self._bands.append(np.add.reduceat(power, self._edges, axis=1).astype(np.float32))

    def silence_share(self) -> float | None:
        """Of the time: below -60 dB of full scale. None where there is no whole frame."""
        return float(np.mean(np.concatenate(self._bands).sum(axis=1) < _SILENCE)) if self._bands else None

    def bandwidth(self) -> float | None:
        """In hertz, up to where the mean spectrum is within 60 dB of its strongest part. None in silence."""
        mean = self._mean / max(1, self._frames)
        if mean.sum() < _NOTHING:
            return None
        smooth = uniform_filter1d(mean, 3)
        return float(np.flatnonzero(smooth >= smooth.max() * _BANDWIDTH_RANGE)[-1] * self._rate / self._size)

    def snr(self) -> float | None:
        """In dB: all but the noise to the noise, which is what each band keeps in its quietest moments; at most 96.

        None where it is silent, or so short that no pause can be told from speech.
        """
        if not self._bands:
            return None
        bands = np.concatenate(self._bands)
        sounding = np.flatnonzero(bands.sum(axis=1) > _NOTHING)
        if not len(sounding):
            return None
        bands = bands[sounding[0] : sounding[-1] + 1]
        if len(bands) * _FRAME_SECONDS < 1:
            return None
        smooth = uniform_filter1d(bands, _SMOOTHING_FRAMES, axis=0)
        noise = float(np.percentile(smooth, _QUIETEST, axis=0).sum())
        rest = max(0.0, float(bands.sum(axis=1).mean()) - noise)
        return float(np.clip(10 * np.log10(max(rest, 1e-12) / max(noise, 1e-12)), -20, MOST_SNR))
