"""Noise taken out of speech, judged by SI-SDR, STOI and PESQ, where it is installed. The engine's numbers were chosen with other voices."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pystoi import stoi
from scipy.signal import resample_poly

from engines.production.sound.denoise import denoise
from engines.production.types import Unfit
from tests.unit.engines.production.sound.files import Samples, read_wav, write_encoded, write_wav
from tests.unit.engines.production.sound.voices import mixed, noise, si_sdr, speech

RATE = 16_000
NOISES = [(kind, snr) for kind in ("white", "pink", "hum") for snr in (0, 5, 10)]
TEXT = (
    "The lamp in the hall had been burning since the evening, and no one could say who had lit it. "
    "Twelve of the letters were addressed to the harbour master. He read each of them twice."
)


def _cleaned(sound: Samples, rate: int, tmp_path: Path) -> Samples:
    (output,) = denoise(write_wav(tmp_path / "noisy.wav", sound, rate), tmp_path).outputs
    cleaned, kept = read_wav(output.path)
    assert kept == rate
    return cleaned if sound.ndim > 1 else cleaned[0]


def _noisy(clean: Samples, kind: str, snr: int, rate: int = RATE) -> Samples:
    both = mixed(clean, noise(kind, len(clean), rate, seed=900 + snr), snr)
    return both * min(1.0, 0.95 / float(np.abs(both).max()))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """A sentence by a speech synthesiser, at 16 kHz."""
    program = shutil.which("espeak-ng") or shutil.which("espeak")
    if not program:
        pytest.skip("there is no espeak-ng or espeak to say a sentence")
    file = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    subprocess.run([program, "-v", "en-gb", "-w", str(file), TEXT], check=True)
    sound, rate = read_wav(file)
    said = resample_poly(sound[0], RATE, rate)
    padded = np.concatenate([np.zeros(RATE // 2), said, np.zeros(RATE // 2)])
    return np.asarray(0.4 * padded / np.abs(padded).max())


def test_a_rendered_voice_comes_out_of_the_noise(tmp_path: Path) -> None:
    clean = speech(8.0, RATE, seed=501)
    before = [_noisy(clean, kind, snr) for kind, snr in NOISES]
    after = [_cleaned(sound, RATE, tmp_path) for sound in before]
    assert np.mean([si_sdr(sound, clean) for sound in after]) >= 11.0
    assert np.mean([si_sdr(sound, clean) for sound in after]) >= np.mean([si_sdr(sound, clean) for sound in before]) + 6.0
    assert np.mean([stoi(clean, sound, RATE) for sound in after]) > np.mean([stoi(clean, sound, RATE) for sound in before])


def test_a_spoken_sentence_comes_out_of_the_noise(spoken: Samples, tmp_path: Path) -> None:
    """The figures measured for this method before the project began, on a sentence of such a voice."""
    after = [_cleaned(_noisy(spoken, kind, snr), RATE, tmp_path) for kind, snr in NOISES]
    assert np.mean([si_sdr(sound, spoken) for sound in after]) >= 11.0
    assert np.mean([stoi(spoken, sound, RATE) for sound in after]) >= 0.912


def test_a_spoken_sentence_sounds_better(spoken: Samples, tmp_path: Path) -> None:
    pesq: Any = pytest.importorskip("pesq", reason="pesq has to be compiled: make setup-measures")
    after = [_cleaned(_noisy(spoken, kind, snr), RATE, tmp_path) for kind, snr in NOISES]
    assert np.mean([pesq.pesq(RATE, spoken, sound, "wb") for sound in after]) >= 1.69


def test_clean_speech_stays_as_it_is(tmp_path: Path) -> None:
    clean = speech(10.0, RATE, seed=502)
    assert si_sdr(_cleaned(clean, RATE, tmp_path), clean) > 25


def test_stereo_at_48_khz_keeps_its_sides(tmp_path: Path) -> None:
    rate = 48_000
    sides = [speech(6.0, rate, seed=seed) for seed in (503, 504)]
    noisy = np.stack([_noisy(side, "white", 5, rate) for side in sides])
    cleaned = _cleaned(noisy, rate, tmp_path)
    assert cleaned.shape == noisy.shape
    for side, before, after in zip(sides, noisy, cleaned, strict=True):
        assert si_sdr(after, side) > si_sdr(before, side) + 3


def test_no_seam_between_the_windows(tmp_path: Path) -> None:
    """Ninety seconds are worked on in several windows; the noise left must be as even as within one."""
    clean = speech(90.0, RATE, seed=505)
    cleaned = _cleaned(_noisy(clean, "white", 10), RATE, tmp_path)
    parts = [si_sdr(cleaned[start : start + 10 * RATE], clean[start : start + 10 * RATE]) for start in range(0, 90 * RATE, 10 * RATE)]
    assert min(parts) > np.median(parts) - 3
    assert len(cleaned) == len(clean)


@pytest.mark.contract("IMS' API reference: WAV of 16 or 48 kHz")
@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100])
def test_other_rates_are_unfit(rate: int, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "other.wav", speech(1.0, rate, seed=506), rate)
    with pytest.raises(Unfit, match=rf"{rate} Hz.*16000 or 48000 Hz.*resample") as refused:
        denoise(source, tmp_path)
    assert refused.value.field == "Input.Media"


def test_another_container_is_noted(tmp_path: Path) -> None:
    source = write_encoded(tmp_path / "speech.mp4", speech(2.0, RATE, seed=507), RATE, "aac")
    assert any("aac" in note for note in denoise(source, tmp_path).notes)
