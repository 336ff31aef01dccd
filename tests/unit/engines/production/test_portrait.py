"""Vertical films: 9 to 16, with whom and what there was to see in them, calm, cut where the source was cut, and with its sound."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from engines.imaging import Image, UnreadableMedia
from engines.production.portrait import to_portrait
from engines.production.types import Unfit
from tests.unit.engines import media
from tests.unit.engines.production.clips import Sound, heard, landscape, psnr, seen, sliding, steady, turned_clip, write_clip

WIDTH, HEIGHT, FPS = 480, 270, 15
WINDOW = 152  # 9/16 of 270, even
LABELS = Path(__file__).parents[4] / "bench" / "recognition_people.csv"


def walker(image: Image, x: float, time: float) -> None:
    media.draw_person(image, x, media.RED, time * 7, feet=250, height=130)


def portrait(source: Path, folder: Path) -> tuple[Path, Sequence[str]]:
    folder.mkdir(exist_ok=True)
    made = to_portrait(source, folder)
    return made.outputs[0].path, made.notes


def lefts(path: Path, source: Path, every: int = 1) -> npt.NDArray[np.float64]:
    """Where each frame, or every so-many-th, was cut out of its source, found by comparing the pictures."""

    def left(whole: Image, part: Image) -> int:
        scores = cv2.matchTemplate(whole[: part.shape[0]], part, cv2.TM_SQDIFF)
        return int(np.argmin(scores[0]))

    pairs = list(zip(seen(source), seen(path), strict=True))[::every]
    return np.array([left(whole, part) for (_, whole), (_, part) in pairs], float)


def shown(windows: npt.NDArray[np.float64], width: float, people: Callable[[float], tuple[float, float] | None], fps: int) -> float:
    """The share of people's widths that is in the window; `people` tells from where to where somebody is at a time."""
    kept = whole = 0.0
    for number, left in enumerate(windows):
        if (span := people(number / fps)) is not None:
            kept += max(0.0, min(span[1], left + width) - max(span[0], left))
            whole += span[1] - span[0]
    return kept / whole


def test_somebody_who_walks_by_stays_in_the_picture(tmp_path: Path) -> None:
    # GIVEN somebody who stands at the left for a second and crosses the picture at 60 pixels a second
    scene = landscape(WIDTH, HEIGHT)

    def x(time: float) -> float:
        return 60 + max(0.0, time - 1) * 60

    def picture(time: float) -> Image:
        image: Image = scene.copy()
        walker(image, x(time), time)
        return image

    source = write_clip(tmp_path / "walk.mp4", steady(7, FPS, picture))
    path, notes = portrait(source, tmp_path / "p")

    windows = lefts(path, source)

    def person(time: float) -> tuple[float, float]:
        return x(time) - 20, x(time) + 20

    assert shown(windows, WINDOW, person, FPS) > 0.9
    assert shown(np.full_like(windows, (WIDTH - WINDOW) / 2), WINDOW, person, FPS) < 0.6
    # Calm: never faster than twice the walker, and hardly ever back.
    speed = np.diff(windows) * FPS
    assert np.abs(np.convolve(speed, np.ones(5) / 5, "valid")).max() < 120
    assert speed[speed < 0].sum() / FPS > -20
    assert notes == ()
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", WINDOW, HEIGHT)
        assert float(video.duration * video.time_base) == pytest.approx(7, abs=0.1)


def test_at_a_cut_the_window_jumps_and_does_not_pan(tmp_path: Path) -> None:
    # GIVEN a shot with somebody on the left, and another with somebody on the right
    scenes = (landscape(WIDTH, HEIGHT, 1), landscape(WIDTH, HEIGHT, 2))

    def picture(time: float) -> Image:
        image: Image = scenes[time >= 4].copy()
        walker(image, (90 if time < 4 else 390) + 25 * np.sin(3 * time), time)
        return image

    source = write_clip(tmp_path / "cut.mp4", steady(8, FPS, picture))

    windows = lefts(portrait(source, tmp_path / "p")[0], source)

    cut = 4 * FPS
    assert windows[:cut].max() < 60 < 260 < windows[cut:].min()


def test_a_face_that_does_not_move_is_shown(tmp_path: Path) -> None:
    face = cv2.resize(cv2.imread(str(media.photo("astronaut.png"))), (256, 256))
    scene = cv2.GaussianBlur(landscape(WIDTH, HEIGHT), (0, 0), 3)
    scene[:256, :256] = face
    source = write_clip(tmp_path / "face.mp4", steady(3, 10, lambda _: scene))
    windows = lefts(portrait(source, tmp_path / "p")[0], source)
    # It lies from 84 to 140.
    assert all(left < 84 and left + WINDOW > 140 for left in windows)


def test_nothing_to_see_shows_the_middle(tmp_path: Path) -> None:
    view = landscape(WIDTH, HEIGHT)
    source = write_clip(tmp_path / "still.mp4", steady(3, 10, lambda _: view))
    path, notes = portrait(source, tmp_path / "p")
    assert lefts(path, source) == pytest.approx((WIDTH - WINDOW) / 2, abs=4)
    assert "the middle is shown" in notes[0]


