"""Words laid over the corners of a picture, taken away. Marks that are drawn, without letters, are not found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from engines.analysis.tools import usual_tools
from engines.imaging import Image
from engines.imaging.moving import WrittenFormat, encoded, open_picture
from engines.understanding.geometry import Box
from engines.understanding.reading import Reader, TextLine

_STRIP, _HALF = 0.22, 0.5  # parts of the height and the width that a corner takes
_READ_AT = 640  # pixels, the width at which the reader is given a corner


@dataclass(frozen=True)
class Unmarked:
    """`picture` is a file of the source's format; `marks` are the words that were taken away, `notes` say what was not found or not tried.

    Without marks the picture is the source, byte for byte.
    """

    picture: bytes
    format: WrittenFormat
    marks: tuple[str, ...]
    notes: tuple[str, ...] = ()


def remove_watermark(path: Path, reader: Reader | None = None) -> Unmarked:
    """Raises UnreadableMedia."""
    picture = open_picture(path).upright()
    reader = reader or usual_tools().reader
    if reader is None:
        return Unmarked(path.read_bytes(), picture.format, (), ("marks were not looked for: install the `ocr` extra",))
    first = _pixels(picture.frames[0])
    lines = list(_marks(first, reader))
    if not lines:
        return Unmarked(
            path.read_bytes(), picture.format, (), ("no words were found in the corners; marks without words are not looked for",)
        )
    mask = np.zeros(first.shape[:2], np.uint8)
    for line in lines:
        _add_strokes(mask, first, line.box)
    cleaned = picture.each(lambda frame: _inpainted(frame, mask))
    return Unmarked(encoded(cleaned), picture.format, tuple(line.text for line in lines))


def _marks(image: Image, reader: Reader) -> Iterator[TextLine]:
    height, width = image.shape[:2]
    for top in (0.0, (1 - _STRIP) * height):
        for left in (0.0, (1 - _HALF) * width):
            corner = Box(left, top, _HALF * width, _STRIP * height)
            patch = image[corner.pixels()]
            if min(patch.shape[:2]) < 8:
                continue
            factor = _READ_AT / patch.shape[1]
            for line in reader.read(cv2.resize(patch, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)):
                yield TextLine(line.text, line.score, line.box.scaled(1 / factor).moved(round(left), round(top)))


def _add_strokes(mask: Image, image: Image, box: Box) -> None:
    height, width = image.shape[:2]
    rows, columns = box.grown(0.15, width, height).pixels()
    grey = cv2.cvtColor(image[rows, columns], cv2.COLOR_BGR2GRAY)
    side = max(3, round(box.height * 0.4)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    light, dark = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel), cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)
    strong = light if float(np.percentile(light, 90)) >= float(np.percentile(dark, 90)) else dark
    _, strokes = cv2.threshold(strong, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask[rows, columns] |= cv2.dilate(strokes, np.ones((5, 5), np.uint8))


def _inpainted(frame: Pillow.Image, mask: Image) -> Pillow.Image:
    pixels = np.asarray(frame.convert("RGB"))
    filled = Pillow.fromarray(cv2.inpaint(pixels, mask, 5, cv2.INPAINT_TELEA))
    if frame.mode == "RGBA":
        filled.putalpha(frame.getchannel("A"))
    return filled.convert(frame.mode)


def _pixels(frame: Pillow.Image) -> Image:
    return np.asarray(cv2.cvtColor(np.asarray(frame.convert("RGB")), cv2.COLOR_RGB2BGR))
