"""SpeechDenoise: noise that changes more slowly than speech is taken out of a WAV file of 16 or 48 kHz.

The noise in each band is the least power of some seconds (minimum statistics, Martin 2001), the gain that of the log-spectral amplitude
estimator (Ephraim and Malah 1985) with decision-directed SNRs. As the file is there from the start, both look ahead as well as back: so a
word's onset is heard as what follows it, not as the noise before it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import lfilter

from engines.production.sound.gain import MOST_SNR, Powers, gain
from engines.production.sound.reading import INPUT, Sound, Track, reading
from engines.production.sound.spectra import crossfaded, sound_of, spectra
from engines.production.sound.writing import wav
from engines.production.types import Output, Produced, Unfit

_RATES = (16_000, 48_000)
_FRAME_SECONDS = 0.032
_FRAMES_PER_SECOND = 2 / _FRAME_SECONDS
_WINDOW_SECONDS, _OVERLAP_SECONDS = 20.0, 5.0
_NOISE_SECONDS = 8.0
"""The noise is what is left in the quietest moment of so long a time: longer than anybody speaks without a pause."""
_SMOOTHING = np.float32(0.85)
_MINIMUM_BIAS = np.float32(1.6)
"""By how much the least of smoothed powers lies below their mean; simulated with white noise, for _SMOOTHING and _NOISE_SECONDS."""
_MEMORY = np.float32(0.96)
_LEAST_SNR = np.float32(10**-2.5)
_LEAST_GAIN = np.float32(10**-1.25)
"""25 dB: a little noise is left, since holes in it sound worse."""


def denoise(source: Path, folder: Path) -> Produced:
    """A WAV file of the same rate, channels and length. Raises Unfit and UnreadableMedia."""
    target = folder / "denoised.wav"
    with reading(source) as (sound, blocks):
        _check(sound)
        window, overlap = int(_WINDOW_SECONDS * sound.rate), int(_OVERLAP_SECONDS * sound.rate)
        with wav(target, sound.rate, len(sound.channels)) as write:
            for block in crossfaded(blocks, window, overlap, lambda part: _cleaned(part, sound.rate)):
                write(block)
    return Produced([Output(target)], notes=_notes(sound))


def _check(sound: Track) -> None:
    if sound.rate not in _RATES:
        raise Unfit(INPUT, f"has a sampling rate of {sound.rate} Hz; SpeechDenoise takes 16000 or 48000 Hz: resample it to one of these")


def _notes(sound: Track) -> list[str]:
    notes = ["steady noise was reduced; a tone held for seconds, as in music, counts as noise too"]
    if sound.container != "wav":
        notes.append(f"the documented input is WAV; this is {sound.codec} in {sound.container}, and was worked on as it decodes")
    return notes


def _cleaned(part: Sound, rate: int) -> Sound:
    size = round(_FRAME_SECONDS * rate)
    noisy = spectra(part, size, size // 2)
    power = np.square(noisy.real) + np.square(noisy.imag)
    posterior = np.minimum(power / np.maximum(_noise(power), np.float32(1e-12)), MOST_SNR)
    # Twice: the first gain knows where speech is, the second no longer drags behind it (two-step noise reduction, Plapous et al. 2006).
    first = gain(_prior(posterior), posterior)
    second = gain(np.maximum(first * first * posterior, _LEAST_SNR), posterior)
    return sound_of((noisy * np.maximum(second, _LEAST_GAIN)).astype(np.complex64), size, size // 2, part.shape[-1])


def _noise(power: Powers) -> Powers:
    """The least smoothed power within _NOISE_SECONDS around each frame, less what the least of many lies below the mean."""
    start = _SMOOTHING * power[:, :20].mean(axis=1, keepdims=True)
    smooth, _ = lfilter(np.array([1 - _SMOOTHING], np.float32), np.array([1, -_SMOOTHING], np.float32), power, axis=1, zi=start)
    smooth = uniform_filter1d(smooth, 3, axis=2)
    least: Powers = minimum_filter1d(smooth, int(_NOISE_SECONDS * _FRAMES_PER_SECOND) | 1, axis=1)
    return np.asarray(least * _MINIMUM_BIAS)


def _prior(posterior: Powers) -> Powers:
    """The SNR before looking at a frame: the geometric mean of what frames before it and behind it say."""
    channels, count, bins = posterior.shape
    # Forwards and backwards, and all channels, go through the loop side by side.
    both = np.concatenate([posterior, posterior[:, ::-1]]).transpose(1, 0, 2).reshape(count, -1)
    priors = np.maximum(both - 1, 0) * (1 - _MEMORY)
    carried = np.ones(both.shape[1], np.float32)
    for prior, seen in zip(priors, both, strict=True):
        prior += _MEMORY * carried
        np.maximum(prior, _LEAST_SNR, out=prior)
        carried = np.square(prior / (1 + prior)) * seen
    forwards, backwards = priors.reshape(count, 2, channels, bins).transpose(1, 2, 0, 3)
    mean: Powers = np.sqrt(forwards * backwards[:, ::-1])
    return mean
