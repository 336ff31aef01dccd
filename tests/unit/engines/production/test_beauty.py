"""Retouched faces: smoother, lighter and slimmer as they were asked to be, in every frame; and nothing else changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from engines.imaging import Image, UnreadableMedia
from engines.production.beauty import beautify
from engines.production.film import FilmWriter
from engines.production.planes import film_planes
from engines.production.types import Produced, Unfit
from tests.unit.engines import media
from tests.unit.engines.production.clips import Sound, heard, landscape, psnr, seen, sliding, steady, turned_clip, write_clip

WIDTH, HEIGHT, FPS, SECONDS = 480, 560, 25, 1.2
# In the photograph of Eileen Collins, by hand: the cheeks and the forehead without eyes, mouth and hair; and far more than her head.
SKIN = (slice(112, 148), slice(196, 252))
HEAD = (slice(0, 260), slice(80, 380))
JAW = slice(150, 172)


@dataclass(frozen=True)
class Face:
    """A clip of a real face; `skin` and `head` are where it is in each frame: rows and columns."""

    path: Path
    skin: Callable[[float], tuple[slice, slice]]
    head: Callable[[float], tuple[slice, slice]]


def place(time: float) -> tuple[int, int]:
    """How far the camera is moved to the right and down."""
    return round(16 * np.sin(1.5 * time)) + 16, round(10 * np.cos(1.2 * time)) + 10


def moved(area: tuple[slice, slice], time: float) -> tuple[slice, slice]:
    x, y = place(time)
    rows, columns = area
    return slice(max(0, rows.start - y), rows.stop - y), slice(max(0, columns.start - x), columns.stop - x)


def portrait_photo() -> Image:
    image: Image | None = cv2.imread(str(media.photo("astronaut.png")))
    assert image is not None
    return image


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    """Somebody before a camera that sways, with the grain of a camera and a tone."""
    photo = cv2.copyMakeBorder(portrait_photo(), 0, 100, 0, 100, cv2.BORDER_REFLECT)
    random = np.random.default_rng(4)

    def picture(time: float) -> Image:
        x, y = place(time)
        view = photo[y : y + HEIGHT, x : x + WIDTH]
        grainy: Image = np.clip(view + random.normal(0, 2, view.shape), 0, 255).astype(np.uint8)
        return grainy

    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * 48_000) / 48_000)).astype(np.float32)
    path = tmp_path_factory.mktemp("face") / "face.mp4"
    write_clip(path, steady(SECONDS, FPS, picture), Sound("aac", tone[None]))
    return Face(path, lambda time: moved(SKIN, time), lambda time: moved(HEAD, time))


@pytest.fixture(scope="module")
def usual(face: Face, tmp_path_factory: pytest.TempPathFactory) -> Produced:
    return beautify(face.path, tmp_path_factory.mktemp("usual"), whiten=20, smooth=50)


@pytest.fixture(scope="module")
def strong(face: Face, tmp_path_factory: pytest.TempPathFactory) -> Change:
    return change(face, beautify(face.path, tmp_path_factory.mktemp("strong"), whiten=90, smooth=90).outputs[0].path)


@pytest.fixture(scope="module")
def copied(face: Face, tmp_path_factory: pytest.TempPathFactory) -> Change:
    """What encoding alone changes."""
    path = tmp_path_factory.mktemp("copy") / "copy.mp4"
    with FilmWriter(path, face.path) as film:
        for frame in film_planes(face.path):
            film.write_planes(frame.time, frame)
    return change(face, path)


@dataclass(frozen=True)
class Change:
    """From before to after, for each frame: of the skin's fine detail (as a share) and brightness (of 255); and the PSNR elsewhere."""

    detail: npt.NDArray[np.float64]
    brightness: npt.NDArray[np.float64]
    elsewhere: npt.NDArray[np.float64]


def grey(image: Image) -> npt.NDArray[np.float64]:
    light: npt.NDArray[np.float64] = image.mean(axis=2, dtype=np.float64)
    return light


def fine_detail(image: Image) -> float:
    """What is finer than three pixels; the margin keeps other things than skin out."""
    plain = grey(image)
    return float(np.abs(plain - cv2.GaussianBlur(plain, (0, 0), 3))[4:-4, 4:-4].mean())


