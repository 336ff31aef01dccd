"""Regions given as shares of the picture, as pixels of it."""

from __future__ import annotations

from collections.abc import Sequence

from engines.production.types import Box, Unfit

_ROUNDING = 0.001
"""Thirds written with three digits may add up to a little more than the whole."""

Rows = slice
Columns = slice


def region_pixels(box: Box, width: int, height: int, field: str) -> tuple[Rows, Columns]:
    """Where the box lies in a picture of this size. Raises Unfit, naming the field, for a box that is not inside it or holds no pixel."""
    left, top, wide, high = box
    if min(left, top) < 0 or left + wide > 1 + _ROUNDING or top + high > 1 + _ROUNDING:
        right, bottom = left + wide, top + high
        raise Unfit(
            field, f"[{left:g}, {top:g}, {wide:g}, {high:g}] reaches to {right:g}, {bottom:g}: outside of the picture, which is 0 to 1"
        )
    rows = slice(round(top * height), min(height, round((top + high) * height)))
    columns = slice(round(left * width), min(width, round((left + wide) * width)))
    if rows.stop - rows.start < 1 or columns.stop - columns.start < 1:
        raise Unfit(field, f"[{left:g}, {top:g}, {wide:g}, {high:g}] holds no pixel of a picture of {width}x{height}")
    return rows, columns


def regions_pixels(boxes: Sequence[Box], width: int, height: int, field: str) -> list[tuple[Rows, Columns]]:
    return [region_pixels(box, width, height, field) for box in boxes]
