"""AudioQualityAssessment: what of sound can be measured, and a score from it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from engines.production.sound.loudness import Loudness
from engines.production.sound.measures import Clipping, Spectrum
from engines.production.sound.reading import INPUT, Sound, Track, joined, reading
from engines.production.types import Produced, Unfit

_RATES = (8_000, 48_000)
_GOOD = {
    "snr_db": ((0, 10, 20, 35), (0.2, 0.45, 0.75, 1)),
    "clipping": ((0, 1e-4, 1e-3, 1e-2, 1e-1), (1, 0.97, 0.85, 0.6, 0.3)),
    "bandwidth_hz": ((1000, 3400, 7000), (0.4, 0.75, 1)),
    "loudness_lufs": ((-60, -40, -30, -8, -3), (0.3, 0.8, 1, 1, 0.9)),
}
"""What of a full score each measure leaves, between the points given: the score is their product."""
_TECHNICAL = (
    "the score is a technical one, of noise, clipping, bandwidth and loudness: neither a listener's opinion nor calibrated to IMS' own"
)
_NOISE = "snr_db takes for noise what remains when the sound is quietest: a steady tone counts as noise"


def assess_quality(source: Path, folder: Path) -> Produced:  # noqa: ARG001 - no file is made
    """Findings: `score` from 0 to 100, `snr_db`, `clipping` (share of samples), `loudness_lufs`, `bandwidth_hz`, `silence` (share of the
    time), `channels`, `rate` in hertz and `seconds`. IMS documents no shape for them. What cannot be measured is left out, with a note.

    Raises Unfit and UnreadableMedia.
    """
    with reading(source) as (sound, blocks):
        return _assessed(sound, blocks)


def _assessed(sound: Track, blocks: Iterable[Sound]) -> Produced:
    if not _RATES[0] <= sound.rate <= _RATES[1]:
        raise Unfit(INPUT, f"has a sampling rate of {sound.rate} Hz; AudioQualityAssessment takes 8000 to 48000 Hz: resample it")
    measured = {name: value for name, value in _measured(sound, blocks).items() if value is not None}
    missing = sorted(_GOOD.keys() - measured.keys())
    return Produced(findings={"score": _score(measured), **measured}, notes=[*_notes(sound), *_missing(missing)])


def _measured(sound: Track, blocks: Iterable[Sound]) -> dict[str, Any]:
    clipping, spectrum, loudness = Clipping(sound.rate), Spectrum(sound.rate), Loudness(sound.rate, sound.channels)
    samples = 0
    for block in joined(blocks, sound.rate):
        samples += block.shape[1]
        for measure in (clipping, spectrum, loudness):
            measure.add(block)
    return {
        "snr_db": _rounded(spectrum.snr(), 1),
        "clipping": _rounded(clipping.share, 6),
        "loudness_lufs": _rounded(loudness.lufs(), 1),
        "bandwidth_hz": _rounded(spectrum.bandwidth(), 0),
        "silence": _rounded(spectrum.silence_share(), 3),
        "channels": len(sound.channels),
        "rate": sound.rate,
        "seconds": round(samples / sound.rate, 3),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _score(measured: dict[str, Any]) -> float:
    if "bandwidth_hz" not in measured:
        return 0.0
    parts = [np.interp(measured[name], *points) for name, points in _GOOD.items() if name in measured]
    return round(100 * float(np.prod(parts)), 1)


def _notes(sound: Track) -> list[str]:
    notes = [_TECHNICAL, _NOISE]
    if sound.container != "wav" or sound.sample_bits != 16:
        found = f"{sound.codec} in {sound.container}"
        notes.append(f"the documented input is WAV of 16 bits; this is {found}, and was measured as it decodes")
    return notes


def _missing(names: list[str]) -> list[str]:
    if "bandwidth_hz" in names:
        return ["there is only silence: nothing else can be measured"]
    return [f"too short or too quiet to measure: {', '.join(names)}"] if names else []
