"""Choruses against rendered songs whose sections are known. None of these seeds was used to choose a number of the engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engines.production.sound.choruses import find_choruses
from engines.production.sound.harmony import harmony
from engines.production.types import Unfit
from tests.unit.engines.production.sound.files import Samples, write_encoded, write_wav
from tests.unit.engines.production.sound.songs import STRUCTURES, song
from tests.unit.engines.production.sound.voices import noise, speech

IOU = 0.72
"""The overlap measured before the project began, on one song."""
RATE = 11_025


def _found(sound: Samples, tmp_path: Path) -> list[tuple[float, float]]:
    result = find_choruses(write_wav(tmp_path / "song.wav", sound, RATE), tmp_path).findings["result"]
    return [(section["start"], section["end"]) for section in result]


def _overlap(found: list[tuple[float, float]], truth: list[tuple[float, float]], seconds: float) -> float:
    """Intersection over union of frames of 0.1 s."""
    times = np.arange(0, seconds, 0.1)
    one, other = (np.any([(times >= start) & (times < end) for start, end in [*spans, (-1, -1)]], axis=0) for spans in (found, truth))
    return float(np.sum(one & other) / max(1, np.sum(one | other)))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_choruses_are_where_they_were_put(structure: str, tmp_path: Path) -> None:
    made = song(structure, 701)
    assert _overlap(_found(made.sound, tmp_path), made.choruses, len(made.sound) / RATE) >= IOU


def test_a_song_of_even_loudness_is_told_by_harmony_and_fullness(tmp_path: Path) -> None:
    made = song("IVCVCBCO", 703, even=True)
    assert _overlap(_found(made.sound, tmp_path), made.choruses, len(made.sound) / RATE) >= IOU


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(40 * RATE),
        0.1 * noise("white", 40 * RATE, RATE, seed=704),
        0.1 * noise("pink", 40 * RATE, RATE, seed=705),
        song("V", 706).sound,
    ],
    ids=["silence", "white", "pink", "one verse"],
)
def test_what_does_not_come_back_has_no_chorus(sound: Samples, tmp_path: Path) -> None:
    produced = find_choruses(write_wav(tmp_path / "sound.wav", sound, RATE), tmp_path)
    assert produced.findings == {"result": []}
    assert any("no chorus" in note for note in produced.notes)


def test_speech_has_no_chorus(tmp_path: Path) -> None:
    assert _found(speech(60.0, RATE, seed=707), tmp_path) == []


@pytest.mark.contract("IMS' published sample of the result: start, end and title, which is 副歌")
def test_the_file_holds_the_findings(tmp_path: Path) -> None:
    produced = find_choruses(write_encoded(tmp_path / "song.mp4", song("VCVC", 708).sound, RATE, "aac"), tmp_path)
    (output,) = produced.outputs
    assert json.loads(output.path.read_text(encoding="utf-8")) == produced.findings
    assert produced.findings["result"]
    for section in produced.findings["result"]:
        assert section.keys() == {"start", "end", "title"}
        assert section["title"] == "副歌"
        assert 0 <= section["start"] < section["end"]


def test_what_is_too_long_for_a_song_is_unfit(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "long.wav", np.zeros(21 * 60 * 8000), 8000)
    with pytest.raises(Unfit, match="20 minutes") as refused:
        harmony(source)
    assert refused.value.field == "Input.Media"
