"""VideoDetext, judged against the same clip without its captions, and by reading what it made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.production.text_removal import remove_text
from engines.production.types import Unfit
from engines.understanding.reading import Reader
from tests.unit.engines.production.clips import (
    Caption,
    Plane,
    Sound,
    lettered,
    needs_ocr,
    psnr,
    seen,
    sliding,
    steady,
    subtitled,
    write_clip,
)

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 25, 3.2
CAPTIONS = (Caption(0.4, 1.6, "今天的天气真不错"), Caption(1.6, 2.8, "Where are the keys?"))
SOUND = Sound("aac", np.random.default_rng(1).normal(0, 0.1, (1, round(SECONDS * 48_000))).astype(np.float32))


@pytest.fixture(scope="module", params=[60.0, 0.0], ids=["panning", "still"])
def speed(request: pytest.FixtureRequest) -> float:
    needs_ocr()
    return float(request.param)


@pytest.fixture(scope="module")
def clip(speed: float, tmp_path_factory: pytest.TempPathFactory) -> Path:
    view = subtitled(sliding(WIDTH, HEIGHT, speed), CAPTIONS)
    return write_clip(tmp_path_factory.mktemp("detext") / "clip.mp4", steady(SECONDS, FPS, view), SOUND)


@pytest.fixture(scope="module")
def cleaned(clip: Path) -> Path:
    done = remove_text(clip, clip.parent)
    assert done.findings == {"frames": 60}
    assert not done.notes
    (output,) = done.outputs
    return output.path


def drawn(speed: float, number: int) -> tuple[Image, Plane]:
    """A frame of the truth, and where a caption was drawn over it."""
    clean = sliding(WIDTH, HEIGHT, speed)(number / FPS)
    captioned = subtitled(sliding(WIDTH, HEIGHT, speed), CAPTIONS)(number / FPS)
    return clean, np.abs(captioned.astype(int) - clean).max(axis=2) > 8


@pytest.mark.contract("planned figures: strokes from 8.3 to 27.8 dB; where the camera stands still, what is behind them is remembered")
def test_strokes_become_what_is_behind_them(speed: float, clip: Path, cleaned: Path) -> None:
    before, after, rest = [], [], []
    for number, ((_, captioned), (_, made)) in list(enumerate(zip(seen(clip), seen(cleaned), strict=True)))[::3]:
        clean, strokes = drawn(speed, number)
        if strokes.any():
            before.append(psnr(captioned, clean, strokes))
            after.append(psnr(made, clean, strokes))
        beyond = cv2.dilate(strokes.astype(np.uint8), np.ones((31, 31))) == 0
        rest.append(psnr(made, captioned, beyond))
    assert np.mean(before) < 9
    assert np.mean(after) > (27.8 if speed else 36)
    # The rest is the source, but for one more encoding.
    assert np.mean(rest) > 43
    assert min(rest) > 41


@pytest.mark.contract("planned figures: nothing of it can be read")
def test_nothing_is_left_to_read(speed: float, cleaned: Path) -> None:
    reader = Reader()
    frames = seen(cleaned)
    assert [line.text for number in range(0, len(frames), 8) for line in reader.read(frames[number][1])] == []


def test_size_length_and_sound_are_those_of_the_clip(speed: float, clip: Path, cleaned: Path) -> None:
    with av.open(str(clip)) as before, av.open(str(cleaned)) as after:
        video = after.streams.video[0]
        assert (video.codec_context.name, video.width, video.height, video.frames) == ("h264", WIDTH, HEIGHT, 80)
        assert after.duration == pytest.approx(before.duration, abs=50_000)
        assert after.streams.audio[0].codec_context.name == "aac"


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An 8-second clip with text at the top and at the bottom, all the time."""
    needs_ocr()

    def view(time: float) -> Image:
        return lettered(lettered(sliding(320, 180, 20)(time), "SALE TODAY", (0.3, 0.1), 20), "BUY NOW", (0.5, 0.9), 20)

    return write_clip(tmp_path_factory.mktemp("short") / "clip.mp4", steady(8, 5, view))


@pytest.mark.contract(
    "seed 004, VideoDetext: Time is the stretch in which captions are removed, LimitRegion where; [5, 900] of 8 s has to fail"
)
def test_only_the_regions_and_the_times_are_touched(short: Path, tmp_path: Path) -> None:
    done = remove_text(short, tmp_path, regions=[(0, 0, 1, 0.3)], times=[(2, 4), (6, 7)])

    before, after = seen(short), seen(done.outputs[0].path)
    reader = Reader()
    top = [[line.text for line in reader.read(image[:90])] for _, image in after[::5]]
    assert top == [["SALE TODAY"]] * 2 + [[]] * 2 + [["SALE TODAY"]] * 2 + [[]] + [["SALE TODAY"]]
    assert min(psnr(a[90:], b[90:]) for (_, a), (_, b) in zip(before, after, strict=True)) > 38
    assert done.findings == {"frames": 15}


@pytest.mark.parametrize(
    ("options", "field", "reason"),
    [
        ({"times": [(5.0, 900.0)]}, "JobParams.Time", r"\[5, 900\] ends at 900 s; the clip has 7.84 s"),
        ({"times": [(3.0, 3.0)]}, "JobParams.Time", "no stretch"),
        ({"regions": [(0.5, 0.5, 0.6, 0.1)]}, "JobParams.LimitRegion", r"\[0.5, 0.5, 0.6, 0.1\] reaches to 1.1, 0.6"),
        ({"regions": [(0.5, 0.5, 0.0, 0.1)]}, "JobParams.LimitRegion", "no pixel of a picture of 320x180"),
    ],
)
def test_what_does_not_fit_the_clip_is_named(short: Path, tmp_path: Path, options: dict[str, object], field: str, reason: str) -> None:
    with pytest.raises(Unfit, match=reason) as raised:
        remove_text(short, tmp_path, **options)  # type: ignore[arg-type]
    assert raised.value.field == field


def test_a_clip_without_text_says_so(tmp_path: Path) -> None:
    needs_ocr()
    clip = write_clip(tmp_path / "clip.mp4", steady(0.6, 25, sliding(320, 180, 60)))
    done = remove_text(clip, tmp_path)
    assert done.findings == {"frames": 0}
    assert done.notes == ("no text was found there: the picture is the same",)


def test_a_film_that_changes_its_size(tmp_path: Path) -> None:
    # GIVEN a broadcast that goes from one size to another: two transport streams, one behind the other
    needs_ocr()

    def view(width: int, height: int) -> Callable[[float], Image]:
        return lambda time: lettered(sliding(width, height, 40)(time), "BUY NOW", (0.5, 0.9), height // 9)

    first = write_clip(tmp_path / "first.ts", steady(0.8, 10, view(320, 180)))
    second = write_clip(tmp_path / "second.ts", ((0.8 + time, image) for time, image in steady(0.8, 10, view(480, 360))))
    source = tmp_path / "both.ts"
    source.write_bytes(first.read_bytes() + second.read_bytes())

    # THEN the text is gone from the frames of either
    done = remove_text(source, tmp_path)
    reader, made = Reader(), seen(done.outputs[0].path)
    assert [line.text for _, image in made[2::5] for line in reader.read(image)] == []
    assert done.findings == {"frames": len(made)}
