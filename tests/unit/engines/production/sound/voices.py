"""A voice without words: a glottal source through formants, in syllables with consonants and pauses; and noises to hide it in."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from tests.unit.engines.production.sound.files import Samples

# First three formants of five vowels, in hertz: after Peterson and Barney (1952), men.
_VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))


def speech(seconds: float, rate: int, seed: int) -> Samples:
    """Peaks at 0.5. Pauses are digital silence."""
    chance = np.random.default_rng(seed)
    pieces, length = [np.zeros(int(0.3 * rate))], 0.3
    while length < seconds:
        for _ in range(chance.integers(3, 8)):
            pieces += [_consonant(rate, chance), _vowel(chance.uniform(0.09, 0.22), rate, chance)]
        pieces.append(np.zeros(int(chance.uniform(0.15, 0.6) * rate)))
        length = sum(map(len, pieces)) / rate
    sound = np.concatenate(pieces)[: int(seconds * rate)]
    return np.asarray(0.5 * sound / np.abs(sound).max())


def sung(notes: list[tuple[float, float]], rate: int, seed: int) -> Samples:
    """Vowels on the notes, each a pitch in hertz (0: a rest) and its seconds, with vibrato."""
    chance = np.random.default_rng(seed)
    pieces = [np.zeros(round(seconds * rate)) if not pitch else _vowel(seconds, rate, chance, pitch) for pitch, seconds in notes]
    sound = np.concatenate(pieces)
    return np.asarray(0.5 * sound / np.abs(sound).max())


def _vowel(seconds: float, rate: int, chance: np.random.Generator, pitch: float | None = None) -> Samples:
    count = round(seconds * rate)
    times = np.arange(count) / rate
    # Spoken pitch falls along the syllable; sung pitch trembles.
    contour = chance.uniform(95, 160) * (1 - 0.4 * times) if pitch is None else pitch * (1 + 0.008 * np.sin(2 * np.pi * 5.5 * times))
    phase = np.cumsum(contour) / rate
    source = np.diff(np.floor(phase), prepend=0.0) + 0.02 * chance.normal(0, 1, count)
    formants = np.array(_VOWELS[chance.integers(len(_VOWELS))]) * chance.uniform(0.95, 1.1)
    for formant, width in zip(formants, (80, 100, 140), strict=True):
        radius = np.exp(-np.pi * width / rate)
        source = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / rate), radius**2], source)
    edges = np.minimum(1, np.minimum(times, times[::-1]) / 0.02)
    return np.asarray(source / (np.abs(source).max() + 1e-9) * edges * chance.uniform(0.5, 1.0))


def _consonant(rate: int, chance: np.random.Generator) -> Samples:
    noise = chance.normal(0, 1, int(chance.uniform(0.03, 0.08) * rate))
    return np.asarray(0.03 * np.diff(noise, prepend=0.0) * np.hanning(len(noise)))


def noise(kind: str, count: int, rate: int, seed: int) -> Samples:
    """White, pink or hum: 50 Hz with its harmonics over a little hiss."""
    chance = np.random.default_rng(seed)
    white: Samples = chance.normal(0, 1, count)
    if kind == "white":
        return white
    if kind == "pink":
        spectrum = np.fft.rfft(white)
        return np.asarray(np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), count))
    times = np.arange(count) / rate
    parts = [np.sin(2 * np.pi * 50 * n * times + chance.uniform(0, 6)) / n for n in range(1, 12)]
    return np.asarray(np.sum(parts, axis=0) + 0.1 * white)


def mixed(clean: Samples, disturbing: Samples, snr_db: float) -> Samples:
    """Both together; the ratio is that of their mean powers over the whole."""
    gain = np.sqrt(np.mean(clean**2) / np.mean(disturbing**2) / 10 ** (snr_db / 10))
    return np.asarray(clean + gain * disturbing)


def si_sdr(estimate: Samples, truth: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019)."""
    estimate, truth = estimate - estimate.mean(), truth - truth.mean()
    target = truth * (estimate @ truth) / (truth @ truth)
    return float(10 * np.log10(np.sum(target**2) / (np.sum((estimate - target) ** 2) + 1e-20)))
