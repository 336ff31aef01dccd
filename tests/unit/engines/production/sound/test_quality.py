"""What is measured of sound, against what it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from scipy.stats import spearmanr

from engines.production.sound.quality import assess_quality
from engines.production.types import Unfit
from tests.unit.engines.production.sound.files import Samples, write_encoded, write_wav
from tests.unit.engines.production.sound.voices import mixed, noise, speech

SNRS = (-5, 0, 5, 10, 15, 20, 30)


def _audible(sound: Samples, rate: int) -> Samples:
    """Without what lies below 50 Hz, which pink noise has much of and `snr_db` leaves out."""
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) < 50] = 0
    return np.asarray(np.fft.irfft(spectrum, len(sound)))


def _measured(sound: Samples, rate: int, tmp_path: Path) -> dict[str, Any]:
    produced = assess_quality(write_wav(tmp_path / "sound.wav", sound, rate), tmp_path)
    assert produced.outputs == ()
    return dict(produced.findings)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("kind", ["white", "pink", "hum"])
def test_score_and_snr_follow_the_true_snr(kind: str, rate: int, tmp_path: Path) -> None:
    clean = speech(10.0, rate, seed=601)
    measured = []
    for snr in SNRS:
        both = mixed(clean, _audible(noise(kind, len(clean), rate, seed=602), rate), snr)
        measured.append(_measured(0.5 * both / np.abs(both).max(), rate, tmp_path))
    assert spearmanr(SNRS, [one["snr_db"] for one in measured]).statistic == pytest.approx(1.0)
    scores = [one["score"] for one in measured]
    assert scores == sorted(scores)
    assert spearmanr(SNRS[1:], scores[1:]).statistic == pytest.approx(1.0)
    for snr, one in zip(SNRS[2:], measured[2:], strict=True):
        assert one["snr_db"] == pytest.approx(snr, abs=3)


@pytest.mark.parametrize("turned_down", [1.0, 0.3])
def test_clipping_is_heard_even_where_it_was_turned_down(turned_down: float, tmp_path: Path) -> None:
    clean = speech(10.0, 16_000, seed=603)
    before = _measured(clean, 16_000, tmp_path)
    clipped = _measured(np.clip(4 * clean, -1, 1) * turned_down, 16_000, tmp_path)
    assert before["clipping"] == 0
    assert clipped["clipping"] == pytest.approx(np.mean(np.abs(4 * clean) >= 1), rel=0.5)
    assert before["score"] - clipped["score"] > 30


def test_more_clipping_is_worse(tmp_path: Path) -> None:
    clean = speech(8.0, 48_000, seed=604)
    scores = [_measured(np.clip(gain * clean, -1, 1), 48_000, tmp_path)["score"] for gain in (1, 3, 6, 12)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize("pitch", [20, 50, 440, 3000])
def test_a_tone_is_not_clipped(pitch: int, tmp_path: Path) -> None:
    tone = 0.7 * np.sin(2 * np.pi * pitch * np.arange(3 * 48_000) / 48_000)
    assert _measured(tone, 48_000, tmp_path)["clipping"] < (0.05 if pitch == 20 else 1e-6)


@pytest.mark.contract("EBU Tech 3341, test signals 1 and 3: a stereo tone of 1 kHz at -23 dBFS has -23 LUFS, also between quieter parts")
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_loudness(rate: int, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(6 * rate) / rate)
    loud, quiet = tone * 10 ** (-23 / 20), tone[: 2 * rate] * 10 ** (-36 / 20)
    assert _measured(np.stack([loud, loud]), rate, tmp_path)["loudness_lufs"] == pytest.approx(-23.0, abs=0.1)
    between = np.concatenate([quiet, loud, quiet])
    # At this length the blocks that hold both count a little.
    assert _measured(np.stack([between, between]), rate, tmp_path)["loudness_lufs"] == pytest.approx(-23.0, abs=0.3)


@pytest.mark.parametrize("edge", [1500, 3400, 8000])
def test_bandwidth(edge: int, tmp_path: Path) -> None:
    filtered = sosfilt(butter(16, edge, fs=48_000, output="sos"), 0.1 * noise("white", 96_000, 48_000, seed=605))
    assert _measured(np.asarray(filtered), 48_000, tmp_path)["bandwidth_hz"] == pytest.approx(edge * 1.3, rel=0.35)


def test_silence_share_channels_rate_and_seconds(tmp_path: Path) -> None:
    half = np.concatenate([np.zeros(24_000), 0.1 * noise("white", 24_000, 16_000, seed=606)])
    measured = _measured(np.stack([half, half]), 16_000, tmp_path)
    assert measured["silence"] == pytest.approx(0.5, abs=0.02)
    assert (measured["channels"], measured["rate"], measured["seconds"]) == (2, 16_000, 3.0)


def test_what_cannot_be_measured_is_left_out(tmp_path: Path) -> None:
    produced = assess_quality(write_wav(tmp_path / "silence.wav", np.zeros(32_000), 16_000), tmp_path)
    assert produced.findings["score"] == 0
    assert not {"snr_db", "loudness_lufs", "bandwidth_hz"} & produced.findings.keys()
    assert any("silence" in note for note in produced.notes)
    short = assess_quality(write_wav(tmp_path / "short.wav", speech(0.6, 16_000, seed=607)[-3000:], 16_000), tmp_path)
    assert "snr_db" not in short.findings
    assert any("snr_db" in note for note in short.notes)


@pytest.mark.contract("IMS' API reference: 16-bit WAV of 8 to 48 kHz")
@pytest.mark.parametrize("rate", [4_000, 96_000])
def test_other_rates_are_unfit(rate: int, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=f"{rate} Hz.*8000 to 48000 Hz") as refused:
        assess_quality(write_wav(tmp_path / "other.wav", 0.1 * np.ones(rate), rate), tmp_path)
    assert refused.value.field == "Input.Media"


def test_another_format_than_documented_and_the_scale_are_noted(tmp_path: Path) -> None:
    sound = speech(2.0, 48_000, seed=608)
    notes = assess_quality(write_encoded(tmp_path / "sound.mp4", sound, 48_000, "aac"), tmp_path).notes
    assert any("aac" in note for note in notes)
    assert any("calibrated" in note for note in notes)
    assert not any("16 bits" in note for note in assess_quality(write_wav(tmp_path / "sound.wav", sound, 48_000), tmp_path).notes)
