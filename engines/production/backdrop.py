"""What was last seen of a picture before something was laid over it: where that still holds, the truth is known.

The memory goes with the picture, as far as it goes as a whole. Whether it holds is told by what is left uncovered around: there,
remembered and shown must be alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.production.motion import Shift
from engines.production.planes import even

_VICINITY, _BEYOND = 10, 1.5
"""Pixels around one that is covered, by which to tell whether the picture behind it is still the remembered one.

At least; and so many times as far as it is from the middle of what is covered to its edge, or nothing would be seen from there.
"""
_ENOUGH = 0.05  # of the vicinity, to be uncovered and remembered
_ALIKE, _ALIKE_SHARE = 3.0, 0.25
"""Levels, and a share of its own contrast, by which a vicinity that stays differs: from noise and compression."""
_BRIGHTER = 2.0  # levels, by which a vicinity may have become brighter or darker as a whole
_FINE, _PLAIN, _SURE = (9, 9), 3.0, 4.0
_BETWEEN = 0.08  # pixel, beside which it is at the place of another
_PARTS, _BOW, _NEIGHBOURS = 32, -0.75, np.ones((5, 5), np.uint8)
_STILL = 0.5  # pixel, by which a camera that stands still seems to move

Levels = npt.NDArray[Any]


class Backdrop:
    """Of a part of a film in planes: light, and two of colour half as wide and high. Frames come in order."""

    def __init__(self) -> None:
        self._light, self._colour = _Memory([], np.zeros((0, 0), np.uint8)), _Memory([], np.zeros((0, 0), np.uint8))
        self._origin = self._place = np.zeros(2)

    def fill(self, part: Sequence[Image], mask: Image, place: Shift) -> Image:
        """In place: what `mask` marks is taken from memory where that still holds; 255 where it does not.

        The planes begin and end at even places, and the mask is as large as that of light. `place` is where the picture has gone since
        the first frame, in pixels right and down.
        """
        if self._light.known.shape != mask.shape:
            self._light, self._colour = _Memory.of(part[:1]), _Memory.of(part[1:])
        still = bool(np.abs(np.subtract(place, self._place)).max() < _STILL)
        self._place = np.array(place)
        between = self._follow()
        rest, fresh = mask, cv2.bitwise_not(mask)
        bounds = around(mask, 2 * (reach := _reach(mask))) if mask.any() else None
        if bounds and np.any(self._light.known[bounds] & mask[bounds]):
            rest, fresh = rest.copy(), fresh.copy()
            holds, alike = self._recall(part, mask, bounds, reach, between)
            rest[bounds] &= cv2.bitwise_not(holds)
            if still:
                # Beside what is covered, memory stays as old as it is beneath, or it could not tell whether that still holds.
                vicinity = cv2.dilate(mask[bounds], np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
                fresh[bounds] &= cv2.bitwise_not(vicinity) | alike
            else:
                self._light.known[bounds] &= cv2.bitwise_not(mask[bounds]) | alike
        self._light.keep(part[:1], fresh, -between)
        self._colour.keep(part[1:], _wholly(fresh), -between / 2)
        return rest

    def _follow(self) -> Levels:
        """How far the picture now lies beside its memory, which goes by an even number of pixels, so that light and colour go together."""
        origin = 2 * np.rint(self._place / 2)
        right, down = (int(each) for each in origin - self._origin)
        self._origin = origin
        if right or down:
            self._light.go(right, down)
            self._colour.go(right // 2, down // 2)
        between: Levels = self._place - origin
        return between

    def _recall(self, part: Sequence[Image], mask: Image, bounds: tuple[slice, slice], reach: int, between: Levels) -> tuple[Image, Image]:
        """255 where the covered picture was taken from memory, and where memory and the picture are alike; within the bounds."""
        halved = (_half_slice(bounds[0]), _half_slice(bounds[1]))
        light, colour = self._light.at(bounds, between), self._colour.at(halved, between / 2)
        marked, shown = mask[bounds], part[0][bounds]
        # Every second pixel tells enough.
        vicinity = _Vicinity(((marked == 0) & (light.known == 255))[::2, ::2], reach // 2)
        brighter, unlike = vicinity.spread(cv2.subtract(shown[::2, ::2], light.planes[0][::2, ::2], dtype=cv2.CV_32F))
        _, contrast = vicinity.spread(shown[::2, ::2].astype(np.float32))
        limit = np.maximum(_ALIKE**2, _ALIKE_SHARE**2 * contrast)
        likely = ((vicinity.weight > _ENOUGH) & (unlike < limit) & (np.abs(brighter) < _BRIGHTER)).astype(np.uint8) * 255
        alike = _twice(likely, cv2.INTER_NEAREST)
        holds = marked & light.known & alike & _detailed(light.planes[0], unlike, reach)
        brighter = _twice(brighter, cv2.INTER_LINEAR)
        _lay(shown, light.planes[0], brighter, holds)
        # What is around will be remembered as bright as it now is.
        dimmed = self._light.planes[0][bounds]
        _lay(dimmed, dimmed, brighter, marked & alike)
        wholly = likely & colour.known & cv2.bitwise_not(partly(marked & cv2.bitwise_not(holds))) & partly(marked)
        for plane, remembered, memory in zip(part[1:], colour.planes, self._colour.planes, strict=True):
            shown = plane[halved]
            change, _ = vicinity.spread(cv2.subtract(shown, remembered, dtype=cv2.CV_32F))
            _lay(shown, remembered, change, wholly)
            _lay(memory[halved], memory[halved], change, partly(marked) & likely)
        return holds & (_twice(wholly, cv2.INTER_NEAREST)), alike


@dataclass
class _Memory:
    """Planes of one size, and 255 where they are known."""

    planes: list[Image]
    known: Image

    @staticmethod
    def of(planes: Sequence[Image]) -> _Memory:
        return _Memory([np.zeros_like(plane) for plane in planes], np.zeros_like(planes[0]))

    def go(self, right: int, down: int) -> None:
        self.planes = [_gone(plane, right, down) for plane in self.planes]
        self.known = _gone(self.known, right, down)

    def at(self, bounds: tuple[slice, slice], between: Levels) -> _Memory:
        return _Memory([_moved(plane[bounds], between) for plane in self.planes], _wholly_moved(self.known[bounds], between))

    def keep(self, planes: Sequence[Image], fresh: Image, between: Levels) -> None:
        fresh = _wholly_moved(fresh, between)
        self.known |= fresh
        for plane, memory in zip(planes, self.planes, strict=True):
            cv2.copyTo(_moved(plane, between), fresh, memory)


class _Vicinity:
    """What is told of each pixel by those around it that are not covered."""

    def __init__(self, beside: Image, reach: int) -> None:
        self._size = (2 * reach + 1, 2 * reach + 1)
        self._beside = beside.astype(np.float32)
        self.weight = cv2.blur(self._beside, self._size)
        self._share = 1 / np.maximum(self.weight, 1e-6)

    def spread(self, levels: Levels) -> tuple[Levels, Levels]:
        """Mean and variance."""
        levels = levels * self._beside
        mean = cv2.blur(levels, self._size) * self._share
        return mean, cv2.blur(levels * levels, self._size) * self._share - mean * mean


def _moved(plane: Image, between: Levels) -> Image:
    """By a pixel at most, with the cubic convolution that OpenCV's warpAffine does five times slower (R. Keys, 1981)."""
    if _on_grid(between):
        return plane
    across, down = (_taps(round(_PARTS * way)) for way in between)
    moved: Image = cv2.sepFilter2D(plane, -1, across, down, borderType=cv2.BORDER_REPLICATE)
    return moved


