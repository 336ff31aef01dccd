"""What the benches upload: a rendered street with a walker."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np

from cli.samples.figures import Outfit
from cli.samples.render import Scene, Size, encode, play, walker
from cli.samples.scenery import street

SEED = 7
CLIP = Size(1280, 720, 25)
CLIP_SECONDS = 10.0
MIDDLE_FRAME = 100


def street_clip(folder: Path) -> Path:
    """Ten seconds of 720p at 25 frames a second."""
    path = folder / "street.mp4"
    encode(path, play(_scene(), np.random.default_rng(SEED)), CLIP.fps)
    return path


def street_image(folder: Path) -> Path:
    """One frame of it as a JPEG."""
    path = folder / "street.jpg"
    frame = next(itertools.islice(play(_scene(), np.random.default_rng(SEED)), MIDDLE_FRAME, None))
    cv2.imwrite(str(path), frame)
    return path


def _scene() -> Scene:
    random = np.random.default_rng(SEED)
    background = street(CLIP.width, CLIP.height, random)
    return Scene(CLIP, CLIP_SECONDS, background, walker(CLIP, Outfit(jacket=(40, 35, 190), trousers=(70, 50, 40)), facing=1))