def test_a_camera_that_moves_says_that_it_could_not_be_followed(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "pan.mp4", steady(4, FPS, sliding(WIDTH, HEIGHT, 150)))
    path, notes = portrait(source, tmp_path / "p")
    assert "the camera moves" in notes[0]
    # And the window stays, where a wrong guess would make the picture sway.
    assert np.ptp(lefts(path, source)) < 8


def test_more_of_the_people_of_real_footage_than_a_crop_of_the_middle_shows(tmp_path: Path) -> None:
    # GIVEN the first 22 seconds of PETS 2009's view of a campus, and its people as they were labelled by eye
    begin = (frame for frame in seen_until(media.footage("vtest.avi"), 22))
    source = write_clip(tmp_path / "campus.mp4", begin, crf=20)
    with LABELS.open() as file:
        labels = [{name: float(row[name]) for name in ("seconds", "x", "width", "height")} for row in csv.DictReader(file)]
    labels = [label for label in labels if label["seconds"] < 22]

    # One in six frames is labelled.
    windows = lefts(portrait(source, tmp_path / "p")[0], source, every=6)

    def kept(left_at: Callable[[float], float]) -> float:
        areas = [label["width"] * label["height"] for label in labels]
        inside = [
            max(0.0, min(label["x"] + label["width"], left + 324) - max(label["x"], left)) * label["height"]
            for label in labels
            for left in (left_at(label["seconds"]),)
        ]
        return sum(inside) / sum(areas)

    followed = kept(lambda seconds: windows[round(seconds / 0.6)])
    assert len(labels) > 50
    assert followed > 0.6
    assert followed > kept(lambda _: (768 - 324) / 2) + 0.09


def seen_until(path: Path, seconds: float) -> Sequence[tuple[float, Image]]:
    with av.open(str(path)) as container:
        frames = []
        for frame in container.decode(video=0):
            if frame.time >= seconds:
                break
            frames.append((float(frame.time), frame.to_ndarray(format="bgr24")))
        return frames


def test_sound_stays(tmp_path: Path) -> None:
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * 48_000) / 48_000)).astype(np.float32)
    source = write_clip(tmp_path / "tone.mp4", steady(3, 10, sliding(320, 180, 40)), Sound("aac", tone[None]))
    sound = heard(portrait(source, tmp_path / "p")[0])
    assert len(sound) / 48_000 == pytest.approx(3, abs=0.1)
    assert np.corrcoef(sound[4800:96_000], heard(source)[4800:96_000])[0, 1] > 0.99


@pytest.mark.parametrize(
    ("size", "made", "note"),
    [
        ((90, 160), (90, 160), "nothing was cut off"),
        ((64, 200), (64, 200), "nothing was cut off"),
        ((120, 160), (90, 160), "its sides were cut off"),
        ((160, 160), (90, 160), ""),
        ((1000, 60), (34, 60), ""),
        ((322, 182), (102, 182), ""),
    ],
)
def test_shapes(tmp_path: Path, size: tuple[int, int], made: tuple[int, int], note: str) -> None:
    source = write_clip(tmp_path / "clip.mp4", steady(1, 10, sliding(*size, 20)))
    path, notes = portrait(source, tmp_path / "p")
    with av.open(str(path)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == made
    about_the_shape = [each for each in notes if "portrait already" in each]
    assert [note in each for each in about_the_shape] == ([True] if note else [])


def test_what_a_phone_held_upright_records_is_portrait_already(tmp_path: Path) -> None:
    view = sliding(180, 320, 20)
    path, notes = portrait(turned_clip(tmp_path / "phone.mp4", view, 1, 10), tmp_path / "p")
    shown = seen(path)
    assert "portrait already, 180x320" in notes[0]
    assert psnr(shown[0][1], view(0)) > 35


def test_odd_sizes(tmp_path: Path) -> None:
    source = tmp_path / "odd.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 321, 181, "yuv444p"
        for _, image in steady(1, 10, sliding(321, 181, 20)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    with av.open(str(portrait(source, tmp_path / "p")[0])) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (102, 180)


def test_uneven_frame_times_are_kept(tmp_path: Path) -> None:
    view = sliding(320, 180, 30)
    times = np.cumsum(np.random.default_rng(0).choice([1 / 30, 1 / 12, 0.3], 40))
    source = write_clip(tmp_path / "uneven.mp4", ((float(time), view(float(time))) for time in times))
    after = [time for time, _ in seen(portrait(source, tmp_path / "p")[0])]
    assert after == pytest.approx(times - times[0], abs=0.001)


def test_one_frame_and_greyscale(tmp_path: Path) -> None:
    grey = np.repeat(landscape(320, 180).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert len(seen(portrait(write_clip(tmp_path / "one.mp4", [(0.0, grey)]), tmp_path / "p")[0])) == 1


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no film")
    with pytest.raises(UnreadableMedia):
        to_portrait(text, tmp_path)
    with pytest.raises(Unfit) as refused:
        to_portrait(media.write_picture(tmp_path / "picture.png", landscape(64, 64)), tmp_path)
    assert refused.value.field == "Input.Media"