@cache
def _taps(parts: int) -> Levels:
    distance = np.abs(np.arange(-2, 3) + parts / _PARTS)
    near, far = ((_BOW + 2) * distance - (_BOW + 3)) * distance**2 + 1, ((distance - 5) * distance + 8) * distance - 4
    taps: Levels = np.where(distance <= 1, near, np.where(distance < 2, _BOW * far, 0))
    return taps


def _on_grid(between: Levels) -> bool:
    return bool(np.abs(between).max() < _BETWEEN)


def _wholly_moved(mask: Image, between: Levels) -> Image:
    """255 where all that `_moved` mixes most of is marked."""
    return mask if _on_grid(between) else cv2.erode(mask, _NEIGHBOURS)


def _gone(plane: Image, right: int, down: int) -> Image:
    """By whole pixels; 0 comes after it."""
    height, width = plane.shape
    gone = np.zeros_like(plane)
    if abs(right) < width and abs(down) < height:
        gone[_overlap(height, down), _overlap(width, right)] = plane[_overlap(height, -down), _overlap(width, -right)]
    return gone


def _overlap(length: int, way: int) -> slice:
    return slice(max(0, way), length + min(0, way))


def _detailed(remembered: Image, unlike: Levels, reach: int) -> Image:
    """255 near what is remembered with more in it, that painting over would lose, than the vicinity has changed by."""
    fine = cv2.subtract(remembered, cv2.blur(remembered, _FINE), dtype=cv2.CV_32F)
    detail = cv2.blur(fine * fine, _FINE)
    detailed = (detail > np.maximum(_PLAIN**2, _SURE * _twice(unlike, cv2.INTER_LINEAR))).astype(np.uint8) * 255
    near: Image = cv2.dilate(detailed, np.ones((reach + 1, reach + 1), np.uint8))
    return near


def _lay(shown: Image, remembered: Image, brighter: Levels, where: Image) -> None:
    cv2.copyTo(cv2.add(remembered, brighter, dtype=cv2.CV_8U), where, shown)


def _wholly(mask: Image) -> Image:
    """Of half the size: 255 where all four are."""
    wholly: Image = (_half(mask) == 255).astype(np.uint8) * 255
    return wholly


def partly(mask: Image) -> Image:
    """Of half the size: 255 where any of the four is."""
    partly: Image = (_half(mask) > 0).astype(np.uint8) * 255
    return partly


def _half(mask: Image) -> Image:
    half: Image = cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return half


def _twice(plane: Levels, interpolation: int) -> Levels:
    twice: Levels = cv2.resize(plane, None, fx=2, fy=2, interpolation=interpolation)
    return twice


def _half_slice(part: slice) -> slice:
    return slice(part.start // 2, part.stop // 2)


def _reach(mask: Image) -> int:
    deepest = 2 * float(cv2.distanceTransform(partly(mask), cv2.DIST_L2, 3).max())
    return max(_VICINITY, round(_BEYOND * deepest))


def around(mask: Image, margin: int) -> tuple[slice, slice]:
    """The rows and columns of what is marked, with a margin, from even places to even places."""
    left, top, width, height = cv2.boundingRect(mask)
    rows, columns = slice(top - margin, top + height + margin), slice(left - margin, left + width + margin)
    return even(rows, mask.shape[0]), even(columns, mask.shape[1])
