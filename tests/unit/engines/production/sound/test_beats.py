"""Beats against rendered rhythms, judged by mir_eval. None of these tempi and seeds was used to choose a number of the engine."""

from __future__ import annotations

import json
from pathlib import Path

import mir_eval
import numpy as np
import pytest

from engines.production.sound.beats import find_beats
from tests.unit.engines.production.sound.files import Samples, write_encoded, write_wav
from tests.unit.engines.production.sound.rhythms import PATTERNS, RATE, Rhythm, clicks, drums
from tests.unit.engines.production.sound.voices import noise, speech

CLICKS, LOOPS = 0.94, 0.94
"""The F measures measured for this method before the project began."""


def _f_measure(rhythm: Rhythm, tmp_path: Path) -> float:
    found = find_beats(write_wav(tmp_path / "rhythm.wav", rhythm.sound, RATE), tmp_path).findings["BeatList"]
    return float(mir_eval.beat.f_measure(rhythm.beats, np.array(found)))


@pytest.mark.parametrize("first", [0.0, 0.29])
def test_click_tracks(first: float, tmp_path: Path) -> None:
    scores = [_f_measure(clicks(bpm, 15, first), tmp_path) for bpm in (63, 80, 98, 122, 147, 174, 196)]
    assert np.mean(scores) >= CLICKS
    assert min(scores) >= 0.9


@pytest.mark.parametrize("bpm", [83, 108, 137, 174])
def test_drum_loops_with_off_beat_starts(bpm: int, tmp_path: Path) -> None:
    loops = [drums(pattern, bpm, 15, 0.17 * number, seed=300 + bpm + number) for number, pattern in enumerate(PATTERNS)]
    scores = [_f_measure(loop, tmp_path) for loop in loops]
    assert np.mean(scores) >= LOOPS
    assert min(scores) >= 0.9


def test_beats_lie_within_ten_milliseconds(tmp_path: Path) -> None:
    rhythm = clicks(113, 20, 0.4)
    found = np.array(find_beats(write_wav(tmp_path / "clicks.wav", rhythm.sound, RATE), tmp_path).findings["BeatList"])
    matched = mir_eval.util.match_events(rhythm.beats, found, 0.07)
    off = [found[number] - rhythm.beats[beat] for beat, number in matched]
    assert abs(float(np.mean(off))) < 0.005
    assert float(np.max(np.abs(off))) < 0.010


@pytest.mark.parametrize("pattern", ["breakbeat", "funk"])
def test_downbeats_where_only_they_have_the_kick(pattern: str, tmp_path: Path) -> None:
    rhythm = drums(pattern, 119, 20, 0.35, seed=417)
    findings = find_beats(write_wav(tmp_path / "loop.wav", rhythm.sound, RATE), tmp_path).findings
    assert findings["DownBeatList"]
    assert mir_eval.beat.f_measure(rhythm.downbeats, np.array(findings["DownBeatList"])) >= 0.9
    assert set(findings["DownBeatList"]) <= set(findings["BeatList"])


def test_downbeats_are_left_out_where_first_and_third_are_alike(tmp_path: Path) -> None:
    rhythm = drums("rock", 119, 20, 0.35, seed=418)
    produced = find_beats(write_wav(tmp_path / "loop.wav", rhythm.sound, RATE), tmp_path)
    assert produced.findings["BeatList"]
    assert produced.findings["DownBeatList"] == []
    assert "downbeats" in " ".join(produced.notes)


def _steady_tone() -> Samples:
    return np.asarray(0.3 * np.sin(2 * np.pi * 440 * np.arange(20 * RATE) / RATE))


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(20 * RATE),
        _steady_tone(),
        *(0.1 * noise(kind, 20 * RATE, RATE, seed=77) for kind in ("white", "pink", "hum")),
        speech(20.0, RATE, seed=78),
    ],
    ids=["silence", "tone", "white", "pink", "hum", "speech"],
)
def test_what_does_not_pulse_has_no_beats(sound: Samples, tmp_path: Path) -> None:
    produced = find_beats(write_wav(tmp_path / "sound.wav", sound, RATE), tmp_path)
    assert produced.findings == {"BeatList": [], "DownBeatList": []}
    assert "no beats" in " ".join(produced.notes)


def test_silence_around_the_music_has_no_beats(tmp_path: Path) -> None:
    rhythm = clicks(116, 12)
    padded = np.concatenate([np.zeros(5 * RATE), rhythm.sound, np.zeros(5 * RATE)])
    found = find_beats(write_wav(tmp_path / "padded.wav", padded, RATE), tmp_path).findings["BeatList"]
    assert min(found) > 4.9
    assert max(found) < 17.1


@pytest.mark.contract("the names of the lists: IMS' API reference of the function; their file is not documented further")
def test_the_file_holds_the_findings(tmp_path: Path) -> None:
    produced = find_beats(write_encoded(tmp_path / "clicks.mp4", clicks(120, 10).sound, RATE, "aac"), tmp_path)
    (output,) = produced.outputs
    written = json.loads(output.path.read_text())
    assert written == produced.findings
    assert {"BeatList", "DownBeatList"} <= written.keys()
    assert written["bpm"] == pytest.approx(120, abs=0.5)
