"""VideoGreenScreenMatting, judged by the alpha that the clip was composed with."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.imaging import Image
from engines.production.green_screen import key_out
from engines.production.types import Unfit
from tests.unit.engines.production.clips import Plane, Sound, landscape, psnr, seen, sliding, steady, write_clip

WIDTH, HEIGHT, FPS, FRAMES = 640, 360, 25, 15


def alpha_at(time: float) -> Plane:
    """Somebody who sways: a head and a body with a soft edge, 0 to 1."""
    shape = np.zeros((HEIGHT, WIDTH), np.uint8)
    x = round(320 + 60 * np.sin(2 * time))
    cv2.ellipse(shape, (x, 330), (95, 150), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(shape, (x, 130), 55, 255, -1, cv2.LINE_AA)
    soft: Plane = cv2.GaussianBlur(shape, (0, 0), 1.5).astype(np.float32)[..., None] / 255
    return soft


def subject() -> Image:
    """Skin, hair and clothes of no green."""
    picture = landscape(WIDTH, HEIGHT, 8)
    picture[..., 1] = np.minimum(picture[..., 1], np.maximum(picture[..., 0], picture[..., 2]))
    return picture


def screen() -> Image:
    """Green cloth, a third darker towards the corners, with a camera's noise."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = 1 - 0.33 * np.hypot((columns - 320) / 320, (rows - 180) / 180)[..., None] / np.sqrt(2)
    noise = np.random.default_rng(5).normal(0, 2, (HEIGHT, WIDTH, 3))
    lit: Image = np.clip(np.array([60, 200, 50]) * light + noise, 0, 255).astype(np.uint8)
    return lit


def filmed(time: float) -> Image:
    share = alpha_at(time)
    composed: Image = np.rint(subject() * share + screen() * (1 - share)).astype(np.uint8)
    return composed


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = Sound("aac", np.random.default_rng(1).normal(0, 0.1, (2, round(FRAMES / FPS * 48_000))).astype(np.float32))
    return write_clip(tmp_path_factory.mktemp("green") / "clip.mp4", steady(FRAMES / FPS, FPS, filmed), sound, crf=14)


def alphas(path: Path) -> list[Plane]:
    decoder = av.CodecContext.create("libvpx-vp9", "r")  # the default decoder drops the alpha plane
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgra")[..., 3] / 255 for packet in container.demux(video=0) for frame in decoder.decode(packet)]


@pytest.mark.contract("planned figures: alpha's mean absolute error 0.006, intersection over union 0.975; WebM with alpha: seed 004")
def test_alpha_is_that_of_the_composition(clip: Path, tmp_path: Path) -> None:
    (output,) = key_out(clip, tmp_path).outputs
    assert output.path.suffix == ".webm"
    found = alphas(output.path)
    assert len(found) == FRAMES
    errors, overlaps = [], []
    for number, alpha in enumerate(found):
        true = alpha_at(number / FPS)[..., 0]
        errors.append(np.abs(alpha - true).mean())
        overlaps.append(((alpha > 0.5) & (true > 0.5)).sum() / ((alpha > 0.5) | (true > 0.5)).sum())
    assert np.mean(errors) < 0.006
    assert np.mean(overlaps) > 0.975
    with av.open(str(output.path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height, sound.codec_context.name) == ("vp9", WIDTH, HEIGHT, "opus")


@pytest.mark.contract("seed 004, VideoGreenScreenMatting: with bgimage an MP4 before that picture")
def test_a_background_takes_the_place_of_the_screen(clip: Path, tmp_path: Path) -> None:
    picture = sliding(WIDTH, HEIGHT, 0, seed=21)(0)
    assert cv2.imwrite(str(tmp_path / "beach.png"), picture)
    (output,) = key_out(clip, tmp_path, background=tmp_path / "beach.png").outputs
    assert output.path.suffix == ".mp4"
    for number, (_, shown) in list(enumerate(seen(output.path)))[::5]:
        share = alpha_at(number / FPS)
        assert psnr(shown, np.rint(subject() * share + picture * (1 - share))) > 32
    with av.open(str(output.path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"


def test_a_background_of_another_shape_fills_the_frame(clip: Path, tmp_path: Path) -> None:
    upright = np.zeros((900, 300, 3), np.uint8)
    upright[:] = (0, 0, 220)
    upright[400:500] = (220, 0, 0)
    assert cv2.imwrite(str(tmp_path / "tall.png"), upright)
    (output,) = key_out(clip, tmp_path, background=tmp_path / "tall.png").outputs
    (_, shown), *_ = seen(output.path)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert shown[HEIGHT // 2, 30].tolist() == pytest.approx([220, 0, 0], abs=12)


def test_a_clip_without_a_green_screen_is_refused(tmp_path: Path) -> None:
    grey = write_clip(tmp_path / "clip.mp4", steady(0.4, FPS, lambda time: subject()))
    with pytest.raises(Unfit, match="shows no green screen: 0% of its border is green") as raised:
        key_out(grey, tmp_path)
    assert raised.value.field == "Input.Media"


def test_a_background_that_is_no_picture_is_named(clip: Path, tmp_path: Path) -> None:
    text = tmp_path / "beach.png"
    text.write_text("not a picture " * 50)
    with pytest.raises(Unfit, match="the file holds text") as raised:
        key_out(clip, tmp_path, background=text)
    assert raised.value.field == "JobParams.bgimage"
