"""Boxes, in pixels of the frame that is analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """The upper left corner, width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def scaled(self, factor: float) -> Box:
        return Box(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, share: float, width: float, height: float) -> Box:
        """Grown by a share of its size on each side, within a frame."""
        left, top = max(0.0, self.x - self.width * share), max(0.0, self.y - self.height * share)
        right, bottom = min(width, self.right + self.width * share), min(height, self.bottom + self.height * share)
        return Box(left, top, max(0.0, right - left), max(0.0, bottom - top))

    def is_within(self, width: float, height: float) -> bool:
        """Whether no edge of a frame cuts it."""
        return self.x > 1 and self.y > 1 and self.right < width - 1 and self.bottom < height - 1

    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns, to cut the box out of an image."""
        return slice(max(0, round(self.y)), max(0, round(self.bottom))), slice(max(0, round(self.x)), max(0, round(self.right)))


def intersection(a: Box, b: Box) -> float:
    width = min(a.right, b.right) - max(a.x, b.x)
    height = min(a.bottom, b.bottom) - max(a.y, b.y)
    return width * height if width > 0 and height > 0 else 0.0


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    shared = intersection(a, b)
    return shared / (a.area + b.area - shared) if shared else 0.0


def inside(a: Box, b: Box) -> float:
    """The share of `a` that lies in `b`."""
    return intersection(a, b) / a.area if a.area else 0.0


def union(boxes: Iterable[Box]) -> Box:
    every = list(boxes)
    left, top = min(box.x for box in every), min(box.y for box in every)
    return Box(left, top, max(box.right for box in every) - left, max(box.bottom for box in every) - top)


def suppress(scored: Sequence[tuple[Box, float]], threshold: float) -> list[int]:
    """Non-maximum suppression: the indices that stay, best first, none overlapping a better one by more than `threshold`."""
    kept: list[int] = []
    for index in sorted(range(len(scored)), key=lambda each: -scored[each][1]):
        if all(overlap(scored[index][0], scored[other][0]) <= threshold for other in kept):
            kept.append(index)
    return kept
