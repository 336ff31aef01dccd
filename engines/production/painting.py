"""Painting over a part of a picture with what is around it."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from engines.imaging import Image

_AROUND = 3
_ROUNDS = 40
_VICINITY = 10
"""Pixels around one that is covered, by which to tell whether the picture behind it is still the remembered one."""
_ENOUGH = 0.05  # of the vicinity, to be uncovered and remembered
_ALIKE = 3.0
"""Levels by which the pixels of a picture that stays differ on average, from noise and compression."""


def paint_over(image: Image, mask: Image) -> None:
    """In place: each pixel that `mask` marks takes the nearest unmarked pixel's colour, and these are then evened out among themselves.

    For what is as thin as letters that is nearer to the truth than OpenCV's own inpainting, and costs a tenth.
    """
    rows, columns = _bounds(mask)
    if rows.stop == 0:
        return
    part, marked = image[rows, columns], np.ascontiguousarray(mask[rows, columns])
    if marked.all():
        return
    _, labels = cv2.distanceTransformWithLabels(marked, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    clear = np.flatnonzero(marked == 0)
    nearest = np.zeros(int(labels.max()) + 1, np.intp)
    nearest[labels.ravel()[clear]] = clear
    filled = part.reshape(-1, part.shape[2])[nearest[labels.ravel()]].reshape(part.shape).astype(np.float32)
    for _ in range(_ROUNDS):
        cv2.copyTo(cv2.blur(filled, (3, 3)), marked, filled)
    cv2.copyTo(np.rint(filled).astype(np.uint8), marked, part)


class Painter:
    """Paints over what a mask marks that stays from picture to picture: each marked pixel becomes the mean of the eight around it.

    That is where `paint_over` would come to with ever more rounds. The equations are solved once for the mask, which leaves a
    hundredth of the work for a picture.
    """

    def __init__(self, mask: Image) -> None:
        """`mask` must leave a pixel unmarked, beside every stretch that it marks."""
        self._marked = mask > 0
        size = mask.shape
        place = np.full(size, -1, np.intp)
        place[self._marked] = np.arange(np.count_nonzero(self._marked))
        rows, columns = np.nonzero(self._marked)
        count = len(rows)
        inner, outer, beside = [], [], np.zeros(count)
        for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
            at_row, at_column = rows + down, columns + right
            there = np.flatnonzero((at_row >= 0) & (at_row < size[0]) & (at_column >= 0) & (at_column < size[1]))
            beside[there] += 1
            near = place[at_row[there], at_column[there]]
            inner.append((there[near >= 0], near[near >= 0]))
            outer.append((there[near < 0], (at_row[there] * size[1] + at_column[there])[near < 0]))
        within, without = (np.concatenate(each, axis=1) for each in (inner, outer))
        ones = np.ones(within.shape[1])
        self._solved = splu(
            (sparse.diags(beside) - sparse.csc_matrix((ones, within), (count, count))).tocsc().astype(np.float32),
            permc_spec="MMD_AT_PLUS_A",
        )
        self._around = sparse.csr_matrix((np.ones(without.shape[1], np.float32), without), (count, size[0] * size[1]))

    def paint(self, image: Image) -> None:
        """In place; one plane, as high and wide as the mask."""
        levels = self._solved.solve(self._around @ image.reshape(-1).astype(np.float32))
        image[self._marked] = np.clip(np.rint(levels), 0, 255)


class Backdrop:
    """What was last seen of each pixel before something was laid over it: where nothing has moved since, the truth is known.

    Whether it has is told by what is left uncovered around: there, remembered and shown must be alike.
    """

    def __init__(self) -> None:
        self._seen: Image | None = None
        self._known: Image | None = None

    def fill(self, image: Image, mask: Image) -> None:
        """In place: what `mask` marks is taken from memory where that still holds, and painted over elsewhere. Frames come in order."""
        if self._seen is None or self._known is None or self._seen.shape != image.shape:
            self._seen, self._known = np.zeros_like(image), np.zeros(image.shape[:2], np.uint8)
        fresh = cv2.bitwise_not(mask)
        rows, columns = _bounds(mask, 2 * _VICINITY)
        if rows.stop:
            part, marked, known = image[rows, columns], mask[rows, columns].copy(), self._known[rows, columns]
            alike = self._alike(part, marked, rows, columns)
            # Beside what is covered, memory stays as old as it is beneath, or it could not tell whether that still holds.
            vicinity = cv2.dilate(marked, np.ones((2 * _VICINITY + 1, 2 * _VICINITY + 1), np.uint8))
            fresh[rows, columns] &= cv2.bitwise_not(vicinity) | alike
            holds = marked & known & alike
            cv2.copyTo(self._seen[rows, columns], holds, part)
            paint_over(part, marked & cv2.bitwise_not(holds))
        cv2.copyTo(image, fresh, self._seen)
        self._known |= fresh

    def _alike(self, part: Image, marked: Image, rows: slice, columns: slice) -> Image:
        """255 where memory and the picture are alike in what of the vicinity is known and not covered."""
        assert self._seen is not None
        assert self._known is not None
        beside = ((marked == 0) & (self._known[rows, columns] > 0)).astype(np.float32)
        change = cv2.absdiff(part, self._seen[rows, columns]).max(axis=2).astype(np.float32) * beside
        size = (2 * _VICINITY + 1, 2 * _VICINITY + 1)
        weight, total = cv2.blur(beside, size), cv2.blur(change, size)
        alike: Image = ((weight > _ENOUGH) & (total < _ALIKE * weight)).astype(np.uint8) * 255
        return alike


def _bounds(mask: Image, around: int = _AROUND) -> tuple[slice, slice]:
    """Around what is marked, with a little of what is not."""
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return slice(0, 0), slice(0, 0)
    return slice(max(0, top - around), top + height + around), slice(max(0, left - around), left + width + around)
