"""Summaries: cut where the film was cut, of what can be seen, a fifth as long, each moment with the sound that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.imaging import Image, UnreadableMedia
from engines.production.summary import summarise
from engines.production.types import Unfit
from tests.unit.engines import media
from tests.unit.engines.production.clips import heard, landscape, psnr, seen, sliding, steady, turned_clip, write_clip
from tests.unit.engines.production.shots import RATE, Reel, Shot, heard_shot, reel

# Pans slow and fast, still cameras, and two parts that nobody wants to see.
_SHOTS = (
    Shot(3.0, speed=20),
    Shot(2.0, speed=200),
    Shot(3.0, speed=0),
    Shot(2.0, "black"),
    Shot(2.4, speed=60),
    Shot(1.6, speed=300),
    Shot(3.0, "blurred"),
    Shot(2.0, speed=30),
    Shot(3.4, speed=0),
    Shot(2.0, speed=100),
    Shot(2.6, speed=40),
)


@pytest.fixture(scope="module")
def eleven_shots(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    return reel(tmp_path_factory.mktemp("reel") / "eleven.mp4", _SHOTS)


@dataclass(frozen=True)
class Summary:
    path: Path
    parts: Sequence[tuple[float, float]]
    cuts: Sequence[float]
    notes: Sequence[str]

    @property
    def seconds(self) -> float:
        return sum(end - start for start, end in self.parts)


def summary(source: Path, folder: Path) -> Summary:
    folder.mkdir(exist_ok=True)
    made = summarise(source, folder)
    parts = [(part["start"], part["end"]) for part in made.findings["parts"]]
    return Summary(made.outputs[0].path, parts, made.findings["cuts"], made.notes)


def precision_and_recall(found: Sequence[float], truth: Sequence[float], tolerance: float = 0.1) -> tuple[float, float]:
    right = sum(any(abs(cut - true) <= tolerance for true in truth) for cut in found)
    met = sum(any(abs(cut - true) <= tolerance for cut in found) for true in truth)
    return right / max(1, len(found)), met / len(truth)


def test_every_cut_is_found_and_no_other(eleven_shots: Reel, tmp_path: Path) -> None:
    assert precision_and_recall(summary(eleven_shots.path, tmp_path).cuts, eleven_shots.cuts) == (1.0, 1.0)


def test_a_flash_and_a_fast_pan_are_no_cuts(tmp_path: Path) -> None:
    view, other = sliding(320, 180, 200, seed=1), sliding(320, 180, 0, seed=2)

    def picture(time: float) -> Image:
        shown = view(time) if time < 3 else other(time)
        flash = abs(time - 1.5) < 0.05 or abs(time - 4.5) < 0.02
        return cv2.convertScaleAbs(shown, beta=90) if flash else shown

    source = write_clip(tmp_path / "flash.mp4", steady(6, 25, picture))
    assert summary(source, tmp_path / "s").cuts == pytest.approx([3.0], abs=0.001)


def test_the_cuts_of_a_real_film(tmp_path: Path) -> None:
    # Seen by eye, frame by frame; the film begins with one black frame.
    cuts = summary(media.footage("Megamind.avi"), tmp_path).cuts
    assert cuts == pytest.approx([4.087, 6.423, 8.342], abs=0.05)


def test_a_fifth_of_it_without_what_nobody_wants_to_see(eleven_shots: Reel, tmp_path: Path) -> None:
    made = summary(eleven_shots.path, tmp_path)

    whole = sum(shot.seconds for shot in _SHOTS)
    assert 0.18 <= made.seconds / whole <= 0.22
    with av.open(str(made.path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height, sound.codec_context.name) == ("h264", 320, 180, "aac")
        assert float(video.duration * video.time_base) == pytest.approx(made.seconds, abs=0.1)
        assert float(sound.duration * sound.time_base) == pytest.approx(made.seconds, abs=0.1)
    shown = {eleven_shots.shot_of(picture) for _, picture in seen(made.path)[::3]}
    assert len(shown) >= 4
    by_time = {eleven_shots.shot_at(start) for start, _ in made.parts} | {eleven_shots.shot_at(end - 0.1) for _, end in made.parts}
    assert shown == by_time
    assert all(_SHOTS[shot].look == "clear" for shot in by_time)


def test_each_moment_is_heard_as_it_is_seen(eleven_shots: Reel, tmp_path: Path) -> None:
    # Each shot has a tone of its own: half a tenth of a second of delay would be heard at the joins.
    path = summary(eleven_shots.path, tmp_path).path
    sound, window = heard(path), 0.05
    checked = 0
    for time, picture in seen(path)[::2]:
        around = sound[round(time * RATE) : round((time + window) * RATE)]
        if len(around) == round(window * RATE):
            before = sound[max(0, round((time - window) * RATE)) : round(time * RATE)]
            # On the frame that a join lies next to, either tone is right.
            assert eleven_shots.shot_of(picture) in {heard_shot(around), heard_shot(before) if len(before) else None}
            checked += 1
    assert checked > 25


def test_one_long_shot_is_told_by_where_something_happens(tmp_path: Path) -> None:
    # GIVEN twenty seconds before a still camera, in which somebody walks by from the 8th to the 12th
    scene = landscape(320, 180)

    def picture(time: float) -> Image:
        shown: Image = scene.copy()
        if 8 <= time < 12:
            media.draw_person(shown, -20 + (time - 8) * 90, media.RED, time * 7, feet=165, height=90)
        return shown

    made = summary(write_clip(tmp_path / "walk.mp4", steady(20, 10, picture)), tmp_path / "s")

    happening = sum(max(0.0, min(end, 12) - max(start, 8)) for start, end in made.parts)
    assert made.seconds == pytest.approx(4.0, abs=0.3)
    assert happening >= 0.7 * made.seconds


def test_one_frame(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "one.mp4", [(0.0, landscape(160, 90))])
    made = summary(source, tmp_path / "s")
    assert len(seen(made.path)) == 1
    assert made.notes


def test_a_short_clip_keeps_a_second_and_says_so(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "short.mp4", steady(2, 10, sliding(160, 90, 40)))
    made = summary(source, tmp_path / "s")
    assert made.seconds == pytest.approx(1.0, abs=0.11)
    assert "a fifth of 2.0 s" in made.notes[0]


def test_a_black_clip_is_summed_up_all_the_same(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "black.mp4", steady(10, 5, lambda _: np.zeros((90, 160, 3), np.uint8)))
    assert summary(source, tmp_path / "s").seconds == pytest.approx(2.0, abs=0.3)


def test_uneven_frame_times_tall_pictures_and_no_sound(tmp_path: Path) -> None:
    view = sliding(90, 240, 30)
    times = np.cumsum(np.random.default_rng(0).choice([1 / 30, 1 / 12, 0.3], 120))
    source = write_clip(tmp_path / "uneven.mp4", ((float(time), view(float(time))) for time in times))
    made = summary(source, tmp_path / "s")
    with av.open(str(made.path)) as container:
        assert not container.streams.audio
        assert (container.streams.video[0].width, container.streams.video[0].height) == (90, 240)
    length = float(times[-1] - times[0])
    assert made.seconds == pytest.approx(0.2 * length, abs=0.5)
    # Every frame of the parts is there, as far from the next as it was.
    kept = [time - times[0] for time in times if any(start - 0.002 <= time - times[0] < end - 0.002 for start, end in made.parts)]
    assert len(seen(made.path)) == len(kept)


def test_a_turned_recording_is_upright(tmp_path: Path) -> None:
    view = sliding(180, 320, 60)
    made = summary(turned_clip(tmp_path / "phone.mp4", view, 6, 10), tmp_path / "s")
    assert psnr(seen(made.path)[0][1], view(made.parts[0][0])) > 33


def test_greyscale(tmp_path: Path) -> None:
    view, other = sliding(160, 90, 20, seed=1), sliding(160, 90, 20, seed=2)

    def grey(time: float) -> Image:
        shown = (view if time < 3 else other)(time)
        return np.repeat(shown.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)

    assert summary(write_clip(tmp_path / "grey.mp4", steady(6, 10, grey)), tmp_path / "s").cuts == pytest.approx([3.0], abs=0.01)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no film")
    with pytest.raises(UnreadableMedia):
        summarise(text, tmp_path)
    with pytest.raises(Unfit) as refused:
        summarise(media.write_picture(tmp_path / "picture.png", landscape(64, 64)), tmp_path)
    assert refused.value.field == "Input.Media"
