"""Painting over a part of a picture with what is around it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from engines.imaging import Image

_AROUND = 3
_ROUNDS = 40


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
    filled = part.reshape(marked.size, -1)[nearest[labels.ravel()]].reshape(part.shape).astype(np.float32)
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

    def painted(self, planes: Sequence[Image]) -> list[Image]:
        """Copies of planes as high and wide as the mask."""
        known = np.stack([plane.ravel() for plane in planes], axis=1).astype(np.float32)
        levels = np.clip(np.rint(self._solved.solve(self._around @ known)), 0, 255).astype(np.uint8)
        copies = [plane.copy() for plane in planes]
        for number, copy in enumerate(copies):
            copy[self._marked] = levels[:, number]
        return copies


def _bounds(mask: Image, around: int = _AROUND) -> tuple[slice, slice]:
    """Around what is marked, with a little of what is not."""
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return slice(0, 0), slice(0, 0)
    return slice(max(0, top - around), top + height + around), slice(max(0, left - around), left + width + around)
