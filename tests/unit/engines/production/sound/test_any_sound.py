"""What holds for every production function of sound, whatever it is given."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from engines.production.sound.beats import find_beats
from engines.production.sound.choruses import find_choruses
from engines.production.sound.denoise import denoise
from engines.production.sound.mixing import mix
from engines.production.sound.quality import assess_quality
from engines.production.sound.reading import blocks
from engines.production.sound.voices import separate
from engines.production.types import Produced, Unfit
from engines.understanding.types import UnreadableMedia
from tests.unit.engines.media import write_video
from tests.unit.engines.production.sound.files import Samples, read_wav, write_encoded, write_wav
from tests.unit.engines.production.sound.rhythms import RATE as CLICKS_RATE
from tests.unit.engines.production.sound.rhythms import clicks
from tests.unit.engines.production.sound.voices import speech
from tests.unit.engines.speech import sounds

RATE = 16_000
Function = Callable[[Path, Path], Produced]


def _mixed_with_itself(source: Path, folder: Path) -> Produced:
    return mix(source, folder, other=source)


FUNCTIONS: dict[str, Function] = {
    "quality": assess_quality,
    "beats": find_beats,
    "choruses": find_choruses,
    "denoise": denoise,
    "mixing": _mixed_with_itself,
    "voices": separate,
}
WRITERS = ("denoise", "mixing", "voices")
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
every_writer = pytest.mark.parametrize("function", [FUNCTIONS[name] for name in WRITERS], ids=WRITERS)


def _channels(sound: Samples, count: int) -> Samples:
    """The same in each channel, each a little quieter than the one before."""
    return np.stack([sound * 0.9**number for number in range(count)])


def _check(produced: Produced) -> None:
    """Findings are JSON of real numbers, and every sound file can be read."""
    json.dumps(produced.findings, allow_nan=False)
    for output in produced.outputs:
        if output.path.suffix == ".json":
            assert json.loads(output.path.read_text()) == produced.findings
        else:
            read_wav(output.path)


@every_function
def test_a_film_without_sound_is_unfit(function: Function, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 5)
    with pytest.raises(Unfit, match="has no sound") as refused:
        function(film, tmp_path)
    assert refused.value.field == "Input.Media"


@every_function
def test_a_track_without_frames_is_unfit(function: Function, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="nothing can be decoded") as refused:
        function(write_wav(tmp_path / "empty.wav", np.zeros(0), RATE), tmp_path)
    assert refused.value.field == "Input.Media"


@every_function
@pytest.mark.parametrize("content", [b"", b"no sound at all, only words", bytes(range(256)) * 8], ids=["empty", "text", "bytes"])
def test_what_is_no_media_is_unreadable(function: Function, content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "broken.wav"
    source.write_bytes(content)
    with pytest.raises(UnreadableMedia):
        function(source, tmp_path)


@every_function
@pytest.mark.parametrize("samples", [1, 7, 160, 1600, 9000])
def test_very_short_sound(function: Function, samples: int, tmp_path: Path) -> None:
    _check(function(write_wav(tmp_path / "short.wav", 0.3 * np.ones(samples), RATE), tmp_path))


@every_function
def test_silence(function: Function, tmp_path: Path) -> None:
    produced = function(write_wav(tmp_path / "silence.wav", np.zeros(5 * RATE), RATE), tmp_path)
    _check(produced)
    for output in produced.outputs:
        if output.path.suffix == ".wav":
            assert not read_wav(output.path)[0].any()


@every_function
def test_numbers_that_are_none(function: Function, tmp_path: Path) -> None:
    sound = speech(3.0, RATE, seed=3)
    sound[1000:1010], sound[2000], sound[3000] = math.nan, math.inf, -math.inf
    _check(function(write_encoded(tmp_path / "float.wav", sound, RATE, "pcm_f32le"), tmp_path))


@every_function
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels(function: Function, channels: int, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "sound.wav", _channels(speech(3.0, RATE, seed=4), channels), RATE)
    _check(function(source, tmp_path))


@every_writer
@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mp3", "libmp3lame"), ("a.wav", "pcm_s16le")])
def test_what_is_written_is_as_long_as_what_was_read(function: Function, name: str, codec: str, tmp_path: Path) -> None:
    source = write_encoded(tmp_path / name, _channels(speech(3.0, 48_000, seed=5), 2), 48_000, codec)
    for output in function(source, tmp_path).outputs:
        sound, rate = read_wav(output.path)
        assert rate == 48_000
        assert sound.shape[0] == 2
        # A codec's last frame is a full one: 1152 samples of MP3 at most.
        assert sound.shape[1] / rate == pytest.approx(3.0, abs=0.0 if name.endswith("wav") else 1152 / 48_000)


@every_writer
def test_sound_keeps_its_place_in_time(function: Function, tmp_path: Path) -> None:
    """A knock at two seconds is there in what is written, to the sample."""
    sound = np.zeros(4 * RATE)
    sound[2 * RATE : 2 * RATE + 40] = 0.8 * np.hanning(40)
    function_outputs = function(write_wav(tmp_path / "knock.wav", sound, RATE), tmp_path).outputs
    loudest = max((read_wav(output.path)[0] for output in function_outputs), key=lambda found: float(np.abs(found).max()))
    assert abs(int(np.abs(loudest[0]).argmax()) - (2 * RATE + 20)) <= 2


@every_function
@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mp3", "libmp3lame")])
def test_other_containers_than_wav(function: Function, name: str, codec: str, tmp_path: Path) -> None:
    _check(function(write_encoded(tmp_path / name, speech(2.0, RATE, seed=6), RATE, codec), tmp_path))


@every_function
def test_a_file_cut_short_gives_what_is_there(function: Function, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", speech(3.0, RATE, seed=7), RATE).read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    _check(function(cut, tmp_path))


def test_sound_that_begins_late_in_a_film_keeps_its_time(tmp_path: Path) -> None:
    ticks = clicks(120, 8, 0.25)
    at_44_khz = resample_poly(ticks.sound, sounds.RATE, CLICKS_RATE)
    film = sounds.write(tmp_path / "film.mp4", [(at_44_khz * 32767).astype(np.int16)], pictures=10, begins=1.5)
    found = find_beats(film, tmp_path).findings["BeatList"]
    assert found == pytest.approx(list(ticks.beats + 1.5), abs=0.02)


def test_sound_that_changes_its_rate_midway_is_read_to_its_end(tmp_path: Path) -> None:
    """Two streams of ADTS, one behind the other, are one file of ADTS."""
    parts = [
        write_encoded(tmp_path / f"{rate}.aac", 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate), rate, "aac")
        for rate in (48_000, 24_000)
    ]
    both = tmp_path / "both.aac"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    whole = np.concatenate(list(blocks(both)), axis=1)[0]
    assert len(whole) / 48_000 == pytest.approx(4.0, abs=0.2)
    # A second from each half: the pitch is the same.
    for second in (whole[24_000:72_000], whole[-72_000:-24_000]):
        assert int(np.abs(np.fft.rfft(second)).argmax()) == 440
