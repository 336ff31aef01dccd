"""CaptionExtraction, judged by what was drawn and when: character error rate and seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.imaging import Image
from engines.production.captions import extract_captions
from engines.production.types import Unfit
from engines.understanding.reading import Reader
from tests.unit.engines.production.clips import Caption, character_errors, lettered, needs_ocr, sliding, steady, subtitled, write_clip

FPS = 25
CAPTIONS = (
    Caption(0.48, 2.0, "今天的天气真不错，我们去公园吧"),
    Caption(2.0, 3.4, "Where did you put the keys?"),
    Caption(3.8, 5.0, "他在2019年去了Beijing"),
    Caption(5.6, 6.8, "不要着急，慢慢来"),
)


@pytest.fixture(autouse=True)
def _ocr() -> None:
    needs_ocr()


def clip(folder: Path, view: Callable[[float], Image], seconds: float) -> Path:
    return write_clip(folder / "clip.mp4", steady(seconds, FPS, view))


def errors(cues: Sequence[Mapping[str, Any]], captions: Sequence[Caption]) -> tuple[float, float]:
    """The character error rate, and the mean error of the times in seconds, of as many cues as captions."""
    pairs = list(zip(cues, captions, strict=True))
    rate = float(np.mean([character_errors(cue["text"], true.text) for cue, true in pairs]))
    return rate, float(np.mean([abs(cue["start"] - true.start) + abs(cue["end"] - true.end) for cue, true in pairs])) / 2


@pytest.mark.contract("planned figures: every cue, character error rate 0.000, times within 0.03 s at 5 frames a second")
@pytest.mark.parametrize("speed", [60.0, 0.0], ids=["panning", "still"])
def test_captions_and_their_times(tmp_path: Path, speed: float) -> None:
    source = clip(tmp_path, subtitled(sliding(640, 360, speed), CAPTIONS), 7.4)

    done = extract_captions(source, tmp_path)

    rate, off = errors(done.findings["cues"], CAPTIONS)
    assert rate == 0.0
    assert off <= 0.01
    assert not done.notes


@pytest.mark.contract("SubRip: numbered blocks, HH:MM:SS,mmm --> HH:MM:SS,mmm, an empty line between; seed 004: the output is an SRT file")
def test_the_file_is_subrip_in_utf8(tmp_path: Path) -> None:
    source = clip(tmp_path, subtitled(sliding(640, 360, 60), CAPTIONS[:2]), 3.8)
    (output,) = extract_captions(source, tmp_path).outputs
    assert output.path.suffix == ".srt"
    first = "1\n00:00:00,480 --> 00:00:02,000\n今天的天气真不错，我们去公园吧\n"
    second = "2\n00:00:02,000 --> 00:00:03,400\nWhere did you put the keys?\n"
    assert output.path.read_bytes().decode("utf-8") == f"{first}\n{second}"


def test_a_strip_that_stays_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN ten looks at one caption
    read, seen = Reader.read, []

    def counted(self: Reader, image: Image) -> Any:
        seen.append(image.shape)
        return read(self, image)

    monkeypatch.setattr(Reader, "read", counted)
    source = clip(tmp_path, lambda time: lettered(sliding(640, 360, 0)(time), "不要着急，慢慢来", (0.5, 0.9), 22), 2)
    done = extract_captions(source, tmp_path)

    # THEN it is read twice, and it lasts to the end of the last frame
    assert len(seen) == 2
    assert done.findings["cues"] == [{"start": 0.0, "end": 2.0, "text": "不要着急，慢慢来"}]


def test_one_letter_makes_another_caption(tmp_path: Path) -> None:
    captions = (Caption(0.4, 1.48, "今天的天气真不错"), Caption(1.48, 2.6, "今天的天气真不好"))
    done = extract_captions(clip(tmp_path, subtitled(sliding(640, 360, 60), captions), 3), tmp_path)
    rate, off = errors(done.findings["cues"], captions)
    assert rate == 0.0
    assert off <= 0.01


def test_two_rows_are_one_cue_and_two_words_one_row(tmp_path: Path) -> None:
    view = subtitled(sliding(640, 360, 60), [Caption(0.2, 1.4, "我们明天再说\nSee you  tomorrow")], (0.5, 0.87))
    (cue,) = extract_captions(clip(tmp_path, view, 1.6), tmp_path).findings["cues"]
    assert cue["text"].replace("  ", " ") == "我们明天再说\nSee you tomorrow"
    assert (cue["start"], cue["end"]) == (pytest.approx(0.2, abs=0.05), pytest.approx(1.4, abs=0.05))


@pytest.mark.contract('seed 004, CaptionExtraction: track "main" extracts the main caption track only; else all captions of the region')
def test_only_the_main_track(tmp_path: Path) -> None:
    def view(time: float) -> Image:
        return lettered(subtitled(sliding(640, 360, 60), CAPTIONS[:2], (0.5, 0.93))(time), "CHANNEL 5", (0.15, 0.8), 18)

    source = clip(tmp_path, view, 3.6)
    everything = extract_captions(source, tmp_path).findings["cues"]
    main = extract_captions(source, tmp_path, main_track_only=True).findings["cues"]
    assert sorted(cue["text"] for cue in everything) == sorted(["CHANNEL 5", *(each.text for each in CAPTIONS[:2])])
    assert errors(main, CAPTIONS[:2])[0] == 0.0


@pytest.mark.contract("seed 004, CaptionExtraction: only captions within the region are extracted; lang en for English")
def test_region_and_language(tmp_path: Path) -> None:
    def view(time: float) -> Image:
        return lettered(lettered(sliding(640, 360, 60)(time), "GATE 4 我们", (0.5, 0.1), 24), "明天见\nsee you", (0.5, 0.88), 22)

    source = clip(tmp_path, view, 0.8)
    top = extract_captions(source, tmp_path, region=(0.0, 0.0, 1.0, 0.3)).findings["cues"]
    assert [cue["text"].replace(" ", "") for cue in top] == ["GATE4我们"]
    assert [cue["text"] for cue in extract_captions(source, tmp_path, language="en").findings["cues"]] == ["see you"]


def test_a_region_outside_the_picture_is_named(tmp_path: Path) -> None:
    source = clip(tmp_path, sliding(320, 180, 60), 0.2)
    with pytest.raises(Unfit, match=r"\[0, 0.5, 1, 0.6\] reaches to 1, 1.1") as raised:
        extract_captions(source, tmp_path, region=(0.0, 0.5, 1.0, 0.6))
    assert raised.value.field == "JobParams.roi"


def test_no_captions_is_an_empty_file_and_a_note(tmp_path: Path) -> None:
    done = extract_captions(clip(tmp_path, sliding(320, 180, 60), 0.6), tmp_path)
    assert done.findings == {"cues": []}
    assert done.outputs[0].path.read_bytes() == b""
    assert done.notes == ("no caption was found in the region",)


def test_without_the_reader_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "available", staticmethod(lambda: False))
    with pytest.raises(Unfit, match=r"sightline\[ocr\]"):
        extract_captions(clip(tmp_path, sliding(320, 180, 60), 0.2), tmp_path)
