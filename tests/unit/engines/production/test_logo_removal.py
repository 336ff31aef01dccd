"""VideoDelogo, judged against the same clip without its logo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.production.logo_removal import remove_logo
from engines.production.types import Unfit
from tests.unit.engines.production.clips import Plane, Sound, heard, psnr, seen, sliding, steady, write_clip

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 25, 3.0
BOX = (0.76, 0.05, 0.2, 0.14)


def with_logo(image: Image) -> Image:
    """A ring and letters in white and yellow with a dark rim, at the upper right."""
    marked: Image = image.copy()
    for colour, thick in (((30, 30, 30), 5), ((250, 250, 250), 2)):
        cv2.circle(marked, (515, 42), 15, colour, thick, cv2.LINE_AA)
        cv2.putText(marked, "NEWS", (536, 50), cv2.FONT_HERSHEY_DUPLEX, 0.75, colour, thick, cv2.LINE_AA)
    return marked


def strokes() -> Plane:
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    drawn: Plane = np.abs(with_logo(grey).astype(int) - grey).max(axis=2) > 8
    return drawn


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    view = sliding(WIDTH, HEIGHT, 150)
    sound = Sound("aac", np.random.default_rng(1).normal(0, 0.1, (1, round(SECONDS * 48_000))).astype(np.float32))
    return write_clip(tmp_path_factory.mktemp("logo") / "clip.mp4", steady(SECONDS, FPS, lambda time: with_logo(view(time))), sound)


def judged(clip: Path, made: Path) -> tuple[float, float, float]:
    """PSNR of the logo's strokes before and after, and of what is beyond it."""
    view, where = sliding(WIDTH, HEIGHT, 150), strokes()
    beyond = cv2.dilate(where.astype(np.uint8), np.ones((31, 31))) == 0
    figures = []
    for number, ((_, marked), (_, cleaned)) in list(enumerate(zip(seen(clip), seen(made), strict=True)))[::4]:
        clean = view(number / FPS)
        figures.append((psnr(marked, clean, where), psnr(cleaned, clean, where), psnr(cleaned, marked, beyond)))
    before, after, rest = np.mean(figures, axis=0)
    return float(before), float(after), float(rest)


@pytest.mark.contract("planned figures: strokes from 8.5 to 26.5 dB with Boxes; ffmpeg's delogo 22.7")
def test_a_boxed_logo_becomes_what_is_behind_it(clip: Path, tmp_path: Path) -> None:
    done = remove_logo(clip, tmp_path, boxes=[BOX])
    before, after, rest = judged(clip, done.outputs[0].path)
    assert before < 11
    assert after > 26.5
    assert rest > 43
    assert not done.notes
    assert abs(len(heard(done.outputs[0].path)) - len(heard(clip))) < 2048


@pytest.mark.contract("planned figures: without boxes every stroke of the logo is found, intersection over union of the box 0.50")
def test_a_logo_is_found_in_the_corner(clip: Path, tmp_path: Path) -> None:
    done = remove_logo(clip, tmp_path, models=["tv"])
    (found,) = done.findings["boxes"]
    rows, columns = np.nonzero(strokes())
    left, top, right, bottom = columns.min() / WIDTH, rows.min() / HEIGHT, columns.max() / WIDTH, rows.max() / HEIGHT
    inside = (min(right, found[0] + found[2]) - max(left, found[0])) * (min(bottom, found[1] + found[3]) - max(top, found[1]))
    assert inside / ((right - left) * (bottom - top) + found[2] * found[3] - inside) > 0.5
    _, after, rest = judged(clip, done.outputs[0].path)
    assert after > 26.5
    assert rest > 43
    assert done.notes == ("LogoModel makes no difference here: every kind of mark is looked for in the same way",)


@pytest.mark.contract("planned figures: on a still camera every method made it worse, so it is left alone")
def test_a_still_camera_is_left_alone(tmp_path: Path) -> None:
    still = with_logo(sliding(WIDTH, HEIGHT, 0)(0))
    clip = write_clip(tmp_path / "clip.mp4", steady(1, FPS, lambda time: still))
    done = remove_logo(clip, tmp_path)
    assert min(psnr(a, b) for (_, a), (_, b) in zip(seen(clip), seen(done.outputs[0].path), strict=True)) > 43
    assert "left alone" in done.notes[0]
    assert done.findings == {"boxes": []}

    # WHEN a box is given all the same, THEN that it can't be sure is said
    assert "what stands out there was painted over" in remove_logo(clip, tmp_path, boxes=[BOX]).notes[0]


def test_a_moving_picture_without_a_logo_is_left_alone(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", steady(2, FPS, sliding(WIDTH, HEIGHT, 150)))
    done = remove_logo(clip, tmp_path)
    assert done.findings == {"boxes": []}
    assert "no mark was found" in done.notes[-1]


def test_a_box_outside_the_picture_is_named(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=r"\[0.9, 0, 0.3, 0.3\] reaches to 1.2, 0.3") as raised:
        remove_logo(clip, tmp_path, boxes=[(0.9, 0.0, 0.3, 0.3)])
    assert raised.value.field == "JobParams.Boxes"
