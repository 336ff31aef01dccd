"""VideoDelogo: a mark that stands still over a moving picture, painted over with what was seen behind it, or is around its strokes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from engines.imaging import Image
from engines.imaging.video import video_header
from engines.production.backdrop import Backdrop, around, partly
from engines.production.film import FilmWriter
from engines.production.motion import Motion
from engines.production.painting import Painter
from engines.production.planes import Planes, film_planes
from engines.production.regions import Columns, Rows, region_pixels
from engines.production.types import Box, Output, Produced

_SAMPLES, _LEAST_SAMPLES, _SAMPLED_SECONDS = 48, 12, 120.0
_SAMPLED_BYTES = 64_000_000  # of frames in grey, held at once
_CORNER = (0.3, 0.25)
"""Width and height, as shares of the picture, of each corner in which a mark is looked for."""
_STANDS_STILL = 6.0
"""Levels of grey by which a moving picture varies at least, over a clip; a camera's noise stays below."""
_EDGE = 60.0
"""Sobel's gradient, in levels of grey, of an edge that is there in half of the samples at least."""
_BOTH_WAYS = 0.15  # of the edges of a mark run across at least, and as many down
_STROKE, _STEADIER, _STEADY, _OPAQUE = 25.0, 0.7, 0.1, 2.0
"""What belongs to a mark stands out by so many levels in the median of all samples, or varies so little beside the picture around it."""
_WIDEST_STROKE = 1 / 24  # of the picture's height
_LEAST, _MOST = 0.0005, 0.04  # of the picture's area, that a mark found by itself takes up
_MARGIN = 0.012  # of the picture's height
_BESIDE, _VIEW = 1 / 16, 1 / 4
"""Of the picture's height, beside a mark: what is remembered, as it may come behind the mark; and what tells where the picture goes."""
_STILL_NOTE = "the picture behind {} hardly moves, so that it could not be told from a mark: {}"
Area = tuple[Rows, Columns]


class _Patch:
    """A part of the picture that holds a mark; `view` is the wider one by which the picture's way is told."""

    def __init__(self, mask: Image) -> None:
        """The mask is of the whole picture."""
        height = mask.shape[0]
        self._part, self._view = (around(mask, round(share * height)) for share in (_BESIDE, _VIEW))
        self._mask, self._clear = mask[self._part], cv2.bitwise_not(mask[self._view])
        self._light, self._colour = Painter(self._mask), Painter(partly(self._mask))
        self._motion, self._backdrop = Motion(), Backdrop()

    def paint(self, frame: Planes) -> None:
        part = frame.part(*self._part)
        place = self._motion.follow(frame.planes[0][self._view], self._clear)
        rest = self._backdrop.fill(part, self._mask, place)
        if not rest.any():
            return
        painted = (*self._light.painted(part[:1]), *self._colour.painted(part[1:]))
        for plane, instead, where in zip(part, painted, (rest, *[partly(rest)] * 2), strict=True):
            cv2.copyTo(instead, where, plane)


def remove_logo(source: Path, folder: Path, *, boxes: Sequence[Box] | None = None, models: Sequence[str] = ()) -> Produced:
    """An MP4 without the marks in the boxes; without boxes, without those that are found in the corners.

    The finding `boxes` holds where marks were painted over, as shares of the picture. `models` names kinds of marks; both are looked for
    in the same way. Raises UnreadableMedia, and Unfit for a box outside the picture.
    """
    header = video_header(source)
    width, height = header.width, header.height
    given = [region_pixels(box, width, height, "JobParams.Boxes") for box in boxes or ()]
    samples = _samples(source, header.seconds, width * height)
    notes: list[str] = []
    areas = given or _found(samples, notes)
    patches = [patch for patch in (_patch(samples, area, notes) for area in areas) if patch is not None]
    target = folder / "film.mp4"
    with FilmWriter(target, source) as film:
        for frame in film_planes(source):
            for patch in patches if frame.size == (width + width % 2, height + height % 2) else ():
                patch.paint(frame)
            film.write_planes(frame.time, frame)
    notes += ["LogoModel makes no difference here: every kind of mark is looked for in the same way"] if models else []
    return Produced((Output(target),), {"boxes": [_shares(area, width, height) for area in areas]}, tuple(dict.fromkeys(notes)))


def _patch(samples: Image, area: Area, notes: list[str]) -> _Patch | None:
    """None where there is no mark."""
    height, width = samples.shape[1:]
    mask = np.zeros((height, width), np.uint8)
    mask[area] = _mark(samples, area, notes)
    # Beyond the area, too: a box is seldom wide enough for what compression smeared.
    grown = max(5, round(height / 140) | 1)
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grown, grown)))
    return _Patch(mask) if mask.any() and not partly(mask[around(mask, 2)]).all() else None


