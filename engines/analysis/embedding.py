"""Vectors of pictures and videos, for duplicates, not semantic: near are copies of one picture, not pictures of one thing.

What a picture's descriptor has beyond that of any picture goes through a fixed random projection (Johnson and Lindenstrauss 1984). Its
signs are bits of SHAKE-256: the same on every machine and with every version of every library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from engines.analysis.descriptor import VIEW, Numbers, descriptor
from engines.imaging import PIXELS, Image, UnreadableMedia, frames, read_image
from engines.imaging.video import video_header

Vector = Numbers
"""Of unit length."""

IMAGE_SIZE, VIDEO_SIZE, POST_SIZE = 512, 64, 32
_SEED = "sightline embedding 1"

_RATE, _FRAMES = 2.0, 240  # frames a second; of a longer video that many are looked at
_PARTS, _PART_WEIGHT = 3, 0.6  # beginning, middle and end, beside the whole
_CLOUDS, _CLOUD_SIDE = 12, 128
_COMMON = 0.6  # of the descriptor of any picture: with all of it gone, trimmed copies are lost


def image_embedding(path: Path, pixels: int = PIXELS) -> Vector:
    """512 numbers of a picture, for duplicates, not semantic. Raises UnreadableMedia.

    Of the copies of 64 pictures (stronger JPEG, 60 % of the area, mirrored, darker, turned by five degrees) at least nine in ten have a
    cosine above 0.8 with their original, of grey ones three in four; of pairs of strangers two in a thousand. Turned by a quarter, a copy
    is a stranger, and a picture of nothing but fine grain may be one to its own smaller copy.
    """
    return _projected(_picture(path, pixels), IMAGE_SIZE)


def video_embedding(path: Path, pixels: int = PIXELS) -> Vector:
    """64 numbers of a video, for duplicates, not semantic: of how its frames look, and when in it. Raises UnreadableMedia.

    Copies of another size, shape, bit rate, frame rate or brightness, and those that are a tenth shorter, mostly have a cosine above 0.85.
    """
    return _projected(_video(path, pixels), VIDEO_SIZE)


def post_embedding(images: Sequence[Path] = (), video: Path | None = None, pixels: int = PIXELS) -> Vector:
    """32 numbers of a post's pictures, video or both, for duplicates, not semantic; the order of the pictures does not count.

    Raises UnreadableMedia, and ValueError for a post of neither.
    """
    parts = [_over_time([_picture(path, pixels)]) for path in images]
    if video is not None:
        parts.append(_video(video, pixels))
    if not parts:
        raise ValueError("a post without a picture and without a video has no vector")
    return _projected(np.mean(parts, axis=0), POST_SIZE)


def similarity(a: Vector, b: Vector) -> float:
    """The cosine of two vectors of one kind, -1 to 1."""
    return float(np.dot(a, b))


def _picture(path: Path, pixels: int) -> Numbers:
    return _beyond_common(read_image(path, pixels, longest=VIEW))


def _video(path: Path, pixels: int) -> Numbers:
    seconds = video_header(path, pixels).seconds
    rate = min(_RATE, _FRAMES / seconds) if seconds else _RATE
    seen = [_beyond_common(frame.image) for frame in frames(path, rate, longest=VIEW, pixels=pixels)]
    if not seen:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
    return _over_time(seen)


def _over_time(seen: Sequence[Numbers]) -> Numbers:
    """The mean of all, then those of the beginning, the middle and the end."""
    edges = [index * len(seen) // _PARTS for index in range(_PARTS + 1)]
    parts = [np.mean(seen[min(start, len(seen) - 1) : max(end, start + 1)], axis=0) for start, end in pairwise(edges)]
    return np.concatenate([np.mean(seen, axis=0), *(_PART_WEIGHT * part for part in parts)])


def _beyond_common(image: Image) -> Numbers:
    return np.asarray(descriptor(image) - _COMMON * _common(), np.float32)


@lru_cache(1)
def _common() -> Numbers:
    """What the descriptors of all pictures have: that of clouds of noise, whose strength falls with frequency as in photographs."""
    return np.asarray(np.mean([descriptor(_cloud(number)) for number in range(_CLOUDS)], axis=0), np.float32)


def _cloud(number: int) -> Image:
    """Amplitudes of 1/f (Field 1987), nearly the same in all three colours, as photographs have it."""
    across, down = np.fft.fftfreq(_CLOUD_SIDE)[None], np.fft.fftfreq(_CLOUD_SIDE)[:, None]
    falling = 1 / np.maximum(1 / _CLOUD_SIDE, np.hypot(across, down))
    noise = _bytes(f"cloud {number}", 4 * _CLOUD_SIDE**2).reshape(4, _CLOUD_SIDE, _CLOUD_SIDE).astype(np.float64) - 127.5
    smooth = np.fft.ifft2(np.fft.fft2(noise) * falling).real
    colours = np.stack([smooth[0] + 0.3 * tint for tint in smooth[1:]], axis=2)
    return np.asarray(np.clip((colours - colours.mean()) / colours.std() * 45 + 120, 0, 255), np.uint8)


def _projected(numbers: Numbers, size: int) -> Vector:
    projected = _signs(len(numbers), size) @ numbers
    return np.asarray(projected / max(float(np.linalg.norm(projected)), 1e-9), np.float32)


@lru_cache(4)
def _signs(inputs: int, outputs: int) -> Numbers:
    bits = np.unpackbits(_bytes(f"{inputs} to {outputs}", -(-inputs * outputs // 8)))[: inputs * outputs]
    return bits.reshape(outputs, inputs).astype(np.float32) * 2 - 1


def _bytes(purpose: str, count: int) -> Image:
    return np.frombuffer(hashlib.shake_256(f"{_SEED}: {purpose}".encode()).digest(count), np.uint8)