def change(face: Face, made: Path) -> Change:
    rows = []
    for (time, before), (_, after) in zip(seen(face.path), seen(made), strict=True):
        skin, outside = face.skin(time), np.ones(before.shape[:2], bool)
        outside[face.head(time)] = False
        rows.append(
            (
                fine_detail(after[skin]) / fine_detail(before[skin]) - 1,
                grey(after[skin]).mean() - grey(before[skin]).mean(),
                psnr(after, before, outside),
            )
        )
    return Change(*np.array(rows).T)


def test_smoother_and_lighter_in_every_frame_and_only_there(face: Face, copied: Change, usual: Produced) -> None:
    assert usual.findings == {"frames": 30, "frames_with_faces": 30}
    changed = change(face, usual.outputs[0].path)
    # The engine that this was planned by took 16 % away and added 5.
    assert changed.detail.mean() < -0.16
    assert changed.detail.max() < -0.08
    assert changed.brightness.mean() > 4
    assert changed.brightness.min() > 2
    assert changed.elsewhere.mean() == pytest.approx(copied.elsewhere.mean(), abs=0.2)
    assert changed.elsewhere.min() > copied.elsewhere.min() - 1
    assert usual.notes == ()


def test_more_is_more(face: Face, usual: Produced, strong: Change) -> None:
    less = change(face, usual.outputs[0].path)
    assert strong.detail.mean() < less.detail.mean() - 0.1
    assert strong.brightness.mean() > less.brightness.mean() + 10


def test_strengths_of_zero_change_nothing(face: Face, copied: Change, tmp_path: Path) -> None:
    changed = change(face, beautify(face.path, tmp_path, whiten=0, smooth=0, face_thin=0).outputs[0].path)
    # The encoder's threads make not quite the same of the same.
    assert changed.detail == pytest.approx(copied.detail, abs=0.05)
    assert changed.brightness == pytest.approx(copied.brightness, abs=0.6)
    assert changed.elsewhere == pytest.approx(copied.elsewhere, abs=0.5)


def jaw_width(image: Image, time: float) -> float:
    """Pixels of skin's chroma in the rows of the jaw (Chai and Ngan's bounds), a row."""
    x, y = place(time)
    chroma = cv2.cvtColor(image[JAW.start - y : JAW.stop - y, 150 - x : 310 - x], cv2.COLOR_BGR2YCrCb)
    skin = (chroma[..., 1] >= 143) & (chroma[..., 1] <= 180) & (chroma[..., 2] >= 77) & (chroma[..., 2] <= 130) & (chroma[..., 0] > 90)
    return float(skin.sum() / len(skin))


def test_a_thinner_face(face: Face, copied: Change, tmp_path: Path) -> None:
    path = beautify(face.path, tmp_path, face_thin=80).outputs[0].path
    pairs = list(zip(seen(face.path), seen(path), strict=True))
    ratios = [jaw_width(after, time) / jaw_width(before, time) for (time, before), (_, after) in pairs]
    assert 0.8 < np.mean(ratios) < 0.96
    assert max(ratios) < 1.0
    changed = change(face, path)
    assert changed.elsewhere.mean() == pytest.approx(copied.elsewhere.mean(), abs=0.2)
    assert changed.elsewhere.min() > copied.elsewhere.min() - 1


def test_nothing_flickers(strong: Change) -> None:
    assert np.abs(np.diff(strong.brightness)).max() < 1.5


def test_darker_skin_is_skin(tmp_path: Path) -> None:
    photo = np.clip(portrait_photo() * np.array([0.38, 0.42, 0.5]), 0, 255).astype(np.uint8)
    source = write_clip(tmp_path / "dark.mp4", steady(1, 10, lambda _: photo))
    made = beautify(source, tmp_path, whiten=30, smooth=50)
    still = Face(source, lambda _: SKIN, lambda _: HEAD)
    changed = change(still, made.outputs[0].path)
    assert changed.detail.mean() < -0.1
    assert changed.brightness.mean() > 4


def test_size_codec_length_and_sound_stay(face: Face, usual: Produced) -> None:
    path = usual.outputs[0].path
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", WIDTH, HEIGHT)
        assert float(video.duration * video.time_base) == pytest.approx(SECONDS, abs=0.05)
    assert np.corrcoef(heard(path)[4800:48_000], heard(face.path)[4800:48_000])[0, 1] > 0.99


