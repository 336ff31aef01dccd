"""Short films of drawn scenes, and what is done to their copies."""

from __future__ import annotations

import cv2
import numpy as np

from engines.imaging import Image
from tests.unit.engines.analysis.pictures import Change, dimmed, jpeg, mirrored, scene, shrunk, trimmed


def ride(seed: int, frames: int = 40) -> list[Image]:
    """A pan over one scene, then a cut to another."""
    first, second = scene(seed, 480, 180), scene(seed + 100, 480, 180)
    half = frames // 2
    return [first[:, 8 * index : 8 * index + 320].copy() for index in range(half)] + [
        second[:, 160 - 8 * index : 480 - 8 * index].copy() for index in range(half)
    ]


VIDEO_COPIES: dict[str, Change] = {
    "scaled": shrunk(0.5),
    "trimmed": trimmed(0.85),
    "compressed": jpeg(15),
    "mirrored": mirrored,
    "dark": dimmed(0.7),
    "bars": lambda image: np.asarray(cv2.copyMakeBorder(image, 40, 40, 0, 0, cv2.BORDER_CONSTANT)),
}


def even(image: Image) -> Image:
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