def _samples(source: Path, seconds: float | None, pixels: int) -> Image:
    """The light of frames, count x height x width, spread over the beginning of the clip: any will do, so none that no other needs."""
    count = max(_LEAST_SAMPLES, min(_SAMPLES, _SAMPLED_BYTES // pixels))
    rate = count / min(seconds or _SAMPLED_SECONDS, _SAMPLED_SECONDS)
    taken = [frame.planes[0].copy() for frame in film_planes(source, ((0.0, _SAMPLED_SECONDS),), rate, "NONREF")]
    return np.stack([each for each in taken if each.shape == taken[0].shape])


def _found(samples: Image, notes: list[str]) -> list[Area]:
    """Where edges stand still before a picture that moves: in the corners, where marks are put."""
    height, width = samples.shape[1:]
    wide, high = round(_CORNER[0] * width), round(_CORNER[1] * height)
    found: list[Area] = []
    for top in (0, height - high):
        for left in (0, width - wide):
            corner = samples[:, top : top + high, left : left + wide]
            if float(np.median(_variation(corner))) < _STANDS_STILL:
                notes.append(_STILL_NOTE.format("a corner", "the picture was left alone there"))
            elif (area := _standing(corner, height, width)) is not None:
                found.append((slice(top + area[0].start, top + area[0].stop), slice(left + area[1].start, left + area[1].stop)))
    if not found:
        notes.append("no mark was found in the corners: the picture is the same. JobParams.Boxes says where one is")
    return found


def _standing(corner: Image, height: int, width: int) -> Area | None:
    across, down = _standing_edges(corner, (1, 0)), _standing_edges(corner, (0, 1))
    size = height // 24
    joined = cv2.morphologyEx((across | down).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    count, parts, measures, _ = cv2.connectedComponentsWithStats(joined)
    wanted = []
    for number in range(1, count):
        part = parts == number
        # What stands still in a picture that pans are the edges along its way, and no others.
        both = min(int(np.count_nonzero(across & part)), int(np.count_nonzero(down & part)))
        if _LEAST <= measures[number][4] / (height * width) <= _MOST and both >= _BOTH_WAYS * np.count_nonzero((across | down) & part):
            wanted.append(measures[number])
    if not wanted:
        return None
    left, top = min(each[0] for each in wanted), min(each[1] for each in wanted)
    right, bottom = max(each[0] + each[2] for each in wanted), max(each[1] + each[3] for each in wanted)
    margin = round(_MARGIN * height)
    return (
        slice(max(0, int(top) - margin), min(corner.shape[1], int(bottom) + margin)),
        slice(max(0, int(left) - margin), min(corner.shape[2], int(right) + margin)),
    )


def _standing_edges(corner: Image, direction: tuple[int, int]) -> Image:
    gradient: Image = np.median([cv2.Sobel(each, cv2.CV_16S, *direction) for each in corner], axis=0)
    return np.abs(gradient) > _EDGE


def _mark(samples: Image, area: Area, notes: list[str]) -> Image:
    """255 where the mark is, within the area: what stands out of the median, in which all that moves is blurred, and what never varies."""
    part = samples[:, area[0], area[1]]
    height = samples.shape[1]
    variation = _variation(part)
    usual = _usual_variation(samples, area)
    middle = np.median(part, axis=0).astype(np.uint8)
    size = max(7, round(_WIDEST_STROKE * height) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    contrast = cv2.max(cv2.morphologyEx(middle, cv2.MORPH_TOPHAT, kernel), cv2.morphologyEx(middle, cv2.MORPH_BLACKHAT, kernel))
    mark = contrast > _STROKE
    if usual < _STANDS_STILL:
        notes.append(_STILL_NOTE.format("a box", "what stands out there was painted over, mark or not"))
    else:
        # What lies between two strokes stands out as they do, but varies.
        nearby = cv2.blur(variation, (3 * size, 3 * size))
        mark = (mark & (variation < _STEADIER * nearby)) | (variation < np.maximum(_STEADY * nearby, _OPAQUE))
    # A plain stretch of the picture may never vary either, but it has no standing edge.
    edges = (_standing_edges(part, (1, 0)) | _standing_edges(part, (0, 1))).astype(np.uint8) * 255
    marked: Image = cv2.dilate(edges, kernel) & (mark.astype(np.uint8) * 255)
    return marked


def _usual_variation(samples: Image, area: Area) -> float:
    """Of the picture around the area, as wide again on each side."""
    rows, columns = area
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    around = samples[:, max(0, rows.start - high) : rows.stop + high, max(0, columns.start - wide) : columns.stop + wide]
    return float(np.median(_variation(around)))


def _variation(samples: Image) -> Image:
    """The standard deviation of each pixel; frame by frame, as numpy's own would hold them all as floating point."""
    total, squares = (np.zeros(samples.shape[1:], np.float32) for _ in range(2))
    for sample in samples:
        cv2.accumulate(sample, total)
        cv2.accumulateSquare(sample, squares)
    deviation: Image = np.sqrt(np.maximum(squares / len(samples) - np.square(total / len(samples)), 0))
    return deviation


def _shares(area: Area, width: int, height: int) -> list[float]:
    rows, columns = area
    shares = (columns.start / width, rows.start / height, (columns.stop - columns.start) / width, (rows.stop - rows.start) / height)
    return [round(each, 4) for each in shares]
