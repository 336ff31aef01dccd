"""Where a rendered clip plays: a street, a yard, a wall with a sign; and the light and the sensor noise that a camera would add."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cli.samples.figures import Colour, Picture

# The strokes of four characters in a square of 100, as no font that has them can be counted on: "north gate exit".
_NORTH = [((38, 5), (38, 95)), ((8, 38), (38, 38)), ((5, 85), (38, 72)), ((62, 5), (62, 85), (95, 85), (95, 70)), ((62, 45), (92, 30))]
_GATE = [((22, 4), (32, 18)), ((15, 28), (15, 95)), ((42, 14), (88, 14), (88, 92), (74, 88))]
_OUT = [((50, 3), (50, 90)), ((20, 15), (20, 45), (80, 45), (80, 15)), ((10, 55), (10, 90), (90, 90), (90, 55))]
_MOUTH = [((18, 15), (18, 92)), ((18, 15), (82, 15), (82, 92)), ((18, 84), (82, 84))]
CHINESE_SIGN = "北门出口"


def street(width: int, height: int, random: np.random.Generator) -> Picture:
    """A wall of bricks, a pavement of slabs and a road, with the unevenness of real ground."""
    picture = np.empty((height, width, 3), np.uint8)
    wall, pavement = int(height * 0.5), int(height * 0.72)
    picture[:wall] = (128, 142, 152)
    picture[wall:pavement] = (150, 152, 150)
    picture[pavement:] = (105, 104, 102)
    _bricks(picture[:wall], height / 24, (108, 120, 130))
    for x in range(0, width, max(1, width // 9)):
        cv2.line(picture, (x, wall), (round(x - width * 0.02), pavement), (132, 134, 132), 1, cv2.LINE_AA)
    cv2.rectangle(picture, (0, pavement - height // 60), (width, pavement), (170, 172, 172), -1)
    for x in range(width // 16, width, width // 4):
        cv2.rectangle(picture, (x, int(height * 0.9)), (x + width // 9, int(height * 0.915)), (200, 205, 205), -1)
    return weathered(picture, random)


def yard(width: int, height: int, random: np.random.Generator) -> Picture:
    """A plain facade above open concrete."""
    picture = np.empty((height, width, 3), np.uint8)
    ground = int(height * 0.45)
    picture[:ground] = (165, 175, 178)
    picture[ground:] = (140, 143, 144)
    for y in range(height // 10, ground, height // 10):
        cv2.line(picture, (0, y), (width, y), (153, 163, 166), 1, cv2.LINE_AA)
    cv2.line(picture, (0, ground), (width, ground), (110, 114, 116), max(1, height // 120), cv2.LINE_AA)
    return weathered(picture, random)


def weathered(picture: Picture, random: np.random.Generator) -> Picture:
    """The picture with stains as wide as a hand and grain as fine as a pixel."""
    height, width = picture.shape[:2]
    stains = cv2.resize(random.normal(0, 4, (height // 24, width // 24)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = random.normal(0, 3, (height, width)).astype(np.float32)
    return _clipped(picture + (stains + grain)[..., None])


def put_sign(picture: Picture, lines: Sequence[str], box: tuple[int, int, int, int]) -> None:
    """A white board in `box` (x, y, width, height) with dark lettering; CHINESE_SIGN is the one line that is drawn stroke by stroke."""
    x, y, width, height = box
    cv2.rectangle(picture, (x, y), (x + width, y + height), (235, 238, 238), -1)
    cv2.rectangle(picture, (x, y), (x + width, y + height), (60, 50, 40), max(2, height // 60))
    row = height / len(lines)
    for number, line in enumerate(lines):
        top = y + (number + 0.24) * row
        if line == CHINESE_SIGN:
            _strokes(picture, (x + width * 0.5, top - row * 0.08), row * 0.66)
        else:
            _lettering(picture, line, (x + width * 0.5, top), (width * 0.9, row * 0.5))


def night(picture: Picture, lamp: tuple[float, float]) -> NDArray[np.float32]:
    """The share of daylight left at each pixel: bluish dark, and a warm pool round a street lamp at `lamp` (shares of width, height)."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    pool = np.exp(-(((columns / width - lamp[0]) / 0.33) ** 2) - ((rows / height - lamp[1]) / 0.5) ** 2)[..., None]
    dark, warm = np.array([0.2, 0.16, 0.14], np.float32), np.array([0.26, 0.32, 0.34], np.float32)
    return np.asarray(dark + pool * warm, np.float32)


class Sensor:
    """Adds a camera's noise. A few fields are drawn once and shifted about, as drawing one a frame would cost most of the rendering."""

    def __init__(self, width: int, height: int, sigma: float, random: np.random.Generator) -> None:
        self._random = random
        self._fields = [random.normal(0, sigma, (height, width, 3)).astype(np.int8) for _ in range(4)]

    def read(self, picture: Picture) -> Picture:
        field = self._fields[int(self._random.integers(len(self._fields)))]
        rows, columns = (int(self._random.integers(size)) for size in field.shape[:2])
        noise = np.roll(field, (rows, columns), axis=(0, 1))
        return np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), np.uint8)


def _bricks(wall: Picture, course: float, mortar: Colour) -> None:
    height, width = wall.shape[:2]
    for number in range(int(height / course) + 1):
        y = round(number * course)
        cv2.line(wall, (0, y), (width, y), mortar, 1)
        for x in np.arange(-course if number % 2 else 0, width, course * 2.4):
            cv2.line(wall, (round(x), y), (round(x), round(y + course)), mortar, 1)


def _lettering(picture: Picture, text: str, top_centre: tuple[float, float], room: tuple[float, float]) -> None:
    """Word by word: the font's own spaces are so wide that a reader takes the words apart."""
    font, gap = cv2.FONT_HERSHEY_DUPLEX, 7
    sizes = [cv2.getTextSize(word, font, 1.0, 1)[0] for word in text.split()]
    wide, high = sum(size[0] + gap for size in sizes) - gap, max(size[1] for size in sizes)
    scale = min(room[0] / wide, room[1] / high)
    x, baseline = top_centre[0] - wide * scale / 2, round(top_centre[1] + high * scale)
    for word, size in zip(text.split(), sizes, strict=True):
        cv2.putText(picture, word, (round(x), baseline), font, scale, (40, 30, 25), max(1, round(2.5 * scale)), cv2.LINE_AA)
        x += (size[0] + gap) * scale


def _strokes(picture: Picture, top_centre: tuple[float, float], size: float) -> None:
    characters = (_NORTH, _GATE, _OUT, _MOUTH)
    left = top_centre[0] - size * 1.2 * len(characters) / 2 + size * 0.1
    for number, strokes in enumerate(characters):
        corner = np.array([left + number * size * 1.2, top_centre[1]])
        for stroke in strokes:
            points = np.round((corner + np.array(stroke) * size / 100) * 16).astype(np.int32)
            cv2.polylines(picture, [points], False, (40, 30, 25), max(2, round(size * 0.09)), cv2.LINE_AA, 4)


def _clipped(values: NDArray[np.float32]) -> Picture:
    return np.clip(values, 0, 255).astype(np.uint8)
