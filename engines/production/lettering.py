"""Lines of text in a strip of a film: read by OCR once, and known again by their strokes in the frames that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.imaging import Image
from engines.production.types import Unfit
from engines.understanding.geometry import Box, overlap
from engines.understanding.reading import Reader, TextLine

_CONTRAST = 40
"""Levels of grey by which a stroke stands out from what is beside it, and by which a pixel of it may change from frame to frame."""
_STAYS = 0.7  # of a line's strokes, for the line to be there still
_LETTER_STAYS = 0.5  # of the strokes of each letter, for it to be the same
_FRESH = 0.0015  # of a strip's pixels: fewer new strokes than this are no letters
SAME_PLACE = 0.3
"""How much two boxes share of what they cover together, to be one line's."""
_MARGIN = 0.15  # of a line's height, for a rim
_THICKEST = 0.25  # of a line's height: no stroke of a letter is wider
_SHARE_OF_STRONGEST, _WEAK, _STRONG = 0.3, 25, 60  # levels of grey: what counts as drawn, beside the strongest strokes of the line
_ROW = 0.6  # of the lower of two heights, for boxes to stand in one row
_WORD_GAP = 2.0  # heights between the words of one row


def text_reader() -> Reader:
    """Raises Unfit where OCR is not installed."""
    if not Reader.available():
        raise Unfit("FunctionName", "reading text needs the extra `ocr`, which is not installed here: `pip install 'sightline[ocr]'`")
    return Reader()


@dataclass(frozen=True, eq=False)
class Line:
    """A row of text, and how it looks in `area`, rows and columns of the strip: there, `strokes` marks what tells its letters from others
    and `cover` all that was drawn for them, a rim too; `grey` is that part of the strip.
    """

    text: str
    score: float
    box: Box
    area: tuple[slice, slice]
    strokes: Image
    cover: Image
    grey: Image

    def shown_in(self, grey: Image) -> bool:
        """Whether most of its letters stand at the same place of another frame of the strip, whatever is behind them."""
        return int(np.count_nonzero(self._same(grey))) >= _STAYS * int(np.count_nonzero(self.strokes))

    def unchanged_in(self, grey: Image) -> bool:
        """Whether all of them do: one letter may make another word."""
        same, strokes = (_by_letter(each, self.box.height) for each in (self._same(grey), self.strokes))
        return self.shown_in(grey) and bool(np.all(same >= _LETTER_STAYS * strokes))

    def _same(self, grey: Image) -> Image:
        same: Image = (cv2.absdiff(grey[self.area], self.grey) < _CONTRAST) & self.strokes
        return same

    def without(self, moving: Image) -> Line:
        """Its strokes without what moves between two frames that both show it: that belongs to what is behind."""
        still = ~moving[self.area]
        return replace(self, strokes=self.strokes & still, cover=self.cover & still)


