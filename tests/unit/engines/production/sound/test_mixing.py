"""Two sounds mixed, judged by what each alone would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.production.sound.mixing import mix
from engines.production.types import Produced, Unfit
from tests.unit.engines.media import write_video
from tests.unit.engines.production.sound.files import Samples, read_wav, write_encoded, write_wav
from tests.unit.engines.production.sound.voices import si_sdr, speech

RATE = 44_100


def _tone(pitch: float, seconds: float, level: float, rate: int = RATE) -> Samples:
    return np.asarray(level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate))


def _mixed(first: Path, second: Path, tmp_path: Path) -> tuple[Samples, int, Produced]:
    produced = mix(first, tmp_path, other=second)
    (output,) = produced.outputs
    return *read_wav(output.path), produced


def _level(sound: Samples, pitch: float, rate: int = RATE) -> float:
    """The amplitude of one tone in the sound."""
    times = np.arange(len(sound)) / rate
    return float(2 * abs(np.mean(sound * np.exp(-2j * np.pi * pitch * times))))


def test_both_keep_their_levels(tmp_path: Path) -> None:
    first = write_wav(tmp_path / "first.wav", _tone(441, 2, 0.3), RATE)
    second = write_wav(tmp_path / "second.wav", _tone(882, 2, 0.1), RATE)
    sound, rate, produced = _mixed(first, second, tmp_path)
    assert (rate, sound.shape) == (RATE, (1, 2 * RATE))
    assert _level(sound[0], 441) == pytest.approx(0.3, rel=0.001)
    assert _level(sound[0], 882) == pytest.approx(0.1, rel=0.001)
    assert produced.notes == []


def test_the_sum_is_that_of_the_samples(tmp_path: Path) -> None:
    first, second = speech(3.0, RATE, seed=1), 0.5 * speech(5.0, RATE, seed=2)
    sound, _, _ = _mixed(write_wav(tmp_path / "a.wav", first, RATE), write_wav(tmp_path / "b.wav", second, RATE), tmp_path)
    wanted = second.copy()
    wanted[: len(first)] += first
    assert sound.shape[1] == len(second)
    assert np.abs(sound[0] - wanted).max() < 2 / 32768


@pytest.mark.parametrize(("longer", "shorter"), [(0, 1), (1, 0)])
def test_it_is_as_long_as_the_longer_one(longer: int, shorter: int, tmp_path: Path) -> None:
    files = [write_wav(tmp_path / "long.wav", _tone(300, 3.3, 0.2), RATE), write_wav(tmp_path / "short.wav", _tone(500, 1.1, 0.2), RATE)]
    sound, _, _ = _mixed(files[longer], files[shorter], tmp_path)
    assert sound.shape[1] == round(3.3 * RATE)
    assert _level(sound[0, 2 * RATE : 3 * RATE], 300) == pytest.approx(0.2, rel=0.001)
    assert _level(sound[0, 2 * RATE : 3 * RATE], 500) < 0.001


def test_a_sum_beyond_full_scale_is_limited_and_not_clipped(tmp_path: Path) -> None:
    first = write_wav(tmp_path / "first.wav", _tone(441, 2, 0.9), RATE)
    second = write_wav(tmp_path / "second.wav", _tone(441, 2, 0.9), RATE)
    sound, _, produced = _mixed(first, second, tmp_path)
    assert 0.9 < np.abs(sound).max() < 0.99
    assert si_sdr(sound[0, RATE // 10 :], _tone(441, 2, 1.0)[RATE // 10 :]) > 30  # clipping would leave 13 dB
    assert any("turned down" in note for note in produced.notes)


def test_different_rates_and_channels(tmp_path: Path) -> None:
    mono = write_wav(tmp_path / "mono.wav", speech(3.0, 16_000, seed=3), 16_000)
    left_only = np.stack([_tone(5000, 2, 0.2, 48_000), np.zeros(96_000)])
    stereo = write_encoded(tmp_path / "stereo.mp4", left_only, 48_000, "aac")
    sound, rate, _ = _mixed(mono, stereo, tmp_path)
    assert (rate, sound.shape) == (48_000, (2, 3 * 48_000))
    middle = slice(24_000, 72_000)
    assert _level(sound[0, middle], 5000, rate) == pytest.approx(0.2, rel=0.05)
    assert _level(sound[1, middle], 5000, rate) < 0.01


@pytest.mark.parametrize("kind", ["no sound", "no frames", "no media"])
def test_an_unfit_other_names_its_own_field(kind: str, tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav", _tone(300, 1, 0.2), RATE)
    other = tmp_path / "other.mp4"
    if kind == "no sound":
        write_video(other, [np.full((48, 64, 3), 90, np.uint8)] * 5)
    elif kind == "no frames":
        write_wav(other, np.zeros(0), RATE)
    else:
        other.write_bytes(b"only words")
    with pytest.raises(Unfit) as refused:
        mix(good, tmp_path, other=other)
    assert refused.value.field == "JobParams.inputs"
