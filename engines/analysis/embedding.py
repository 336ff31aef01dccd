"""Vectors of pictures and videos, for duplicates, not semantic: near are copies of one picture, not pictures of one thing.

Histograms of colour, gradients and textures, folded so that a mirrored copy has the same, then a fixed random projection (Johnson and
Lindenstrauss 1984) whose signs are bits of SHAKE-256: the same on every machine and with every version of every library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import PIXELS, Image, UnreadableMedia, frames, read_image
from engines.imaging.pictures import shrink

Vector = npt.NDArray[np.float32]
"""Of unit length."""

IMAGE_SIZE, VIDEO_SIZE, POST_SIZE = 512, 64, 32

_VIEW = 256
_SIDE = 128
_HUES, _SATURATIONS, _VALUES = 16, 4, 12
_GRID, _ANGLES = 4, 8
_RATE = 2.0


def image_embedding(path: Path, pixels: int = PIXELS) -> Vector:
    """512 numbers of a picture, for duplicates, not semantic. Raises UnreadableMedia."""
    return _projected(_features(read_image(path, pixels, longest=_VIEW)), IMAGE_SIZE)


def video_embedding(path: Path, pixels: int = PIXELS) -> Vector:
    """64 numbers of a video, for duplicates, not semantic. Raises UnreadableMedia."""
    return _projected(_video_features(path, pixels), VIDEO_SIZE)


def post_embedding(images: Sequence[Path] = (), video: Path | None = None, pixels: int = PIXELS) -> Vector:
    """32 numbers of a post's pictures, video or both, for duplicates, not semantic. Raises UnreadableMedia; ValueError for neither."""
    parts = [_features(read_image(path, pixels, longest=_VIEW)) for path in images]
    if video is not None:
        parts.append(_features_over_time(video, pixels))
    if not parts:
        raise ValueError("a post without a picture and without a video has no vector")
    return _projected(np.mean(parts, axis=0), POST_SIZE)


def similarity(a: Vector, b: Vector) -> float:
    """The cosine of two vectors of one kind, -1 to 1."""
    return float(np.dot(a, b))


def _features(image: Image) -> Vector:
    square = cv2.resize(shrink(image, _VIEW), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.concatenate([_colour(square), _gradients(grey), _textures(grey)])


def _colour(image: Image) -> Vector:
    """Hue and saturation don't change when a picture is made darker; brightness is taken relative to the brightest."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).reshape(-1, 3).astype(np.float32)
    hsv[:, 2] *= 255 / max(1.0, float(np.percentile(hsv[:, 2], 98)))
    joint = np.histogramdd(hsv[:, :2], (_HUES, _SATURATIONS), ((0, 180), (0, 256)))[0]
    values = np.histogram(hsv[:, 2], _VALUES, (0, 256))[0]
    return np.concatenate([_block(joint), _block(values)])


def _gradients(grey: Vector) -> Vector:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength, angle = cv2.cartToPolar(across, down)
    index = np.floor(angle / np.pi * _ANGLES).astype(int) % _ANGLES
    planes = np.stack([cv2.resize(strength * (index == each), (_GRID, _GRID), interpolation=cv2.INTER_AREA) for each in range(_ANGLES)])
    folded = planes + planes[::-1, :, ::-1]
    return np.concatenate([_block(folded), _block(folded.sum(axis=(1, 2)))])


def _textures(grey: Vector) -> Vector:
    grey = grey / max(1.0, float(grey.std()))
    responses = [np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel)) for kernel in _gabors()]
    means = np.array([(response.mean(), response.std()) for response in responses]).reshape(len(responses) // 4, 4, 2)
    # The filters of 45 and 135 degrees are one another's mirror images.
    means[:, [1, 3]] = means[:, [1, 3]].mean(axis=1, keepdims=True)
    return _block(means)


@lru_cache(1)
def _gabors() -> list[Vector]:
    angles = (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
    kernels = [cv2.getGaborKernel((21, 21), wave / 2, angle, wave, 0.8, 0, cv2.CV_32F) for wave in (4, 8, 14) for angle in angles]
    return [kernel - kernel.mean() for kernel in kernels]


def _block(values: npt.NDArray[np.floating]) -> Vector:
    """A histogram as a vector of unit length: its root (Hellinger), without the part that every histogram has."""
    flat = np.sqrt(np.maximum(np.asarray(values, np.float32).ravel(), 0))
    flat = flat - flat.mean()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-9), np.float32)


def _video_features(path: Path, pixels: int) -> Vector:
    return _features_over_time(path, pixels)


def _features_over_time(path: Path, pixels: int) -> Vector:
    total, count = None, 0
    for frame in frames(path, _RATE, longest=_VIEW, pixels=pixels):
        seen = _features(frame.image)
        total, count = seen if total is None else total + seen, count + 1
    if total is None:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    return np.asarray(total / count, np.float32)


def _projected(features: Vector, size: int) -> Vector:
    projected = _signs(len(features), size) @ features
    return np.asarray(projected / max(float(np.linalg.norm(projected)), 1e-9), np.float32)


@lru_cache(4)
def _signs(inputs: int, outputs: int) -> npt.NDArray[np.float32]:
    bits = hashlib.shake_256(f"sightline embedding 1, {inputs} to {outputs}".encode()).digest(-(-inputs * outputs // 8))
    return np.unpackbits(np.frombuffer(bits, np.uint8))[: inputs * outputs].reshape(outputs, inputs).astype(np.float32) * 2 - 1
