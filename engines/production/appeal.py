"""How much a picture would please as a cover: its sharpness, contrast and colour, and the faces in it; and how far two pictures differ."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engines.imaging import Image
from engines.imaging.pictures import shrink
from engines.understanding.colour import is_blank

_VIEW = 480
_TWICE_BLURRED = 9
_SHARP, _BLURRED = 0.30, 0.62  # of Crete's measure: what a good photograph and one smeared beyond recognition have
_FULL_CONTRAST, _FULL_COLOUR = 60.0, 60.0
_DARK, _GLARING = 20.0, 240.0
_LARGE_FACE = 0.3  # of the picture's height
_SHARES = {"sharpness": 0.4, "contrast": 0.25, "colour": 0.2, "face": 0.15}
_THUMBNAIL = (32, 18)
_CHANGED = 25


@dataclass(frozen=True)
class Appeal:
    """Each from 0 to 1. `usable` is False of a picture that shows nothing: black, white, of one colour, or blurred throughout."""

    sharpness: float
    contrast: float
    colour: float
    usable: bool
    face: float = 0.0

    @property
    def score(self) -> float:
        """0 to 10."""
        shown = sum(share * float(getattr(self, name)) for name, share in _SHARES.items())
        return 10 * (shown if self.usable else 0.1 * shown)


def appeal(image: Image) -> Appeal:
    view = shrink(image, _VIEW)
    grey = cv2.cvtColor(view, cv2.COLOR_BGR2GRAY)
    sharpness = _share((_BLURRED - blur(grey)) / (_BLURRED - _SHARP))
    brightness = float(grey.mean())
    usable = sharpness > 0 and _DARK < brightness < _GLARING and not is_blank(view)
    return Appeal(sharpness, _share(float(grey.std()) / _FULL_CONTRAST), _share(colourfulness(view) / _FULL_COLOUR), usable)


def face_share(faces_height: float, height: float) -> float:
    """What the largest face adds, by its height and that of the picture, in the same pixels."""
    return _share(faces_height / height / _LARGE_FACE)


def blur(grey: Image) -> float:
    """0, sharp, to 1: how little a picture loses when it is blurred once more (Crete et al., "The blur effect", 2007).

    Unlike the variance of the Laplacian it hardly depends on what the picture shows.
    """
    plain = grey.astype(np.float32)
    worst = 0.0
    for axis, kernel in ((0, (1, _TWICE_BLURRED)), (1, (_TWICE_BLURRED, 1))):
        before = np.abs(np.diff(plain, axis=axis))
        after = np.abs(np.diff(cv2.blur(plain, kernel), axis=axis))
        total = float(before.sum())
        if total > 0:
            worst = max(worst, 1 - float(np.maximum(0, before - after).sum()) / total)
    return worst


def colourfulness(image: Image) -> float:
    """Of the natural photographs that people judged, from 0, grey, to about 100 (Hasler and Süsstrunk 2003)."""
    blue, green, red = (image[..., channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))


@dataclass(frozen=True)
class Fingerprint:
    """What a picture is compared by: its colours, wherever they are, and its light and dark, where they are."""

    colours: Image
    places: Image

    def distance(self, other: Fingerprint) -> float:
        """0, the same, to 1. A camera that moves changes what is where; another place has other colours, too."""
        colours = float(cv2.compareHist(self.colours, other.colours, cv2.HISTCMP_BHATTACHARYYA))
        places = float((cv2.absdiff(self.places, other.places) > _CHANGED).mean())
        return (colours + places) / 2


def fingerprint(image: Image) -> Fingerprint:
    view = shrink(image, _VIEW // 2)
    histogram = cv2.calcHist([cv2.cvtColor(view, cv2.COLOR_BGR2HSV)], [0, 1, 2], None, [12, 4, 4], [0, 180, 0, 256, 0, 256])
    places = cv2.resize(cv2.cvtColor(view, cv2.COLOR_BGR2GRAY), _THUMBNAIL, interpolation=cv2.INTER_AREA)
    return Fingerprint(cv2.normalize(histogram, None, 1.0, 0.0, cv2.NORM_L1), places)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
