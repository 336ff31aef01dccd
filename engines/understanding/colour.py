"""Colour and light, in words: which colours a picture or a garment has, and how bright a scene is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.imaging.pictures import shrink
from engines.understanding.geometry import Box

Light = Literal["bright", "dim", "dark", "changing"]

# Upper ends of the hues in OpenCV's half degrees, red on both ends of the circle.
_HUES = ((5, "red"), (20, "orange"), (34, "yellow"), (85, "green"), (130, "blue"), (150, "purple"), (172, "pink"), (180, "red"))
NAMES = ("black", "grey", "white", "brown", *dict.fromkeys(name for _, name in _HUES))
_MONOCHROME_SPREAD = 4.0
_DARK, _DIM = 60.0, 90.0
_BLANK_RANGE = 12.0
_SAYABLE_SHARE = 0.2
_GARMENT_SHARE = 0.5
_GARMENT_PIXELS = 24
_VOTES, _VOTE_SHARE = 3, 0.5


@dataclass(frozen=True)
class Look:
    """`blank` names the one colour of an empty frame; `colours` are the dominant ones, the largest first.

    `light` is "changing" of a video that is dark in a part and bright in another.
    """

    light: Light
    monochrome: bool
    blank: str | None
    colours: tuple[str, ...]


def look(image: Image) -> Look:
    small = shrink(image, 160)
    names = name_pixels(small)
    shares = Counter({NAMES[index]: int(count) for index, count in enumerate(np.bincount(names.ravel(), minlength=len(NAMES)))})
    colours = tuple(name for name, count in shares.most_common(3) if count >= _SAYABLE_SHARE * names.size)
    brightness = float(small.max(axis=2).mean())
    spread = float((small.max(axis=2).astype(np.int16) - small.min(axis=2)).mean())
    return Look(
        light="dark" if brightness < _DARK else "dim" if brightness < _DIM else "bright",
        monochrome=spread < _MONOCHROME_SPREAD,
        blank=(colours or (shares.most_common(1)[0][0],))[0] if is_blank(image) else None,
        colours=colours,
    )


def is_blank(image: Image) -> bool:
    """No structure at all, sensor noise apart."""
    smooth = cv2.GaussianBlur(shrink(image, 320), (5, 5), 0)
    low, high = np.percentile(smooth, (0.2, 99.8), axis=(0, 1))
    return bool(np.max(high - low) < _BLANK_RANGE)


def name_pixels(image: Image) -> npt.NDArray[np.uint8]:
    """For each pixel its index in NAMES."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    ends = [end for end, _ in _HUES]
    of_hue = np.array([NAMES.index(name) for _, name in _HUES] + [NAMES.index("red")], np.uint8)
    names: npt.NDArray[np.uint8] = of_hue[np.searchsorted(ends, hue, side="left")]
    warm = (names == NAMES.index("orange")) | (names == NAMES.index("red"))
    names[warm & (saturation < 130)] = NAMES.index("brown")
    names[(names == NAMES.index("orange")) & (value < 150)] = NAMES.index("brown")
    faint = (saturation < 50) | ((saturation < 80) & (value < 80))
    names[faint] = NAMES.index("grey")
    names[faint & (value > 190)] = NAMES.index("white")
    names[(value < 50) | (faint & (value < 60))] = NAMES.index("black")
    return names


def garment(image: Image, box: Box, mask: Image | None = None) -> str | None:
    """The colour of the upper body in a person's box, or None where no one colour covers half of it."""
    upper = Box(box.x + 0.25 * box.width, box.y + 0.2 * box.height, 0.5 * box.width, 0.3 * box.height)
    return dominant(image, upper, mask)


def garment_below_face(image: Image, face: Box) -> str | None:
    """The colour of the chest below a frontal face, or None where the picture ends before it."""
    left, right = max(0.0, face.x - 0.6 * face.width), min(float(image.shape[1]), face.right + 0.6 * face.width)
    chest = Box(left, face.bottom + 0.6 * face.height, right - left, 1.2 * face.height)
    return dominant(image, chest) if chest.bottom <= image.shape[0] else None


def dominant(image: Image, box: Box, mask: Image | None = None) -> str | None:
    rows, columns = box.pixels()
    patch = image[rows, columns]
    if not patch.size:
        return None
    names = name_pixels(patch)
    chosen = names[mask[rows, columns] > 0] if mask is not None else names.ravel()
    if chosen.size < _GARMENT_PIXELS:
        return None
    counts = np.bincount(chosen, minlength=len(NAMES))
    best = int(np.argmax(counts))
    return NAMES[best] if counts[best] >= _GARMENT_SHARE * chosen.size else None


def agreed(votes: Counter[str]) -> str | None:
    """The colour that at least half of three or more votes name."""
    total = sum(votes.values())
    if total < _VOTES:
        return None
    name, count = votes.most_common(1)[0]
    return name if count >= _VOTE_SHARE * total else None
