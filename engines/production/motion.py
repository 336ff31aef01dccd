"""How far a picture has moved, told by what is not covered by something that stands still in front of it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image

_POINTS = 1500
_ROUNDS, _SMALL = 8, 0.03
_STIFF, _LOOSE = 300.0, 1.0
"""Against the squares of slopes (levels per pixel) of all points: where nothing tells a way, the picture goes on as before."""
_OUTLIER, _AGREED = 8.0, 0.6  # levels of grey; share of the points
_LEAST_SEEN = 0.25  # of the anchor's points
_FARTHEST = 4.0
"""Pixels from an anchor to a new one: within them, a camera that stands still has one anchor and does not drift."""
_COARSE, _REACH = 4, 6
_BESIDE = np.ones((5, 5), np.uint8)

Shift = tuple[float, float]
Numbers = npt.NDArray[Any]
_NONE = np.zeros(2, np.float32)


class Motion:
    """Follows a picture at half its size from an anchor: a frame in which the next ones are found until they have moved away from it."""

    def __init__(self) -> None:
        self._anchor: _Anchor | None = None
        self._place = self._last = _NONE
        self._speed: Numbers | None = None

    def follow(self, light: Image, clear: Image) -> Shift:
        """Where the picture has gone since the first frame, in pixels right and down. Where that can't be told it is taken to have stayed.

        `clear` is 255 where nothing lies over the picture.
        """
        small, clear = _halved(light, clear)
        shift = self._shift(small, clear)
        place = self._last if shift is None else self._place + shift
        self._speed, self._last = None if shift is None else place - self._last, place
        if shift is None or np.abs(shift).max() > _FARTHEST:
            self._anchor, self._place = _Anchor(small, clear), place
        return 2 * float(place[0]), 2 * float(place[1])

    def _shift(self, small: Image, clear: Image) -> Numbers | None:
        if self._anchor is None or self._anchor.picture.shape != small.shape:
            return None
        if self._speed is not None:
            found = self._anchor.found(small, clear, self._last + self._speed - self._place, _STIFF)
            if found is not None:
                return found
        return self._anchor.found(small, clear, self._anchor.coarse(small, clear), _LOOSE)


def _halved(light: Image, clear: Image) -> tuple[Image, Image]:
    """Softened, too: steps are followed down a slope, and steep edges have a short one."""
    small, wholly = (cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for each in (light, clear))
    return cv2.blur(small, (3, 3)), cv2.erode((wholly == 255).astype(np.uint8), _BESIDE, borderValue=0)


class _Anchor:
    """Points of a frame with their slopes, from which Gauss's and Newton's steps lead to where they are in another (Lucas and Kanade)."""

    def __init__(self, picture: Image, clear: Image) -> None:
        self.picture = picture
        step = max(1, round((picture.size / _POINTS) ** 0.5))
        rows, columns = (each * step + step // 2 for each in np.nonzero(clear[step // 2 :: step, step // 2 :: step]))
        self._points = np.stack((columns, rows), axis=1).astype(np.float32)
        across, down = (cv2.Sobel(picture, cv2.CV_32F, *way, scale=1 / 8)[rows, columns] for way in ((1, 0), (0, 1)))
        self._slopes: Numbers = np.stack((across, down, np.ones_like(across)), axis=1)
        self._levels: Numbers = picture[rows, columns].astype(np.float32)

    def found(self, picture: Image, clear: Image, guess: Numbers, stiff: float) -> Numbers | None:
        """None where most points are seen no longer, or as they were not."""
        shift, prior = guess, np.diag((stiff, stiff, _LOOSE)).astype(np.float32)
        seen = self._at(shift, clear, cv2.INTER_NEAREST) > 0
        for _ in range(_ROUNDS):
            change = self._at(shift, picture, cv2.INTER_LINEAR).astype(np.float32) - self._levels
            change -= float(change[seen].mean()) if seen.any() else 0.0
            differ = np.abs(change)
            slopes = self._slopes[agreed := seen & (differ < max(_OUTLIER, 2 * float(differ.mean())))]
            pull = slopes.T @ change[agreed]
            pull[:2] += stiff * (shift - guess)
            _, step = cv2.solve(slopes.T @ slopes + prior, pull)
            shift = shift - step[:2, 0]
            if np.abs(step[:2]).max() < _SMALL:
                break
        count, alike = (np.count_nonzero(each) for each in (seen, seen & (differ < _OUTLIER)))
        return shift if count > _LEAST_SEEN * len(seen) and alike >= _AGREED * count else None

    def _at(self, shift: Numbers, plane: Image, interpolation: int) -> Image:
        """What the points have become after the shift; 0 beyond the edge."""
        places = (self._points + shift).astype(np.float32)
        levels: Image = cv2.remap(plane, places[:, None], None, interpolation)[:, 0]
        return levels

    def coarse(self, picture: Image, clear: Image) -> Numbers:
        """By trying all ways on smaller pictures."""
        size = (picture.shape[1] // _COARSE, picture.shape[0] // _COARSE)
        reach = min(_REACH, (min(size) - 1) // 4)
        if reach < 1:
            return _NONE
        free = cv2.resize(clear * 255, size, interpolation=cv2.INTER_AREA) == 255
        before, after = (_levelled(cv2.resize(each, size, interpolation=cv2.INTER_AREA), free) for each in (self.picture, picture))
        inner = (slice(reach, -reach), slice(reach, -reach))
        difference = cv2.matchTemplate(before, after[inner], cv2.TM_SQDIFF, mask=free[inner].astype(np.uint8))
        _, _, (left, top), _ = cv2.minMaxLoc(difference)
        return np.array([reach - left, reach - top], np.float32) * _COARSE


def _levelled(picture: Image, free: Image) -> Numbers:
    """About 0, however bright the picture is."""
    return picture.astype(np.float32) - cv2.mean(picture, free.astype(np.uint8))[0]
