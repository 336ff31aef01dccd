"""HybridCaptionExtraction: what is written and what is said, each line once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engines.production.cues import Cue
from engines.production.hybrid_captions import extract_hybrid_captions, merged
from engines.speech import SpeechSettings, Transcriber
from engines.speech.types import SpokenLine, Transcript, Untranscribed
from tests.fakes.speech_server import SpeechServer, hears
from tests.unit.engines.production.clips import Caption, Sound, needs_ocr, sliding, steady, subtitled, write_clip

WRITTEN = (Caption(0.4, 1.6, "今天的天气真不错"), Caption(2.0, 3.0, "我们去公园吧"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_ocr()
    sound = Sound("aac", np.random.default_rng(1).normal(0, 0.1, (1, 4 * 48_000)).astype(np.float32))
    view = subtitled(sliding(640, 360, 60), WRITTEN)
    return write_clip(tmp_path_factory.mktemp("hybrid") / "clip.mp4", steady(4, 25, view), sound)


@contextmanager
def closing_server() -> Iterator[SpeechServer]:
    server = SpeechServer()
    try:
        yield server
    finally:
        server.stop()


def texts(cues: list[dict[str, object]]) -> list[object]:
    return [cue["text"] for cue in cues]


def test_speech_fills_in_what_is_not_written(clip: Path, tmp_path: Path) -> None:
    # GIVEN an endpoint that hears both captions, one with another punctuation, and a third line
    with closing_server() as server:
        server.behaviour = lambda asked: hears((0.4, 1.7, "今天的天气真不错。"), (2.0, 3.1, "我们去公园吧"), (3.2, 3.9, "好的"))
        transcriber = Transcriber(SpeechSettings(server.base_url, "", "whisper-1"))
        done = extract_hybrid_captions(clip, tmp_path, transcribe=transcriber.transcribe)
        (asked,) = server.asked

    # THEN each is there once, the written ones as they are written
    assert texts(done.findings["cues"]) == ["今天的天气真不错", "我们去公园吧", "好的"]
    assert done.findings["cues"][2] == {"start": 3.2, "end": 3.9, "text": "好的"}
    assert asked.fields["language"] == "zh"
    assert not done.notes
    assert done.outputs[0].path.read_text(encoding="utf-8").endswith("3\n00:00:03,200 --> 00:00:03,900\n好的\n")


def test_without_an_endpoint_the_notes_say_how_to_set_one(clip: Path, tmp_path: Path) -> None:
    done = extract_hybrid_captions(clip, tmp_path)
    assert texts(done.findings["cues"]) == [each.text for each in WRITTEN]
    (note,) = done.notes
    assert "speech was left out" in note
    assert "SIGHTLINE_SPEECH_BASE_URL" in note


def test_an_endpoint_that_fails_leaves_what_is_written(clip: Path, tmp_path: Path) -> None:
    def fails(path: Path, language: str | None) -> Transcript:
        raise Untranscribed("the endpoint refused the key (401): check speech.api_key")

    done = extract_hybrid_captions(clip, tmp_path, transcribe=fails)
    assert texts(done.findings["cues"]) == [each.text for each in WRITTEN]
    (note,) = done.notes
    assert note == "speech was left out, only what is written was read: the endpoint refused the key (401): check speech.api_key"


@pytest.mark.parametrize(
    ("spoken", "kept"),
    [
        (SpokenLine(1.0, 3.0, "see you tomorrow"), False),
        (SpokenLine(1.0, 3.0, "See you, tomorow!"), False),
        (SpokenLine(1.0, 6.0, "See you tomorrow at nine"), False),  # one spoken line over two captions
        (SpokenLine(1.0, 3.0, "I never said that"), True),
        (SpokenLine(20.0, 22.0, "see you tomorrow"), True),  # the same words at another time
    ],
)
def test_what_counts_as_said_already(spoken: SpokenLine, kept: bool) -> None:
    written = [Cue(1.0, 3.0, "See you tomorrow"), Cue(3.0, 6.0, "at nine")]
    assert (len(merged(written, [spoken])) == 3) is kept
