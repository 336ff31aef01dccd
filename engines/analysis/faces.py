"""The faces in a picture, as boxes. Who somebody is, how old, and what their hair is like can't be told from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import cv2

from engines.analysis.tools import usual_tools
from engines.imaging import PIXELS, Image, read_image
from engines.understanding.geometry import Box, suppress
from engines.understanding.tools import Tools

LEAST_SIDE = 100
"""Pixels: "The face area must have a resolution higher than 100×100" (PAI's page of face attribute analysis)."""
_WIDER, _HIGHER, _LOWER = 0.1, 0.2, 0.2  # of the classifier's square, from brows to lips, to ears, hair and chin
_LEAST_SQUARE = LEAST_SIDE / (1 + 2 * _WIDER)
_TILE, _OVERLAP = 2800, 400  # pixels: in what is larger a face of LEAST_SIDE is too small for one look at the whole
_SAME = 0.3
_LARGE, _SHARP = 300.0, 150.0  # pixels, and the variance of the Laplacian in a face of 128 pixels, from which on more is no better


@dataclass(frozen=True)
class Face:
    """`box` is left, top, right and bottom around hair and chin, in pixels of the upright picture.

    `score`, 0 to 1, says how large and sharp the face is.
    """

    box: tuple[int, int, int, int]
    index: int
    score: float


def faces(path: Path, tools: Tools | None = None, pixels: int = PIXELS) -> tuple[Face, ...]:
    """Frontal faces of more than LEAST_SIDE pixels either way, the largest first. Raises UnreadableMedia.

    Of faces in profile, covered ones and those turned by more than about 15 degrees most are not seen.
    """
    image = read_image(path, pixels)
    height, width = image.shape[:2]
    found = [whole for square in _squares(image, tools or usual_tools()) if min(_size(whole := _whole(square, width, height))) > LEAST_SIDE]
    kept = [found[index] for index in suppress([(box, box.area) for box in found], _SAME)]
    return tuple(Face(_corners(box), index, _score(image, box)) for index, box in enumerate(kept))


def _squares(image: Image, tools: Tools) -> Iterator[Box]:
    height, width = image.shape[:2]
    yield from tools.people.faces(image, _LEAST_SQUARE)
    if max(height, width) > _TILE:
        for top in _starts(height):
            for left in _starts(width):
                tile = image[top : top + _TILE, left : left + _TILE]
                yield from (box.moved(left, top) for box in tools.people.faces(tile, _LEAST_SQUARE))


def _starts(side: int) -> range:
    return range(0, max(1, side - _OVERLAP), _TILE - _OVERLAP)


def _whole(square: Box, width: int, height: int) -> Box:
    left, top = max(0.0, square.x - _WIDER * square.width), max(0.0, square.y - _HIGHER * square.height)
    right, bottom = min(width, square.right + _WIDER * square.width), min(height, square.bottom + _LOWER * square.height)
    return Box(left, top, right - left, bottom - top)


def _size(box: Box) -> tuple[float, float]:
    return box.width, box.height


def _corners(box: Box) -> tuple[int, int, int, int]:
    return round(box.x), round(box.y), round(box.right), round(box.bottom)


def _score(image: Image, box: Box) -> float:
    patch = cv2.resize(cv2.cvtColor(image[box.pixels()], cv2.COLOR_BGR2GRAY), (128, 128), interpolation=cv2.INTER_AREA)
    sharp = min(1.0, float(cv2.Laplacian(patch, cv2.CV_32F).var()) / _SHARP)
    return round(sqrt(min(1.0, min(_size(box)) / _LARGE) * sharp), 4)
