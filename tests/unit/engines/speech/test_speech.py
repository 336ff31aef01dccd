"""Transcription against a fake endpoint: what is sent of real sounds, what of an answer is believed, and what happens when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.imaging import UnreadableMedia
from engines.speech import NoSound, SpeechSettings, SpokenLine, Transcriber, Untranscribed
from tests.fakes.model_server import Answered
from tests.fakes.speech_server import SpeechServer, answers, hears
from tests.unit.engines.speech.sounds import RATE, tone, write

KEY = "sk-a-very-secret-key"
SILENCE = np.zeros(RATE, np.int16)
MakeTranscriber = Callable[..., Transcriber]


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    made = SpeechServer()
    yield made
    made.stop()


@pytest.fixture
def transcriber(server: SpeechServer) -> MakeTranscriber:
    def make(**options: float) -> Transcriber:
        settings = SpeechSettings(server.base_url, KEY, "whisper-1")
        return Transcriber(settings, sleep=lambda _seconds: None, **options)  # type: ignore[arg-type]

    return make


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.argmax(spectrum)) * 16_000 / len(samples)


@pytest.mark.parametrize("name", ["clip.mp4", "sound.mp3", "sound.wav", "sound.flac", "sound.m4a"])
def test_the_sound_itself_is_sent_whatever_it_came_in(
    tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber, name: str
) -> None:
    codec = {"mp3": "libmp3lame", "wav": "pcm_s16le", "flac": "flac"}.get(name.rpartition(".")[2], "aac")
    file = write(tmp_path / name, [tone(2.0, 660.0)], pictures=2.0 if name == "clip.mp4" else 0.0, codec=codec)

    transcript = transcriber().transcribe(file, "zh")

    (asked,) = server.asked
    assert asked.seconds == pytest.approx(2.0, abs=0.15)
    assert pitch(asked.samples) == pytest.approx(660.0, abs=5)
    assert asked.fields == {
        "model": "whisper-1",
        "temperature": "0",
        "response_format": "verbose_json",
        "timestamp_granularities[]": "segment",
        "language": "zh",
    }
    assert server.authorizations == [f"Bearer {KEY}"]
    assert transcript.lines == (SpokenLine(0.5, 1.5, "hello there"),)
    assert (transcript.engine, transcript.language, transcript.notes) == ("speech:whisper-1", "english", ())


def test_a_long_sound_goes_out_in_parts_that_end_where_it_is_quiet(
    tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber
) -> None:
    # A pause from 6.2 s to 6.8 s; a part holds 8 s at the most.
    pause = np.zeros(int(0.6 * RATE), np.int16)
    file = write(tmp_path / "long.wav", [tone(6.2), pause, tone(5.2)], codec="pcm_s16le")
    server.behaviour = lambda asked: hears((0.0, 99.0, f"part of {asked.seconds:.0f} s"))

    transcript = transcriber(part_seconds=8.0).transcribe(file)

    first, second = server.asked
    assert 6.2 < first.seconds < 6.8
    assert first.seconds + second.seconds == pytest.approx(12.0, abs=0.05)
    one, two = transcript.lines
    assert [one.start, one.end, two.start, two.end] == pytest.approx([0.0, first.seconds, first.seconds, 12.0], abs=0.05)


def test_a_sound_that_begins_late_keeps_its_place_in_time(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    file = write(tmp_path / "late.mp4", [tone(1.0)], pictures=4.0, begins=2.0)
    transcriber().transcribe(file)
    (asked,) = server.asked
    loud = np.flatnonzero(np.abs(asked.samples.astype(int)) > 1000)
    assert loud[0] / 16_000 == pytest.approx(2.0, abs=0.1)


def test_silence_is_not_sent(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    transcript = transcriber().transcribe(write(tmp_path / "silent.mp4", [SILENCE, SILENCE], pictures=2.0))
    assert (server.asked, transcript.lines) == ([], ())
    assert transcript.notes == ("nothing was transcribed: the sound is silent",)


def test_media_without_sound(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    with pytest.raises(NoSound, match="has no sound"):
        transcriber().transcribe(write(tmp_path / "mute.mp4", None, pictures=1.0))
    (tmp_path / "text.mp3").write_text("a song, but in words")
    with pytest.raises(UnreadableMedia):
        transcriber().transcribe(tmp_path / "text.mp3")
    whole = write(tmp_path / "whole.mp3", [tone(2.0)], codec="libmp3lame").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(whole[: len(whole) // 2])
    assert transcriber().transcribe(tmp_path / "cut.mp3").lines
    with pytest.raises(Untranscribed, match="the limit is 1 seconds"):
        transcriber(limit_seconds=1.0).transcribe(write(tmp_path / "long.wav", [tone(3.0)], codec="pcm_s16le"))


def test_an_endpoint_without_times_gives_its_words_all_the_same(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    """The gpt-4o models refuse verbose_json; once they have, it is not asked for again."""

    def behave(asked: object) -> Answered:
        fields = server.asked[-1].fields
        if fields["response_format"] == "verbose_json":
            return answers({"error": {"message": "response_format 'verbose_json' is not compatible with model"}}, 400)
        return answers({"text": "all that was said"})

    server.behaviour = behave
    made = transcriber()
    file = write(tmp_path / "a.wav", [tone(2.0)], codec="pcm_s16le")
    transcript = made.transcribe(file)
    assert transcript.lines == (SpokenLine(0.0, 2.0, "all that was said"),)
    assert "no times" in transcript.notes[0]
    made.transcribe(file)
    assert [asked.fields["response_format"] for asked in server.asked] == ["verbose_json", "json", "json"]


def test_times_beyond_the_sound_and_lines_without_words_are_not_believed(
    tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber
) -> None:
    server.behaviour = lambda _asked: hears((5.0, 3.0, "backwards"), (-4.0, 0.5, "early"), (1.0, 1e9, "late\u202e\n"), (0.0, 1.0, " "))
    transcript = transcriber().transcribe(write(tmp_path / "a.wav", [tone(2.0)], codec="pcm_s16le"))
    assert [(line.start, line.end, line.text) for line in transcript.lines] == [
        (0.0, 0.5, "early"),
        (1.0, 2.0, "late"),
    ]


def test_what_the_model_itself_takes_for_silence_is_left_out(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    server.behaviour = lambda _asked: hears((0.0, 1.0, "Thank you for watching!"), no_speech_prob=0.9, avg_logprob=-1.4)
    assert transcriber().transcribe(write(tmp_path / "a.wav", [tone(1.0)], codec="pcm_s16le")).lines == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answered(200, b"<html><body>Welcome to nginx</body></html>"), "check speech.base_url"),
        (Answered(200, b'{"text": "a", "segments": [{"start": NaN, "end": 1, "text": "a"}]}'), "check speech.base_url"),
        (Answered(200, b"[" * 100_000), "check speech.base_url"),
        (Answered(200, b'{"text": "' + b"a" * (17 << 20) + b'"}'), "larger than 16 MiB"),
        (answers({"error": {"message": f"bad key {KEY}"}}, 401), "check speech.api_key"),
        (answers({"error": {"message": f"no model for {KEY}"}}, 404), "check speech.base_url and speech.model"),
        (answers({"error": {"message": "overloaded"}}, 503), "too busy or failed (503), saying: overloaded"),
    ],
    ids=["html", "nan", "deep", "huge", "key", "model", "busy"],
)
def test_an_endpoint_that_fails_is_named_and_its_key_is_not(
    tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber, caplog: pytest.LogCaptureFixture, answer: Answered, words: str
) -> None:
    server.behaviour = lambda _asked: answer
    with caplog.at_level(logging.DEBUG), pytest.raises(Untranscribed) as caught:
        transcriber().transcribe(write(tmp_path / "a.wav", [tone(0.5)], codec="pcm_s16le"))
    assert words in str(caught.value)
    assert KEY not in str(caught.value) + caplog.text
    assert len(server.asked) == (3 if "busy" in words else 1)


def test_an_endpoint_that_hangs_is_given_up(tmp_path: Path, server: SpeechServer, transcriber: MakeTranscriber) -> None:
    def hang(_asked: object) -> Answered:
        server.release.wait()
        return hears()

    server.behaviour = hang
    with pytest.raises(Untranscribed, match=r"did not answer within 0\.3 s"):
        transcriber(timeout=0.3).transcribe(write(tmp_path / "a.wav", [tone(0.5)], codec="pcm_s16le"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("ftp://host/v1", "", "m"), "speech.base_url"),
        (("http://user:hidden@host/v1", "", "m"), "speech.base_url"),
        (("http://host/v1", "a key", "m"), "speech.api_key"),
        (("http://host/v1", "", ""), "speech.model"),
    ],
)
def test_settings_that_can_not_be_used_are_named(settings: tuple[str, str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        SpeechSettings(*settings)
    assert "hidden" not in str(caught.value)
