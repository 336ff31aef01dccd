"""The time between beats, and the beats that keep it: dynamic programming after Ellis (2007), "Beat Tracking by Dynamic Programming"."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from engines.production.sound.onsets import FRAMES_PER_SECOND
from engines.production.sound.reading import Sound

Indices: TypeAlias = npt.NDArray[np.int64]

_SLOWEST, _FASTEST = 40.0, 220.0
_USUAL = 120.0
_OCTAVES = 1.5
"""The spread of usual tempi around _USUAL, as a standard deviation."""
_HARMONICS = 4
_SHARES = np.array([1.0, 0.7, 0.7, 0.7, 0.5], np.float32)
"""Of the five bands, in where something begins."""
_ACCENTS = np.array([1.0, 1.0, 1.0, 0.5, 0.1], np.float32)
"""Of the five bands, in what makes a beat one: cymbals, which fill the time between, hardly do."""
_TIGHTNESS = 100.0
_LEAST_PULSE = 0.12
"""Of the autocorrelation at the beat's period: chance alone makes less."""
_LEAST_CONTRAST = 5.0
"""Of the beats' strength to the mean: a drum makes 13 and more; the hum of mains, regular too, makes 3."""
_BETWEEN = 0.55
"""What sounds between two beats is a beat itself where it is this strong; a beat is none where it is _ALTERNATE of its neighbours."""
_ALTERNATE = 0.45


def beats(flux: Sound) -> Indices:
    """The frames of the beats, none where nothing pulses; `flux` of shape (5 bands, frames), as in `Onsets`."""
    period = _period(flux)
    if period is None:
        return np.zeros(0, np.int64)
    strength = _SHARES @ flux
    found = _octave(_tracked(strength, period), strength, maximum_filter1d(_ACCENTS @ flux, 7))
    stands_out = len(found) > 0 and maximum_filter1d(strength, 7)[found].mean() > _LEAST_CONTRAST * strength.mean()
    return found if stands_out else found[:0]


def _octave(found: Indices, strength: Sound, accents: Sound) -> Indices:
    """Twice as many beats, or half as many, where the accents say so."""
    for _ in range(2):
        if len(found) < 3:
            return found
        period = float(np.median(np.diff(found)))
        on, between = accents[found].mean(), accents[(found[1:] + found[:-1]) // 2].mean()
        even, odd = accents[found[::2]].mean(), accents[found[1::2]].mean()
        if between > _BETWEEN * on and 2 * _bpm(period) <= _FASTEST:
            found = _tracked(strength, period / 2)
        elif min(even, odd) < _ALTERNATE * max(even, odd) and _bpm(period) / 2 >= _SLOWEST:
            found = found[0 if even > odd else 1 :: 2]
        else:
            return found
    return found


def _bpm(period: float) -> float:
    return 60 * FRAMES_PER_SECOND / period


def _period(flux: Sound) -> float | None:
    """In frames, with a fraction; None where the autocorrelation shows no pulse."""
    correlation = _autocorrelation(flux)
    shortest, longest = int(_bpm(_FASTEST)), int(_bpm(_SLOWEST))
    if len(correlation) <= shortest * 2:
        return None
    lags = np.arange(shortest, min(longest, len(correlation) - 1) + 1)
    peaks, known = maximum_filter1d(correlation, 3), np.arange(len(correlation))
    multiples = [np.interp(n * lags, known, peaks, right=0.0) for n in range(1, _HARMONICS + 1)]
    usual = np.exp(-0.5 * np.square(np.log2(_bpm(1) / lags / _USUAL) / _OCTAVES))
    best = int(lags[np.argmax(np.sum(multiples, axis=0) * usual)])
    if correlation[max(0, best - 2) : best + 3].max() < _LEAST_PULSE:
        return None
    return _refined(correlation, best)


def _autocorrelation(flux: Sound) -> Sound:
    """Of each band with itself, so that a kick answers a kick and a snare a snare."""
    centred = np.sqrt(_ACCENTS)[:, None] * (flux - flux.mean(axis=1, keepdims=True))
    size = fft.next_fast_len(2 * flux.shape[1], real=True)
    correlation: Sound = fft.irfft(np.square(np.abs(fft.rfft(centred, size, axis=1))).sum(axis=0), size)[: flux.shape[1] // 2]
    return correlation / max(1e-12, float(correlation[:1].sum()))


def _refined(correlation: Sound, lag: int) -> float:
    """The period from the peak some beats later, which a rounding to whole frames moves less."""
    period = float(lag)
    for multiple in (1, 2, 4, 8):
        centre, reach = round(period * multiple), max(2, round(lag * 0.03 * min(multiple, 2)))
        part = correlation[max(1, centre - reach) : centre + reach + 1]
        if centre + reach + 1 > len(correlation) or not part.max() > 0.5 * correlation[lag]:
            break
        period = (max(1, centre - reach) + int(np.argmax(part))) / multiple
    return period


def _tracked(strength: Sound, period: float) -> Indices:
    """The sequence of frames whose strength is greatest and whose distances are nearest to the period."""
    smooth = gaussian_filter1d(strength / max(1e-9, float(strength.std())), period / 32).astype(np.float64)
    earlier = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    costs = -_TIGHTNESS * np.square(np.log(-earlier / period))
    score = np.concatenate([np.zeros(-earlier[0]), smooth])
    back = np.full(len(smooth), -1, np.int64)
    for frame in range(len(smooth)):
        before = score[frame + earlier[0] - earlier[0] : frame + earlier[-1] - earlier[0] + 1] + costs
        best = int(before.argmax())
        if before[best] > 0:
            score[frame - earlier[0]] += before[best]
            back[frame] = frame + earlier[best]
    return _followed(score[-earlier[0] :], back, smooth, round(period))


def _followed(score: npt.NDArray[np.float64], back: Indices, smooth: npt.NDArray[np.float64], period: int) -> Indices:
    frame = len(score) - 1 - int(np.argmax(score[::-1][: period + 1]))
    found = []
    while frame >= 0:
        found.append(frame)
        frame = int(back[frame])
    return _sounding(np.array(found[::-1], np.int64), smooth)


def _sounding(found: Indices, smooth: npt.NDArray[np.float64]) -> Indices:
    """Without the beats before the first that sounds and behind the last."""
    nearby = maximum_filter1d(smooth, 7)[found]
    loud = np.flatnonzero(nearby > 0.3 * np.median(nearby[nearby > 0])) if np.any(nearby > 0) else np.zeros(0, np.int64)
    return found[loud[0] : loud[-1] + 1] if len(loud) else found[:0]
