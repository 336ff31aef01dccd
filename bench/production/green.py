"""VideoGreenScreenMatting beside ffmpeg's `chromakey`, as PyAV carries it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from bench.production.drawn import FPS, HEIGHT, WIDTH, Drawn, drawn
from bench.production.floor import half
from bench.production.meter import measured
from bench.production.rows import Row, filtered, floor_row
from engines.imaging import Image
from engines.production.green_screen import key_out
from tests.unit.engines.production import clips
from tests.unit.engines.production.clips import Plane


def green(path: Path) -> Drawn:
    return drawn(path, 4.0, _filmed, _filmed)


def green_rows(clip: Drawn, folder: Path) -> Iterator[Row]:
    seconds, path = clip.seconds, clip.path
    picture = folder / "beach.png"
    cv2.imwrite(str(picture), clips.landscape(WIDTH, HEIGHT, 21))
    webm = measured(_keyed, path, folder, None)
    yield Row("VideoGreenScreenMatting", "ours, WebM", _alpha_quality(list(_alphas(Path(webm.result)))), webm, seconds)
    mp4 = measured(_keyed, path, folder, picture)
    yield Row("VideoGreenScreenMatting", "ours, MP4 before a picture", "", mp4, seconds)
    yield floor_row("VideoGreenScreenMatting", path, folder, seconds)
    ready = measured(_chromakey, path)
    yield Row("VideoGreenScreenMatting", "ffmpeg `chromakey` (alpha alone, no file)", ready.result, ready, seconds)


def _keyed(path: Path, folder: Path, background: Path | None) -> str:
    return str(key_out(path, folder, background=background).outputs[0].path)


def _alpha_at(seconds: float) -> Plane:
    """Somebody who sways, 0 to 1."""
    shape = np.zeros((HEIGHT, WIDTH), np.uint8)
    x = round(WIDTH / 2 + 120 * np.sin(2 * seconds))
    cv2.ellipse(shape, (x, 660), (190, 300), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(shape, (x, 260), 110, 255, -1, cv2.LINE_AA)
    soft: Plane = cv2.GaussianBlur(shape, (0, 0), 1.5).astype(np.float32)[..., None] / 255
    return soft


def _filmed(seconds: float) -> Image:
    """Before green cloth that is a third darker towards the corners."""
    subject = clips.landscape(WIDTH, HEIGHT, 8)
    subject[..., 1] = np.minimum(subject[..., 1], np.maximum(subject[..., 0], subject[..., 2]))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = 1 - 0.33 * np.hypot(columns / WIDTH * 2 - 1, rows / HEIGHT * 2 - 1)[..., None] / np.sqrt(2)
    cloth = np.array([60, 200, 50]) * light + np.random.default_rng(5).normal(0, 2, (HEIGHT, WIDTH, 1))
    share = _alpha_at(seconds)
    composed: Image = np.clip(np.rint(subject * share + cloth * (1 - share)), 0, 255).astype(np.uint8)
    return composed


def _alphas(path: Path) -> Iterator[Plane]:
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            for frame in decoder.decode(packet):
                yield frame.to_ndarray(format="bgra")[..., 3]


def _chromakey(path: Path) -> str:
    """With the true colour of the screen, and the filter's own limits."""
    return _alpha_quality([frame.to_ndarray(format="rgba")[..., 3] for frame in filtered(path, "chromakey", "0x32C83C:0.1:0.05")])


def _alpha_quality(alphas: Sequence[Plane]) -> str:
    errors, overlaps = [], []
    for number, alpha in enumerate(alphas):
        whole = _alpha_at(number / FPS)[..., 0]
        true = whole if whole.shape == alpha.shape else half(whole)
        errors.append(np.abs(alpha / 255 - true).mean())
        overlaps.append(((alpha > 127) & (true > 0.5)).sum() / ((alpha > 127) | (true > 0.5)).sum())
    return f"alpha's error {np.mean(errors):.4f}, IoU {np.mean(overlaps):.3f}"
