"""Words laid over drawn scenes, with what was beneath."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pillow

from engines.imaging import Image
from engines.imaging.watermark import Laid, Words, drawn, marked
from tests.unit.engines.analysis.pictures import scene

CASES = [("@sightline", "se", 100), ("Sample Stock", "nw", 80), ("example.org", "ne", 100), ("CHANNEL 5", "sw", 70)]


@dataclass(frozen=True)
class Marked:
    truth: Image
    picture: Image
    letters: Image


def with_mark(seed: int, text: str, place: str, opacity: int) -> Marked:
    truth = cv2.GaussianBlur(scene(seed, 800, 600), (0, 0), 1)
    mark = drawn(Words(text, (255, 255, 255), size=34, shadow=60))
    whole = marked(Pillow.fromarray(truth[..., ::-1]), mark, Laid(place=place, offset=(16, 14), opacity=opacity))  # type: ignore[arg-type]
    picture = np.ascontiguousarray(np.asarray(whole)[..., ::-1])
    return Marked(truth, picture, cv2.absdiff(truth, picture).max(axis=2) > 0)
