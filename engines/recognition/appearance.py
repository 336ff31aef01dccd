"""How somebody looks, by colour from head to foot: histograms of six stripes of the box, in HSV and in Lab.

It tells clothes and coats apart, not people: who changes clothes is somebody else, and who wears the same is the same. Where the colours
are those that most people wear (black, grey, white, brown, and blue below the belt) it says so, by a small `distinct`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.recognition.types import Features, Vector, pack
from engines.understanding.colour import NAMES, name_pixels
from engines.understanding.geometry import Box

METHOD = "stripes-1"
_WIDTH, _HEIGHT, _STRIPES = 48, 128, 6
_LEAST_HEIGHT, _LEAST_WIDTH = 32, 10  # pixels; what is smaller has no colours of its own after video compression
_LEAST_MASK = 0.1
_HUES, _SATURATIONS, _VALUES = 12, 3, 3
_GREYS = 8
_LAB_BINS = 16
_FAINT, _DARK = (20, 70), (20, 60)  # of 255: below the first a pixel has no hue to speak of, above the second it surely has
_HEAD, _BELT = 0.15, 0.5  # parts of the height
_PLAIN = [NAMES.index(name) for name in ("black", "grey", "white", "brown")]
_BLUE = NAMES.index("blue")

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Appearance:
    """`vector` has the length 1; `distinct` is the share in colours that few wear."""

    vector: Vector
    distinct: float

    def features(self, kind: str) -> Features:
        return Features(METHOD, kind, pack(self.vector), round(self.distinct, 3))


def appearance(image: Image, box: Box, mask: Image | None = None) -> Appearance | None:
    """Of what is in the box; `mask`, of the image's size, is above 127 where it is. None where it is too small to tell."""
    height, width = image.shape[:2]
    rows, columns = box.grown(0.0, width, height).pixels()
    patch = image[rows, columns]
    if patch.shape[0] < _LEAST_HEIGHT or patch.shape[1] < _LEAST_WIDTH:
        return None
    scaled = cv2.resize(patch, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA if patch.shape[0] > _HEIGHT else cv2.INTER_LINEAR)
    weights = _weights(mask[rows, columns] if mask is not None else None)
    return Appearance(_vector(scaled, weights), _distinct(scaled, weights))


def _weights(mask: Image | None) -> Weights:
    """Less towards the sides, where the background is: Epanechnikov's kernel, as in mean-shift tracking (Comaniciu 2000)."""
    across = (np.arange(_WIDTH) + 0.5) / _WIDTH * 2 - 1
    weights: Weights = np.tile(np.float32(1 - across**2), (_HEIGHT, 1))
    if mask is None:
        return weights
    inside = np.asarray(cv2.resize(mask, (_WIDTH, _HEIGHT))) > 127
    return weights * inside if inside.mean() >= _LEAST_MASK else weights


def _vector(image: Image, weights: Weights) -> Vector:
    hsv, lab = cv2.cvtColor(image, cv2.COLOR_BGR2HSV), cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    edges = [round(stripe * _HEIGHT / _STRIPES) for stripe in range(_STRIPES + 1)]
    parts = [
        _stripe(hsv[top:bottom].reshape(-1, 3), lab[top:bottom].reshape(-1, 3), weights[top:bottom].ravel())
        for top, bottom in pairwise(edges)
    ]
    # The root of a histogram makes the scalar product Bhattacharyya's coefficient.
    vector = np.sqrt(np.concatenate(parts))
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _stripe(hsv: Image, lab: Image, weights: Weights) -> npt.NDArray[np.float64]:
    ranges = ((0, 180), (0, 256), (0, 256))
    coloured = _ramp(hsv[:, 1], _FAINT) * _ramp(hsv[:, 2], _DARK)
    joint = np.histogramdd(hsv.astype(np.float32), (_HUES, _SATURATIONS, _VALUES), ranges, weights=weights * coloured)[0]
    # As in _smooth; hue is a circle.
    joint = 0.5 * joint + 0.25 * (np.roll(joint, 1, axis=0) + np.roll(joint, -1, axis=0))
    greys = _smooth(hsv[:, 2], _GREYS, (0, 256), weights * (1 - coloured))
    single = [_smooth(lab[:, axis], _LAB_BINS, limits, weights) for axis, limits in enumerate(((0, 256), (64, 192), (64, 192)))]
    return np.concatenate([joint.ravel(), greys, *single]) / max(float(weights.sum()), 1e-9)


def _ramp(values: Image, ends: tuple[int, int]) -> Weights:
    """0 below the first end, 1 above the second."""
    return np.asarray(np.clip((values.astype(np.float32) - ends[0]) / (ends[1] - ends[0]), 0, 1), np.float32)


def _smooth(values: Image, bins: int, limits: tuple[int, int], weights: Weights) -> npt.NDArray[np.float64]:
    """A value on the edge of two bins falls into either, so each bin is shared with its neighbours."""
    return np.convolve(np.histogram(values, bins, limits, weights=weights)[0], (0.25, 0.5, 0.25), "same")


def _distinct(image: Image, weights: Weights) -> float:
    names = name_pixels(image)
    rare = ~np.isin(names, _PLAIN)
    rare[: round(_HEAD * _HEIGHT)] = False
    rare[round(_BELT * _HEIGHT) :] &= names[round(_BELT * _HEIGHT) :] != _BLUE
    return float((rare * weights).sum() / max(float(weights.sum()), 1e-9))
