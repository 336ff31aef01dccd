"""How good a picture or a video looks, without anything to compare it with: 0 to 100, from measures that a person can check.

It is a technical score and not calibrated to anybody's opinions: it falls as blur, noise, compression, darkness or a lack of pixels grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
import numpy.typing as npt

from engines.analysis.channels import extremes
from engines.imaging import PIXELS, Image, UnreadableMedia, frames, read_image
from engines.imaging.pictures import shrink
from engines.imaging.video import video_header

_VIEW = 1024  # pixels, the longer side of what blur, noise, light and contrast are measured in
_VIDEO_VIEW = 960
_RATE = 5.0  # frames a second
_SCORED_EVERY = 1.0  # second
_CELLS = (24, 16)
_CELL_CHANGED = 4.0  # of 255: the mean change of a cell, beyond sensor noise and compression

_SIGMAS = (0.7, 1.4, 2.8)  # pixels, of the three scales between which detail is measured
_QUIETEST = 1.12  # even noise differs from tile to tile: those with least have less than all
# What of white noise's variance lies between two Gaussians: 1/4pi (1/a^2 + 1/b^2) - 1/2pi 2/(a^2 + b^2).
_NOISE_SHARES = (0.073, 0.018)
# Where each part falls off: chosen on 32 photographs that were blurred, made noisy, compressed, darkened and shrunk in steps.
_SHARP, _NOISY, _NO_BLOCKS, _LIT, _VARIED, _LARGE = 0.3, 8.0, 0.12, 45.0, 70.0, 330.0
_BLOWN, _BLACK = 250, 5

Grey = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ImageQuality:
    """`score` is 0 to 100; the parts are 0 to 1, and 1 is good. Width and height are in pixels."""

    score: float
    sharpness: float
    cleanness: float
    """Of noise."""
    smoothness: float
    """Of the blocks of strong compression."""
    exposure: float
    contrast: float
    resolution: float
    width: int
    height: int


@dataclass(frozen=True)
class VideoQuality:
    """`score` is the mean of its frames', 0 to 100; `seconds` is 0 where the file does not say.

    `motion` is the share of the picture that changes within a fifth of a second, averaged over time: 0 for a still.
    """

    score: float
    frames_per_second: float
    seconds: float
    width: int
    height: int
    motion: float


def image_quality(path: Path, pixels: int = PIXELS) -> ImageQuality:
    """Of a picture; of an animated one, its first frame. Raises UnreadableMedia."""
    return quality_of(read_image(path, pixels))


def quality_of(image: Image) -> ImageQuality:
    """Of an upright picture in memory."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(shrink(image, _VIEW), cv2.COLOR_BGR2GRAY).astype(np.float32)
    noise = _noise(grey)
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _SIGMAS)
    low, high = np.percentile(coarse[::4, ::4], (1, 99))
    parts = {
        "sharpness": _rising(_detail(fine, middle, coarse, noise), _SHARP),
        "cleanness": 1 / (1 + (noise / _NOISY) ** 1.2),
        "smoothness": 1 / (1 + max(0.0, _blockiness(_piece(image)) - _NO_BLOCKS)),
        "exposure": _rising(float(grey.mean()), _LIT) / (1 + _clipped(image)),
        "contrast": _rising(float(high - low), _VARIED),
        "resolution": _rising(min(height, width), _LARGE),
    }
    parts = {name: round(value, 4) for name, value in parts.items()}
    return ImageQuality(round(100 * prod(parts.values()), 2), **parts, width=width, height=height)


def _rising(value: float, scale: float) -> float:
    """From 0 to 1, ever more slowly: 0.63 at the scale."""
    return float(1 - np.exp(-max(0.0, value) / scale))


def _noise(grey: Grey) -> float:
    """The standard deviation of the noise, of 255 (Immerkaer 1996), where the picture has least structure."""
    if min(grey.shape) < 16:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))
    tiles = cv2.resize(response, (grey.shape[1] // 16, grey.shape[0] // 16), interpolation=cv2.INTER_AREA)
    return _QUIETEST * float(np.percentile(tiles, 15)) * float(np.sqrt(np.pi / 2)) / 6


def _detail(fine: Grey, middle: Grey, coarse: Grey, noise: float) -> float:
    """The energy of the finest structure beside that of the next coarser, at the strongest edges; both without the noise's own."""
    finest, next_to = (
        cv2.boxFilter((a - b) ** 2, cv2.CV_32F, (16, 16)) - share * noise**2
        for (a, b), share in zip(((fine, middle), (middle, coarse)), _NOISE_SHARES, strict=True)
    )
    strong = next_to >= np.percentile(next_to[::4, ::4], 80)
    return max(0.0, float(finest[strong].sum())) / max(1.0, float(next_to[strong].sum()))


def _blockiness(grey: Grey) -> float:
    """By how much the steps between blocks of eight pixels are larger than those beside them, wherever the blocks begin."""
    return (_steps(grey) + _steps(grey.T)) / 2


def _steps(grey: Grey) -> float:
    if grey.shape[1] < 24:
        return 0.0
    jumps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    beyond = jumps[1:-1] - (jumps[:-2] + jumps[2:]) / 2
    second, first = np.sort(beyond[: len(beyond) // 8 * 8].reshape(-1, 8).mean(axis=0))[-2:]
    # Enlarging leaves regular steps too, but more than one in eight pixels.
    return max(0.0, float(first - max(0.0, second)) / (float(jumps.mean()) + 0.5))


def _piece(image: Image) -> Grey:
    """The middle, at the picture's own size: shrinking would hide the blocks."""
    top, left = (max(0, (side - _VIEW) // 2) for side in image.shape[:2])
    return np.asarray(cv2.cvtColor(image[top : top + _VIEW, left : left + _VIEW], cv2.COLOR_BGR2GRAY), np.float32)


def _clipped(image: Image) -> float:
    """The share of the picture that is blown out, and a third of that which is pitch black."""
    every = max(1, max(image.shape[:2]) // 512)
    darkest, lightest = extremes(image[::every, ::every])
    return float((darkest >= _BLOWN).mean()) + 0.3 * float((lightest <= _BLACK).mean())


def video_quality(path: Path, pixels: int = PIXELS) -> VideoQuality:
    """Raises UnreadableMedia."""
    header = video_header(path, pixels)
    scores, changes, last, end = list[float](), list[float](), None, 0.0
    for frame in frames(path, _RATE, longest=_VIDEO_VIEW, pixels=pixels):
        cells = cv2.resize(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), _CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
        if last is not None:
            changes.append(float((np.abs(cells - last) > _CELL_CHANGED).mean()))
        last, end = cells, frame.time
        if frame.time >= len(scores) * _SCORED_EVERY:
            scores.append(quality_of(frame.image).score)
    if not scores:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    return VideoQuality(
        round(fmean(scores), 2), header.fps or 0.0, header.seconds or end, header.width, header.height, fmean(changes) if changes else 0.0
    )
