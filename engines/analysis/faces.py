"""The faces in a picture, as boxes. Who somebody is, how old, and what their hair is like can't be told from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engines.analysis.tools import usual_tools
from engines.imaging import PIXELS, Image, read_image
from engines.understanding.geometry import Box
from engines.understanding.tools import Tools

LEAST_SIDE = 100
"""Pixels, as PAI documents: "The face area must have a resolution higher than 100×100"."""
_LARGE, _SHARP = 300.0, 150.0


@dataclass(frozen=True)
class Face:
    """`box` is left, top, right and bottom, in pixels of the upright picture. `score`, 0 to 1, says how large and sharp the face is."""

    box: tuple[int, int, int, int]
    index: int
    score: float


def faces(path: Path, tools: Tools | None = None, pixels: int = PIXELS) -> tuple[Face, ...]:
    """Frontal faces of more than LEAST_SIDE pixels either way, the largest first. Raises UnreadableMedia."""
    image = read_image(path, pixels)
    if min(image.shape[:2]) <= LEAST_SIDE:
        return ()
    found = [box for box in (tools or usual_tools()).people.faces(image) if min(box.width, box.height) > LEAST_SIDE]
    found.sort(key=lambda box: -box.area)
    return tuple(Face(_corners(box, image), index, _score(image, box)) for index, box in enumerate(found))


def _corners(box: Box, image: Image) -> tuple[int, int, int, int]:
    height, width = image.shape[:2]
    return max(0, round(box.x)), max(0, round(box.y)), min(width, round(box.right)), min(height, round(box.bottom))


def _score(image: Image, box: Box) -> float:
    patch = cv2.resize(cv2.cvtColor(image[box.pixels()], cv2.COLOR_BGR2GRAY), (128, 128), interpolation=cv2.INTER_AREA)
    sharp = min(1.0, float(cv2.Laplacian(patch, cv2.CV_32F).var()) / _SHARP)
    return round(float(np.sqrt(min(1.0, min(box.width, box.height) / _LARGE) * sharp)), 4)
