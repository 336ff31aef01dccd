"""FaceBeauty on the photograph of Eileen Collins (scikit-image's astronaut.png), who sways a little; her cheeks were marked by hand.

In one clip she is before a wall of 1280x720, in the other the picture is a portrait of 480x560.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.clips import CLIP
from bench.production.meter import measured
from bench.production.rows import Row, filtered, floor_row
from cli.samples.render import Size, encode
from engines.imaging import Image, frames
from engines.production.beauty import beautify
from engines.production.film import FilmWriter
from tests.unit.engines.production.clips import psnr

_PHOTO = Path(__file__).parents[2] / ".cache" / "photos" / "astronaut.png"
_SECONDS, _FPS = 8.0, CLIP.fps
_CHEEKS = (slice(114, 146), slice(198, 250))  # of the photograph's 512x512
_PORTRAIT = Size(480, 560, _FPS)


@dataclass(frozen=True)
class Face:
    """`place` tells how large the photograph is in a frame, in its own size, and its left and top; `beside` are pixels without a face."""

    path: Path
    size: Size
    place: Callable[[int], tuple[float, float, float]]
    beside: tuple[slice, slice]

    def cheeks(self, number: int) -> tuple[slice, slice]:
        scale, left, top = self.place(number)
        rows, columns = _CHEEKS
        return _scaled(rows, scale, top), _scaled(columns, scale, left)


def swaying(folder: Path) -> Face | None:
    """Before a wall; None where the photograph is not here."""
    photo = _photo()
    if photo is None:
        return None
    person = cv2.resize(photo, (CLIP.height, CLIP.height), interpolation=cv2.INTER_CUBIC)
    wall = cv2.GaussianBlur(cv2.resize(photo, (CLIP.width, CLIP.height)), (0, 0), 40)

    def place(number: int) -> tuple[float, float, float]:
        return CLIP.height / photo.shape[0], 280 + round(40 * math.sin(number / _FPS)), 0

    def picture(number: int) -> Image:
        shown: Image = wall.copy()
        left = int(place(number)[1])
        shown[:, left : left + CLIP.height] = person
        return shown

    face = Face(folder / "face.mp4", CLIP, place, (slice(0, CLIP.height), slice(0, CLIP.height // 4)))
    encode(face.path, _grainy(picture), _FPS)
    return face


def close(folder: Path) -> Face | None:
    """As large as the photograph."""
    photo = _photo()
    if photo is None:
        return None
    room = cv2.copyMakeBorder(photo, 0, 100, 0, 100, cv2.BORDER_REFLECT)

    def place(number: int) -> tuple[float, float, float]:
        return 1.0, -16 - round(16 * math.sin(1.5 * number / _FPS)), -10 - round(10 * math.cos(1.2 * number / _FPS))

    def picture(number: int) -> Image:
        _, left, top = (-int(each) for each in place(number))
        shown: Image = room[top : top + _PORTRAIT.height, left : left + _PORTRAIT.width]
        return shown

    face = Face(folder / "close.mp4", _PORTRAIT, place, (slice(420, _PORTRAIT.height), slice(0, _PORTRAIT.width)))
    encode(face.path, _grainy(picture), _FPS)
    return face


def _photo() -> Image | None:
    photo: Image | None = cv2.imread(str(_PHOTO)) if _PHOTO.is_file() else None
    if photo is None:
        print("FaceBeauty: astronaut.png of scikit-image is not here (.cache/photos)")
    return photo


def _grainy(picture: Callable[[int], Image]) -> Iterator[Image]:
    random = np.random.default_rng(6)
    for number in range(round(_SECONDS * _FPS)):
        shown = picture(number)
        yield np.clip(shown + random.normal(0, 2, (*shown.shape[:2], 1)), 0, 255).astype(np.uint8)


def beauty_rows(face: Face, path: Path, folder: Path) -> Iterator[Row]:
    """`path` is the face's clip, maybe in another size."""
    yield floor_row("FaceBeauty", path, folder, _SECONDS)
    for name, way in (("ours, whiten=20 smooth=50", beauty), ("ffmpeg `bilateral`, sigmaS=3 sigmaR=0.1", _bilateral)):
        cost = measured(way, path, folder)
        yield Row("FaceBeauty", name, _quality(replace(face, path=path), cost.result), cost, _SECONDS)


def beauty(path: Path, folder: Path) -> Path:
    return beautify(path, folder, whiten=20, smooth=50).outputs[0].path


def _bilateral(path: Path, folder: Path) -> Path:
    target = folder / "bilateral.mp4"
    with FilmWriter(target, path) as film:
        for frame in filtered(path, "bilateral", "sigmaS=3:sigmaR=0.1"):
            film.write(frame.time, frame.to_ndarray(format="bgr24"))
    return target


def _quality(face: Face, after: Path) -> str:
    measures = []
    for number, (one, other) in enumerate(zip(frames(face.path, 1000), frames(after, 1000), strict=True)):
        scale = one.image.shape[0] / face.size.height
        skin, beside = (_area(area, scale) for area in (face.cheeks(number), face.beside))
        old, new = one.image[skin].mean(axis=2), other.image[skin].mean(axis=2)
        measures.append((_fine(new) / _fine(old) - 1, new.mean() - old.mean(), psnr(one.image[beside], other.image[beside])))
    detail, light, elsewhere = np.mean(measures, axis=0)
    return f"skin's detail {100 * detail:+.0f} %, brightness {light:+.1f}, beside it {elsewhere:.1f} dB"


def _area(area: tuple[slice, slice], scale: float) -> tuple[slice, slice]:
    return _scaled(area[0], scale, 0), _scaled(area[1], scale, 0)


def _scaled(part: slice, scale: float, begin: float) -> slice:
    return slice(round(begin + part.start * scale), round(begin + part.stop * scale))


def _fine(plain: Any) -> float:
    return float(np.abs(plain - cv2.GaussianBlur(plain, (0, 0), 3))[4:-4, 4:-4].mean())