class StripReader:
    """Reads a strip only when letters may have come or gone since it was read, and once more after that, when they have settled."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lines: Sequence[Line] = ()
        self._known: Image | None = None
        self._grey: Image | None = None
        self._settled = False
        self.readings = 0

    def lines(self, strip: Image, grey: Image) -> Sequence[Line]:
        """`strip` in BGR and the same in `grey`."""
        marked = _contrast(grey, max(9, grey.shape[0] // 12)) > _CONTRAST
        if not self._unchanged(marked, grey):
            self._settled = False
        elif self._settled:
            return self._lines
        else:
            self._settled = True
        self.readings += 1
        self._lines = self._told_apart([_line(each, grey) for each in _rows(self._reader.read(strip))], grey)
        self._known = cv2.dilate(marked.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self._grey = grey
        return self._lines

    def _unchanged(self, marked: Image, grey: Image) -> bool:
        if self._known is None:
            return False
        fresh = int(np.count_nonzero(marked & ~self._known))
        return fresh < _FRESH * marked.size and all(line.unchanged_in(grey) for line in self._lines)

    def _told_apart(self, lines: Sequence[Line], grey: Image) -> list[Line]:
        """The lines, those that the last reading had too without what moved behind them."""
        if self._grey is None:
            return list(lines)
        moving = cv2.absdiff(grey, self._grey) >= _CONTRAST
        stayed = [line for line in self._lines if line.shown_in(grey)]
        return [line.without(moving) if any(is_same(line, each) for each in stayed) else line for line in lines]


def is_same(one: Line, other: Line) -> bool:
    return one.text == other.text and overlap(one.box, other.box) > SAME_PLACE


def _contrast(grey: Image, width: float) -> Image:
    """By how many levels what is thinner than `width` is brighter, or darker, than both its sides."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(width), _odd(width)))
    bright, dark = (cv2.morphologyEx(grey, operation, kernel) for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    contrast: Image = cv2.max(bright, dark)
    return contrast


def _letters(grey: Image, height: float) -> Image:
    """The strokes of letters of a height: those brighter than what is around them, or those darker, whichever stand out more.

    Subtitles have a dark rim that is as strong as they are; between letters it looks like letters too.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(height / 2), _odd(height / 2)))
    darkest, middle, brightest = np.percentile(grey, (5, 50, 95))
    operation = cv2.MORPH_TOPHAT if brightest - middle >= middle - darkest else cv2.MORPH_BLACKHAT
    contrast = cv2.morphologyEx(grey, operation, kernel)
    limit, _ = cv2.threshold(contrast, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    marked: Image = contrast > max(_CONTRAST, limit)
    return marked


def drawn_over(grey: Image, height: float) -> Image:
    """Where something was drawn for letters of a height: their strokes, a rim and a shadow."""
    contrast = _contrast(grey, _THICKEST * height)
    limit = min(_STRONG, max(_WEAK, _SHARE_OF_STRONGEST * float(np.percentile(contrast, 98))))
    marked: Image = contrast > limit
    return marked


def _by_letter(strokes: Image, height: float) -> Image:
    """How many pixels of strokes there are in each stretch half as wide as the line is high: some of them lie within one letter."""
    width = max(1, round(height / 2))
    columns = np.count_nonzero(strokes, axis=0)
    counted: Image = np.add.reduceat(columns, np.arange(0, len(columns), width))
    return counted


def _odd(length: float) -> int:
    return max(3, round(length) | 1)


def _line(line: TextLine, grey: Image) -> Line:
    height, width = grey.shape[:2]
    margin = _MARGIN * line.box.height
    rows = slice(max(0, int(line.box.y - margin)), min(height, int(np.ceil(line.box.bottom + margin))))
    columns = slice(max(0, int(line.box.x - margin)), min(width, int(np.ceil(line.box.right + margin))))
    patch = grey[rows, columns].copy()
    return Line(
        line.text, line.score, line.box, (rows, columns), _letters(patch, line.box.height), drawn_over(patch, line.box.height), patch
    )


def _rows(lines: Sequence[TextLine]) -> list[TextLine]:
    """Words of one row that were found apart, as one line."""
    rows: list[TextLine] = []
    for line in sorted(lines, key=lambda each: each.box.x):
        for number, row in enumerate(rows):
            if _continues(row.box, line.box):
                rows[number] = TextLine(f"{row.text} {line.text}", min(row.score, line.score), _around(row.box, line.box))
                break
        else:
            rows.append(line)
    return sorted(rows, key=lambda each: each.box.y)


def _continues(row: Box, word: Box) -> bool:
    lower = min(row.height, word.height)
    shared = min(row.bottom, word.bottom) - max(row.y, word.y)
    return shared > _ROW * lower and word.x - row.right < _WORD_GAP * lower


def _around(one: Box, other: Box) -> Box:
    left, top = min(one.x, other.x), min(one.y, other.y)
    return Box(left, top, max(one.right, other.right) - left, max(one.bottom, other.bottom) - top)
