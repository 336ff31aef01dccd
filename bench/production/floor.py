"""What a film costs that is decoded and encoded and nothing else: no function that writes one costs less. And clips at half their size."""

from __future__ import annotations

from pathlib import Path

import cv2

from engines.imaging import Image
from engines.production.film import FilmWriter, film_frames
from engines.production.planes import film_planes

FLOOR = "decoded and encoded alone"


def copied(path: Path, folder: Path) -> Path:
    """Each frame as it is, encoded as all functions do."""
    target = folder / "copied.mp4"
    with FilmWriter(target, path) as film:
        for frame in film_planes(path):
            film.write_planes(frame.time, frame)
    return target


def halved(path: Path) -> Path:
    """The clip at half its width and height, beside it."""
    target = path.with_name(f"{path.stem}-half{path.suffix}")
    with FilmWriter(target, path) as film:
        for frame in film_frames(path):
            film.write(frame.time, half(frame.image))
    return target


def half(image: Image) -> Image:
    smaller: Image = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return smaller
