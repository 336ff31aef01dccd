"""How a picture looks, as numbers that its copies share: colours, gradients, textures and where its light lies.

A mirrored, smaller, recompressed, darker or trimmed copy has nearly the same. Every block of numbers is a histogram's root (Hellinger), so
that the scalar product of two compares the histograms, without the part that all have in common.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.analysis.channels import extremes
from engines.imaging import Image
from engines.imaging.pictures import shrink

Numbers = npt.NDArray[np.float32]

VIEW = 256  # pixels, the longer side that is needed of a picture
_SIDE = 128
_HUES, _ANGLES, _LEVELS, _GRID, _WAVES = 16, 8, 7, 4, 8
_BLACK, _WHITE = 24, 231  # of 255
_LEAST_LEFT = 0.3
_EVEN = 0.2  # of a histogram's length: with less beyond its mean it is even
# Chosen on 64 photographs: the weights at which crops, turns and recompressed copies were all found again.
_COLOUR, _PLACED, _ALL_ANGLES, _FREQUENCIES, _TEXTURE, _LIGHT, _STRENGTH = 1.0, 0.8, 0.3, 0.3, 0.5, 0.6, 0.5


def descriptor(image: Image) -> Numbers:
    """The numbers of a picture of any size."""
    square = cv2.resize(shrink(_without_bars(image), VIEW), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY)
    # Equalised, because a copy may have another brightness and contrast.
    even = cv2.equalizeHist(cv2.GaussianBlur(grey, (0, 0), 1)).astype(np.float32)
    plain = grey.astype(np.float32)
    blocks = (_colours(square), *_gradients(even), _frequencies(even), _textures(plain), _light(even), *_strengths(plain))
    return np.concatenate(blocks)


def _without_bars(image: Image) -> Image:
    """Without the black or white bars that fill another shape of screen or page."""
    darkest, lightest = extremes(image)
    dark, light = lightest < _BLACK, darkest > _WHITE
    rows, columns = (np.flatnonzero(~(dark.all(axis=axis) | light.all(axis=axis))) for axis in (1, 0))
    if len(rows) < _LEAST_LEFT * image.shape[0] or len(columns) < _LEAST_LEFT * image.shape[1]:
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _colours(image: Image) -> Numbers:
    """Hue by saturation, which stay when a picture is made darker; what is nearly grey counts little, and is counted beside them."""
    hue, saturation, value = cv2.split(cv2.cvtColor(cv2.blur(image, (3, 3)), cv2.COLOR_BGR2HSV_FULL).astype(np.float32))
    chroma = saturation / 255 * np.minimum(1, value / 85)
    rows = np.digitize(saturation, (64, 128))
    shared = _between(hue / 256 * _HUES, _HUES)
    bins = sum(np.bincount((3 * index + rows).ravel(), (chroma * share).ravel(), 3 * _HUES) for index, share in shared)
    return _block(np.append(bins, (1 - chroma).sum() / 2), _COLOUR)


def _gradients(grey: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Directions of the edges, placed on a grid, over all, and how strong they are where."""
    strength, angle = _polar(grey)
    planes = np.zeros((_ANGLES, *grey.shape), np.float32)
    rows, columns = np.indices(grey.shape)
    for index, share in _between(angle / np.pi * _ANGLES, _ANGLES):
        planes[index, rows, columns] += np.sqrt(strength) * share
    placed = _pooled(planes)
    folded = placed + placed[_MIRRORED][:, :, ::-1]
    return _block(folded, _PLACED), _block(folded.sum(axis=(1, 2)), _ALL_ANGLES), _block(np.sqrt(folded).mean(axis=0) ** 2, _ALL_ANGLES)


def _frequencies(grey: Numbers) -> Numbers:
    """The sizes of the lowest cosines; mirroring changes their signs alone."""
    waves = np.abs(cv2.dct(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)))[:_WAVES, :_WAVES]
    waves[0, 0] = 0
    return _block(waves, _FREQUENCIES)


def _textures(grey: Numbers) -> Numbers:
    """Mean and spread of the answers of Gabor's filters."""
    grey = grey / max(1.0, float(grey.std()))
    answers = [np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel)) for kernel in _filters()]
    moments = np.array([(answer.mean(), answer.std()) for answer in answers]).reshape(-1, 4, 2)
    # The filters of 45 and 135 degrees are one another's mirror images.
    moments[:, [1, 3]] = moments[:, [1, 3]].mean(axis=1, keepdims=True)
    return _block(moments, _TEXTURE)


def _light(grey: Numbers) -> Numbers:
    pooled = _pooled(grey)
    return _block(pooled + pooled[:, ::-1], _LIGHT)


def _strengths(grey: Numbers) -> tuple[Numbers, ...]:
    """Directions by how strong the edges are, in two sizes, wherever they lie: what a trimmed copy keeps."""
    return tuple(_strengths_at(cv2.GaussianBlur(grey, (0, 0), sigma)) for sigma in (1, 2))


def _strengths_at(grey: Numbers) -> Numbers:
    strength, angle = _polar(grey)
    level = np.clip(np.log2(strength / (strength.mean() + 1e-6) + 1e-6) + 4, 0, _LEVELS - 1).astype(int)
    direction = np.round(angle / np.pi * _ANGLES).astype(int) % _ANGLES
    bins = np.bincount((_LEVELS * direction + level).ravel(), minlength=_ANGLES * _LEVELS).reshape(_ANGLES, _LEVELS)
    return _block(bins + bins[_MIRRORED], _STRENGTH)


_MIRRORED = -np.arange(_ANGLES) % _ANGLES
"""For each direction the one that it becomes in a mirrored picture."""


def _polar(grey: Numbers) -> tuple[Numbers, Numbers]:
    strength, angle = cv2.cartToPolar(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return strength, angle


def _between(places: Numbers, bins: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """A value shared by the two bins of a circle that it lies between, by nearness."""
    lower = np.floor(places)
    share = places - lower
    index = lower.astype(int) % bins
    return (index, 1 - share), ((index + 1) % bins, share)


def _pooled(plane: Numbers) -> Numbers:
    """On a grid whose cells overlap, so that a small shift changes little. Also of several planes, one behind the other."""
    return np.asarray(_cells() @ plane @ _cells().T)


@lru_cache(1)
def _cells() -> Numbers:
    """For each row of the grid, how much the rows of a picture count for it: a blur of the whole, where nothing else of it is needed."""
    step = _SIDE // _GRID
    return np.asarray(cv2.GaussianBlur(np.eye(_SIDE, dtype=np.float32), (1, 0), 1, sigmaY=step / 1.6)[step // 2 :: step])


@lru_cache(1)
def _filters() -> list[Numbers]:
    angles = (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
    kernels = [cv2.getGaborKernel((21, 21), wave / 2, angle, wave, 0.8, 0, cv2.CV_32F) for wave in (4, 8, 14) for angle in angles]
    return [kernel - kernel.mean() for kernel in kernels]


def _block(histogram: npt.NDArray[Any], weight: float) -> Numbers:
    roots = np.sqrt(np.maximum(histogram.ravel(), 0))
    beyond = roots - roots.mean()
    # What differs from bin to bin in a nearly even histogram is noise, and stays small.
    length = max(float(np.linalg.norm(beyond)), _EVEN * float(np.linalg.norm(roots)), 1e-9)
    return np.asarray(weight * beyond / length, np.float32)
