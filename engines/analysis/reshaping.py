"""A person made slimmer or wider in a picture: found, cut out of the background, and stretched across."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from engines.analysis.tools import usual_tools
from engines.imaging import Image
from engines.imaging.moving import WrittenFormat, encoded, flattened, open_picture
from engines.recognition.cutout import cut_out
from engines.understanding.geometry import Box
from engines.understanding.people import body
from engines.understanding.tools import Tools

DEGREE = -1.5
"""PAI's own default: widen."""
LIMIT = 5.0
"""A larger degree, either way, is taken as this: beyond it the background would fold over itself."""
_PER_DEGREE = 0.07  # of the width
_PERSON = 0.5


class NobodyToReshape(Exception):
    """The picture shows no upright person whole enough; the text says so."""


@dataclass(frozen=True)
class Reshaped:
    """`picture` is a file of the source's format; `people` is how many were reshaped."""

    picture: bytes
    format: WrittenFormat
    people: int
    notes: tuple[str, ...] = ()


def reshape_body(path: Path, degree: float = DEGREE, tools: Tools | None = None) -> Reshaped:
    """A positive degree slims, a negative one widens. Raises UnreadableMedia and NobodyToReshape."""
    picture = open_picture(path).upright()
    image = cv2.cvtColor(np.asarray(flattened(picture.frames[0]).convert("RGB")), cv2.COLOR_RGB2BGR)
    bodies = [found for box in _people(image, tools or usual_tools()) if (found := cut_out(image, box)) is not None]
    if not bodies:
        raise NobodyToReshape("no upright person was found whole in the picture")
    shift = sum((_shift(mask, box, max(-LIMIT, min(LIMIT, degree))) for box, mask in bodies), np.zeros(image.shape[:2], np.float32))
    return Reshaped(encoded(picture.each(lambda frame: _warped(frame, shift))), picture.format, len(bodies))


def _people(image: Image, tools: Tools) -> list[Box]:
    if tools.detector is not None:
        return [each.box for each in tools.detector.detect(image, _PERSON) if each.label == "person"]
    return [body(box) for box, _ in tools.people.upright_in_still(image)]


def _shift(mask: Image, box: Box, degree: float) -> npt.NDArray[np.float32]:
    """How far to the left of each pixel its colour lies, in pixels."""
    height, width = mask.shape
    inside = mask > 0
    columns = np.arange(width, dtype=np.float32)
    total = np.maximum(inside.sum(axis=1), 1)
    middle = (inside * columns).sum(axis=1) / total
    known = np.where(inside.any(axis=1), middle, box.centre[0]).astype(np.float32)[:, None]
    middle = cv2.GaussianBlur(known, (1, 0), sigmaX=1, sigmaY=9)[:, 0]
    half = np.float32(box.width / 2)
    away = (columns[None] - middle[:, None]) / half
    scale = 1 - _PER_DEGREE * degree
    falloff = np.clip((2.2 - np.abs(away)) / 1.2, 0, 1)
    rows = np.arange(height, dtype=np.float32)
    fade = np.clip(np.minimum(rows - box.y, box.bottom - rows) / (0.1 * box.height), 0, 1)
    return np.asarray(away * half * (1 / scale - 1) * falloff * fade[:, None], np.float32)


def _warped(frame: Pillow.Image, shift: npt.NDArray[np.float32]) -> Pillow.Image:
    columns, rows = np.meshgrid(np.arange(shift.shape[1], dtype=np.float32), np.arange(shift.shape[0], dtype=np.float32))
    return Pillow.fromarray(cv2.remap(np.asarray(frame), columns + shift, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
