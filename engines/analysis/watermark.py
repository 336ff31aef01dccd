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
from engines.imaging.moving import WrittenFormat, encoded, flattened, open_picture
from engines.production.lettering import drawn_over
from engines.production.painting import paint_over
from engines.understanding.geometry import Box
from engines.understanding.reading import Reader, TextLine

_STRIP, _HALF = 0.22, 0.5  # parts of the height and the width that a corner takes
_READ_AT = 400, 640  # pixels: the reader is given a corner at its own width where that lies between them
_LEAST = 32  # pixels; a narrower strip holds no words
_EDGE = 0.1  # of the height and the width: a mark lies nearer to a corner than this, a shop's sign seldom does
_MOST_LINES = 3  # in one corner; more of them are a page of text
_AROUND = 0.2  # of the height of a line, for its shadow
_SMEAR = 0.08  # of the height of a line, as far as compression smears
_NOT_LOOKED = "marks were not looked for: install the `ocr` extra"
_NOT_FOUND = "no words were found in the corners; marks without words are not looked for"


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
    """The picture, upright, without the words in its corners; of an animated one those that its first frame shows. Raises UnreadableMedia.

    Words of the scene itself that lie in a corner, as on a shop's sign, can't be told from a mark and go too.
    """
    picture = open_picture(path).upright()
    reader = reader or usual_tools().reader
    if reader is None:
        return Unmarked(path.read_bytes(), picture.format, (), (_NOT_LOOKED,))
    first = _pixels(picture.frames[0])
    lines = [line for corner in _corners(first) for line in _marks(first, corner, reader)]
    if not lines:
        return Unmarked(path.read_bytes(), picture.format, (), (_NOT_FOUND,))
    mask = _mask(first, lines)
    cleaned = picture.each(lambda frame: _painted(frame, mask))
    return Unmarked(encoded(cleaned), picture.format, tuple(line.text for line in lines))


def _corners(image: Image) -> Iterator[Box]:
    height, width = image.shape[:2]
    if min(_HALF * width, _STRIP * height) >= _LEAST:
        for top in (0.0, (1 - _STRIP) * height):
            for left in (0.0, (1 - _HALF) * width):
                yield Box(left, top, _HALF * width, _STRIP * height)


def _marks(image: Image, corner: Box, reader: Reader) -> list[TextLine]:
    rows, columns = corner.pixels()
    width = columns.stop - columns.start
    factor = min(max(width, _READ_AT[0]), _READ_AT[1]) / width
    patch = cv2.resize(image[rows, columns], None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA)
    read = [TextLine(line.text, line.score, _placed(line.box, 1 / factor, rows, columns)) for line in reader.read(patch)]
    near = [line for line in read if _at_corner(line.box, image)]
    return near if len(read) <= _MOST_LINES else []


def _placed(box: Box, factor: float, rows: slice, columns: slice) -> Box:
    return box.scaled(factor).moved(columns.start, rows.start)


def _at_corner(box: Box, image: Image) -> bool:
    height, width = image.shape[:2]
    beside, above = min(box.x, width - box.right), min(box.y, height - box.bottom)
    return bool(beside <= _EDGE * width and above <= _EDGE * height)


def _mask(image: Image, lines: list[TextLine]) -> Image:
    """255 where the letters were drawn, and a little beyond."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for line in lines:
        margin = _AROUND * line.box.height
        area = Box(line.box.x - margin, line.box.y - margin, line.box.width + 2 * margin, line.box.height + 2 * margin)
        rows, columns = area.grown(0, width, height).pixels()
        strokes = drawn_over(cv2.cvtColor(image[rows, columns], cv2.COLOR_BGR2GRAY), line.box.height)
        size = max(3, round(_SMEAR * line.box.height) | 1)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        mask[rows, columns] |= cv2.dilate(strokes.astype(np.uint8) * 255, kernel)
    return mask


def _painted(frame: Pillow.Image, mask: Image) -> Pillow.Image:
    pixels = np.array(frame.convert("RGB"))
    # A GIF's later frames may be of another size.
    paint_over(pixels, mask if mask.shape == pixels.shape[:2] else cv2.resize(mask, frame.size, interpolation=cv2.INTER_NEAREST))
    painted = Pillow.fromarray(pixels)
    if frame.mode == "RGBA":
        painted.putalpha(frame.getchannel("A"))
    return painted.convert(frame.mode)


def _pixels(frame: Pillow.Image) -> Image:
    return np.asarray(cv2.cvtColor(np.asarray(flattened(frame).convert("RGB")), cv2.COLOR_RGB2BGR))
