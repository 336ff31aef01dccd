"""VideoH2V on a drawn street, where every pixel of people is known, and on opencv-doc's vtest.avi, whose people were labelled by eye.

The labels are bench/recognition_people.csv's: 350 boxes, in one of six frames of the film's 80 seconds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from bench.clips import CLIP, CLIP_SECONDS
from bench.production.meter import measured
from bench.production.rows import Row, floor_row
from cli.samples.figures import Outfit
from cli.samples.render import encode, walker
from cli.samples.scenery import street
from engines.imaging import Image, frames
from engines.production.film import FilmWriter, film_frames
from engines.production.portrait import to_portrait

CAMPUS = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
_LABELS = Path(__file__).parents[1] / "recognition_people.csv"
_CAMPUS_FPS, _CAMPUS_FRAMES, _CAMPUS_SIZE = 10, 795, (768, 576)

People = Mapping[int, Image]
"""Of each frame that is judged, by its number, how many pixels of people each column has."""


def portrait_rows(path: Path, people: People, size: tuple[int, int], folder: Path, seconds: float = CLIP_SECONDS) -> Iterator[Row]:
    """`size` is that in which the people are told."""
    ours = measured(portrait, path, folder)
    window = _window(size[1])
    yield Row("VideoH2V", "ours", _kept(people, _lefts(path, ours.result, size[1]), window), ours, seconds)
    yield floor_row("VideoH2V", path, folder, seconds)
    middle = measured(_middle, path, folder)
    yield Row("VideoH2V", "the middle", _kept(people, dict.fromkeys(people, (size[0] - window) // 2), window), middle, seconds)


def campus_rows(folder: Path) -> Iterator[Row]:
    if CAMPUS.is_file():
        yield from portrait_rows(CAMPUS, _labelled(), _CAMPUS_SIZE, folder, _CAMPUS_FRAMES / _CAMPUS_FPS)
    else:
        print(f"VideoH2V: {CAMPUS} is not here (Debian's package opencv-doc)")


def _labelled() -> People:
    width, height = _CAMPUS_SIZE
    people: dict[int, Image] = {}
    with _LABELS.open() as file:
        for row in csv.DictReader(file):
            x, wide, high = (round(float(row[name])) for name in ("x", "width", "height"))
            columns = people.setdefault(round(float(row["seconds"]) * _CAMPUS_FPS), np.zeros(width))
            columns[max(0, x) : x + wide] += min(high, height)
    return people


def walkers(folder: Path) -> tuple[Path, People]:
    """A street in which two people cross, one after the other."""
    random = np.random.default_rng(5)
    background = street(CLIP.width, CLIP.height, random)
    acts = [walker(CLIP, Outfit((40, 35, 190), (70, 50, 40)), 1, 0.5), walker(CLIP, Outfit((190, 95, 25), (55, 55, 60)), -1, 4.0)]
    people: dict[int, Image] = {}

    def pictures() -> Iterator[Image]:
        for number in range(round(CLIP_SECONDS * CLIP.fps)):
            picture = background.copy()
            for act in acts:
                act(picture, number / CLIP.fps)
            people[number] = (picture != background).any(axis=2).sum(axis=0)
            yield np.clip(picture + random.normal(0, 2, (CLIP.height, CLIP.width, 1)), 0, 255).astype(np.uint8)

    path = folder / "walkers.mp4"
    encode(path, pictures(), CLIP.fps)
    return path, people


def _window(height: int) -> int:
    return round(height * 9 / 16) // 2 * 2


def portrait(path: Path, folder: Path) -> Path:
    return to_portrait(path, folder).outputs[0].path


def _middle(path: Path, folder: Path) -> Path:
    target = folder / "middle.mp4"
    with FilmWriter(target, path) as film:
        for frame in film_frames(path):
            width = _window(frame.image.shape[0])
            left = (frame.image.shape[1] - width) // 2
            film.write(frame.time, frame.image[:, left : left + width])
    return target


def _lefts(source: Path, made: Path, height: int) -> Mapping[int, int]:
    """Where each frame was cut out, in pixels of a picture of this height: by comparing pictures at a quarter of it, two pixels exact."""

    def small(image: Image) -> Image:
        return cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # type: ignore[no-any-return]

    factor = height / next(frames(source, 1)).image.shape[0]
    return {
        number: round(4 * factor) * int(np.argmin(cv2.matchTemplate(small(whole.image), small(part.image), cv2.TM_SQDIFF)[0]))
        for number, (whole, part) in enumerate(zip(frames(source, 1000), frames(made, 1000), strict=True))
    }


def _kept(people: People, lefts: Mapping[int, int], width: int) -> str:
    kept = sum(float(columns[lefts[number] : lefts[number] + width].sum()) for number, columns in people.items())
    best = sum(float(np.convolve(columns, np.ones(width), "valid").max()) for columns in people.values())
    whole = sum(float(columns.sum()) for columns in people.values())
    return f"{kept / whole:.2f} of people's pixels kept (at best {best / whole:.2f})"
