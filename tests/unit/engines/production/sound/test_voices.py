"""Voice and accompaniment against the stems that a song was made of. None of these seeds was used to choose a number of the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.production.sound.voices import separate
from engines.production.types import Produced
from tests.unit.engines.production.sound.files import Samples, read_wav, write_wav
from tests.unit.engines.production.sound.songs import stems
from tests.unit.engines.production.sound.voices import si_sdr

SEEDS = (801, 802, 803)
RATE = 22_050


def _separated(sound: Samples, tmp_path: Path) -> tuple[Samples, Samples, Produced]:
    produced = separate(write_wav(tmp_path / "song.wav", sound, RATE), tmp_path)
    files = {output.result_type: read_wav(output.path)[0] for output in produced.outputs}
    return files["vocal"], files["accompaniment"], produced


def _gains(voice: Samples, rest: Samples, tmp_path: Path) -> tuple[float, float]:
    """By how many dB each is nearer to its stem than the song was, on the first channel."""
    found_voice, found_rest, _ = _separated(voice + rest, tmp_path)
    song = (voice + rest)[0]
    return si_sdr(found_voice[0], voice[0]) - si_sdr(song, voice[0]), si_sdr(found_rest[0], rest[0]) - si_sdr(song, rest[0])


def test_a_voice_in_the_middle_of_stereo(tmp_path: Path) -> None:
    made = [stems(seed, 10.0, RATE) for seed in SEEDS]
    gains = np.array([_gains(one.voice, one.accompaniment, tmp_path) for one in made])
    voice, rest = gains.mean(axis=0)
    assert voice >= 4.8
    assert rest >= 3.9


def test_a_voice_in_mono(tmp_path: Path) -> None:
    made = [stems(seed, 20.0, RATE) for seed in SEEDS[:2]]
    gains = np.array([_gains(one.voice[:1], one.accompaniment.mean(axis=0, keepdims=True), tmp_path) for one in made])
    voice, rest = gains.mean(axis=0)
    assert voice >= 3.5
    assert rest >= 3.8


@pytest.mark.parametrize("mono", [True, False])
def test_both_add_up_to_the_song(mono: bool, tmp_path: Path) -> None:
    made = stems(804, 6.0, RATE)
    song = made.voice + made.accompaniment
    song = song[:1] if mono else song
    voice, rest, _ = _separated(song, tmp_path)
    assert voice.shape == rest.shape == song.shape
    assert np.abs(voice + rest - song).max() < 3 / 32768


def test_the_notes_say_which_way_was_taken(tmp_path: Path) -> None:
    made = stems(805, 4.0, RATE)
    song = made.voice + made.accompaniment
    for sound, said in ((song, "both channels"), (song[:1], "mono"), (np.repeat(song[:1], 2, axis=0), "mono")):
        voice, _, produced = _separated(sound, tmp_path)
        assert said in " ".join(produced.notes)
        assert "crude" in " ".join(produced.notes)
        assert voice.shape == sound.shape


@pytest.mark.contract("our assumption: IMS documents that {resultType} tells the two files apart, not its values")
def test_the_two_files_have_result_types(tmp_path: Path) -> None:
    made = stems(806, 2.0, RATE)
    produced = separate(write_wav(tmp_path / "song.wav", made.voice + made.accompaniment, RATE), tmp_path)
    assert [output.result_type for output in produced.outputs] == ["vocal", "accompaniment"]
    assert len({output.path for output in produced.outputs}) == 2