def test_a_face_that_comes_with_a_cut_is_retouched_and_the_shot_before_is_not(tmp_path: Path) -> None:
    other, photo = landscape(512, 512), portrait_photo()
    source = write_clip(tmp_path / "cut.mp4", steady(2, FPS, lambda time: other if time < 1 else photo))

    made = beautify(source, tmp_path, whiten=50, smooth=50)

    frames = list(zip(seen(source), seen(made.outputs[0].path), strict=True))
    lifts = [grey(after[SKIN]).mean() - grey(before[SKIN]).mean() for (_, before), (_, after) in frames]
    # A look sees it at the cut itself, for 25 is a multiple of five.
    assert min(lifts[25:]) > 8
    assert min(psnr(before, after) for (_, before), (_, after) in frames[:20]) > 38
    assert made.findings["frames_with_faces"] in range(25, 31)


def test_what_is_asked_for_and_not_known_is_reported(tmp_path: Path) -> None:
    photo = portrait_photo()
    source = write_clip(tmp_path / "photo.mp4", steady(0.1, 10, lambda _: photo))
    notes = beautify(source, tmp_path, smooth=10, others={"big_eye": "30", "lip": "red"}).notes
    assert [name for name in ("big_eye=30", "lip=red") if any(name in note and "not done" in note for note in notes)] == [
        "big_eye=30",
        "lip=red",
    ]


def test_nothing_asked_for_means_the_usual(tmp_path: Path) -> None:
    photo = portrait_photo()
    source = write_clip(tmp_path / "photo.mp4", steady(0.4, 10, lambda _: photo))
    made = beautify(source, tmp_path)
    assert "whiten=20, smooth=50, face_thin=50" in made.notes[0]
    assert change(Face(source, lambda _: SKIN, lambda _: HEAD), made.outputs[0].path).detail.mean() < -0.05
    # Where only something unknown is asked for, nothing is done instead of it.
    (tmp_path / "other").mkdir()
    other = beautify(source, tmp_path / "other", others={"big_eye": "30"})
    assert abs(change(Face(source, lambda _: SKIN, lambda _: HEAD), other.outputs[0].path).brightness.mean()) < 0.5


def test_without_a_face_the_pictures_stay(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "place.mp4", steady(1, 10, sliding(320, 180, 30)))
    made = beautify(source, tmp_path, whiten=100, smooth=100, face_thin=100)
    assert made.findings["frames_with_faces"] == 0
    assert any("no frontal face" in note for note in made.notes)
    assert min(psnr(before, after) for (_, before), (_, after) in zip(seen(source), seen(made.outputs[0].path), strict=True)) > 38


def test_a_turned_recording(tmp_path: Path) -> None:
    photo = portrait_photo()
    made = beautify(turned_clip(tmp_path / "phone.mp4", lambda _: photo, 0.6, 10), tmp_path, whiten=60)
    assert made.findings["frames_with_faces"] == 6
    _, after = seen(made.outputs[0].path)[0]
    assert grey(after[SKIN]).mean() > grey(photo[SKIN]).mean() + 6


def test_greyscale_one_frame_and_a_tall_picture(tmp_path: Path) -> None:
    plain = np.repeat(portrait_photo().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    tall = cv2.copyMakeBorder(plain[:, 80:380], 0, 388, 0, 0, cv2.BORDER_REPLICATE)
    source = write_clip(tmp_path / "one.mp4", [(0.0, tall)])
    made: Produced = beautify(source, tmp_path, whiten=60)
    (_, after), *more = seen(made.outputs[0].path)
    assert not more
    assert after.shape == (900, 300, 3)
    area = (SKIN[0], slice(SKIN[1].start - 80, SKIN[1].stop - 80))
    assert grey(after[area]).mean() > grey(tall[area]).mean() + 6
    # A grey film stays grey.
    assert np.ptp(after.astype(int), axis=2).max() <= 6


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no film")
    with pytest.raises(UnreadableMedia):
        beautify(text, tmp_path)
    with pytest.raises(Unfit) as refused:
        beautify(media.write_picture(tmp_path / "picture.png", landscape(64, 64)), tmp_path)
    assert refused.value.field == "Input.Media"
