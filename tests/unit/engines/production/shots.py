"""A clip of many shots, each with a view and a tone of its own: from a picture or a moment of sound it is known which shot it is from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from tests.unit.engines.production.clips import Sound, landscape, write_clip

RATE = 48_000
_TONE, _TONE_STEP = 300.0, 100.0  # Hz


@dataclass(frozen=True)
class Shot:
    """`look` is "clear", "black" or "blurred"; `speed` in pixels a second is how fast the camera pans."""

    seconds: float
    look: str = "clear"
    speed: float = 30.0


@dataclass(frozen=True)
class Reel:
    path: Path
    shots: Sequence[Shot]
    cuts: Sequence[float]
    """Seconds at which the second shot, the third … begin."""
    views: Sequence[Image]
    """The whole landscape of each shot, before it is blurred or blacked out."""

    def shot_of(self, picture: Image) -> int:
        """Of the clear shots the one in whose landscape the picture is found best, by normalised cross-correlation."""
        scores = []
        for shot, view in zip(self.shots, self.views, strict=True):
            factor = view.shape[0] / picture.shape[0]
            fitted = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            inner = fitted[4:-4, 4:-4]
            scores.append(float(cv2.matchTemplate(view, inner, cv2.TM_CCOEFF_NORMED).max()) if shot.look == "clear" else -1.0)
        return int(np.argmax(scores))

    def shot_at(self, seconds: float) -> int:
        """That of the frame shown then; times are told in hundredths of a millisecond."""
        return int(np.searchsorted(self.cuts, seconds + 0.001, side="right"))


def tone_of(shot: int) -> float:
    return _TONE + shot * _TONE_STEP


def heard_shot(sound: npt.NDArray[np.float32]) -> int | None:
    """Which shot's tone these samples hold; None for silence."""
    if np.abs(sound).mean() < 0.01:
        return None
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    peak = float(np.fft.rfftfreq(len(sound), 1 / RATE)[int(np.argmax(spectrum))])
    return round((peak - _TONE) / _TONE_STEP)


def reel(path: Path, shots: Sequence[Shot], size: tuple[int, int] = (320, 180), fps: int = 15, seed: int = 20) -> Reel:
    width, height = size
    views = [_landscape(width, height, seed + number) for number in range(len(shots))]
    ends = np.cumsum([round(shot.seconds * fps) for shot in shots]) / fps
    samples = np.concatenate([_tone(tone_of(number), round(round(shot.seconds * fps) / fps * RATE)) for number, shot in enumerate(shots)])
    write_clip(path, _pictures(shots, views, width, fps), Sound("aac", samples[None]), crf=16)
    return Reel(path, shots, [float(end) for end in ends[:-1]], views)


def _landscape(width: int, height: int, seed: int) -> Image:
    """Each in a tint of its own, as places differ."""
    view = landscape(width * 2, height, seed).astype(np.float32)
    tint = np.random.default_rng(seed).uniform(0.55, 1.3, 3)
    tinted: Image = np.clip(view * tint, 0, 255).astype(np.uint8)
    return tinted


def _tone(frequency: float, samples: int) -> npt.NDArray[np.float32]:
    wave: npt.NDArray[np.float32] = (0.3 * np.sin(2 * np.pi * frequency * np.arange(samples) / RATE)).astype(np.float32)
    return wave


def _pictures(shots: Sequence[Shot], views: Sequence[Image], width: int, fps: int) -> Iterator[tuple[float, Image]]:
    random, number = np.random.default_rng(1), 0
    for shot, view in zip(shots, views, strict=True):
        for index in range(round(shot.seconds * fps)):
            left = min(round(index / fps * shot.speed), view.shape[1] - width)
            yield number / fps, _shown(view[:, left : left + width], shot.look, random)
            number += 1


def _shown(picture: Image, look: str, random: np.random.Generator) -> Image:
    if look == "black":
        return random.integers(0, 6, picture.shape, dtype=np.uint8)
    shown = cv2.GaussianBlur(picture, (0, 0), picture.shape[0] / 40) if look == "blurred" else picture
    noisy: Image = np.clip(shown + random.normal(0, 1.5, picture.shape), 0, 255).astype(np.uint8)
    return noisy
