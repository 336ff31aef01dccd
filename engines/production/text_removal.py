"""VideoDetext: the captions of a film painted over with what was seen behind their letters, or is around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from engines.imaging import Image
from engines.imaging.video import EVERYTHING, video_header
from engines.production.backdrop import Backdrop, partly
from engines.production.film import FilmWriter
from engines.production.lettering import Line, StripReader, text_reader
from engines.production.motion import Motion
from engines.production.painting import paint_over
from engines.production.planes import Planes, even, film_planes
from engines.production.regions import region_pixels
from engines.production.types import Box, Output, Produced, Unfit
from engines.understanding.reading import Reader

BOTTOM: Box = (0.0, 0.7, 1.0, 0.3)
"""The region where seed 004 looks when none is given."""

_EVERY = 5  # frames from one look at the text to the next
_SMEAR = 0.08  # of a line's height
_BLACK, _STRETCH = 16, 255 / 219  # of the limited range of light (ITU-R BT.601)
_TOLERANCE = 0.5  # seconds by which a clip's length may be told too short


def remove_text(
    source: Path, folder: Path, *, regions: Sequence[Box] | None = None, times: Sequence[tuple[float, float]] | None = None
) -> Produced:
    """An MP4 without the text that is shown in the regions, within the times (seconds); all else stays as the encoder leaves it.

    The finding `frames` counts those that were changed. Raises UnreadableMedia, and Unfit for a region outside the picture, a time outside
    the clip, and where OCR is not installed.
    """
    header = video_header(source)
    wanted = (BOTTOM,) if regions is None else regions
    for box in wanted:
        region_pixels(box, header.width, header.height, "JobParams.LimitRegion")
    _check_times(times or (), header.seconds)
    reader = text_reader()
    remover = _Remover([_Strip(reader, box) for box in wanted], times)
    target = folder / "film.mp4"
    with FilmWriter(target, source) as film:
        for frame in remover.without_text(film_planes(source)):
            film.write_planes(frame.time, frame)
    notes = () if remover.changed else ("no text was found there: the picture is the same",)
    return Produced((Output(target),), {"frames": remover.changed}, notes)


def _check_times(times: Sequence[tuple[float, float]], seconds: float | None) -> None:
    for start, end in times:
        if not 0 <= start < end:
            raise Unfit(
                "JobParams.Time", f"[{start:g}, {end:g}] is no stretch of time: it must begin at 0 or later and end after it begins"
            )
        if seconds is not None and end > seconds + _TOLERANCE:
            raise Unfit("JobParams.Time", f"[{start:g}, {end:g}] ends at {end:g} s; the clip has {seconds:.3g} s")


class _Remover:
    """Holds the frames from one look to the next: text that is gone by the next look, or was not there yet, is known from the other."""

    def __init__(self, strips: Sequence[_Strip], times: Sequence[tuple[float, float]] | None) -> None:
        self._strips = strips
        self._times = times if times is not None else EVERYTHING
        self.changed = 0

    def without_text(self, frames: Iterator[Planes]) -> Iterator[Planes]:
        held: list[Planes] = []
        for frame in frames:
            if held and frame.size != held[0].size:
                yield from self._cleaned(held)
                held = []
            held.append(frame)
            if len(held) == _EVERY:
                yield from self._cleaned(held)
                held = []
        if held:
            yield from self._cleaned(held)

    def _cleaned(self, held: Sequence[Planes]) -> Iterator[Planes]:
        due = [any(start <= frame.time < end for start, end in self._times) for frame in held]
        if any(due):
            for strip in self._strips:
                strip.look(held[-1])
        for frame, is_due in zip(held, due, strict=True):
            if is_due:
                self.changed += max(strip.clean(frame) for strip in self._strips)
            yield frame


class _Strip:
    """One region: `look` reads it, `clean` takes out of a frame what was read in it by the last look or the one before."""

    def __init__(self, reader: Reader, region: Box) -> None:
        self._text = reader
        self._region = region
        self._size = (0, 0)

    def _begin(self, size: tuple[int, int]) -> None:
        """Anew: a broadcast may change its size on the way."""
        self._size = size
        self._reader = StripReader(self._text)
        self._lines: Sequence[Line] = ()
        self._before: Sequence[Line] = ()
        self._motion, self._backdrop = Motion(), Backdrop()

    def look(self, frame: Planes) -> None:
        if frame.size != self._size:
            self._begin(frame.size)
        rows, columns = self._place(frame)
        light = frame.planes[0][rows, columns]
        self._before, self._lines = self._lines, self._reader.lines(frame.image(rows, columns), _grey(light))

    def clean(self, frame: Planes) -> bool:
        part = frame.part(*self._place(frame))
        lines = [*self._lines, *(line for line in self._before if all(line is not each for each in self._lines))]
        grey = _grey(part[0]) if lines else None
        shown = [line for line in lines if grey is not None and line.shown_in(grey)]
        mask = _mask(shown, part[0].shape)
        rest = self._backdrop.fill(part, mask, self._motion.follow(part[0], cv2.bitwise_not(mask)))
        if rest.any():
            _paint_over(part, rest)
        return bool(shown)

    def _place(self, frame: Planes) -> tuple[slice, slice]:
        width, height = frame.size
        rows, columns = region_pixels(self._region, width, height, "JobParams.LimitRegion")
        return even(rows, height), even(columns, width)


def _grey(light: Image) -> Image:
    """Levels from 0 to 255, of those from 16 to 235."""
    grey: Image = cv2.convertScaleAbs(cv2.subtract(light, _BLACK), alpha=_STRETCH)
    return grey


def _paint_over(part: Sequence[Image], rest: Image) -> None:
    light, blue, red = part
    paint_over(light, rest)
    colours = cv2.merge((blue, red))
    paint_over(colours, partly(rest))
    blue[...], red[...] = cv2.split(colours)


def _mask(lines: Sequence[Line], shape: tuple[int, ...]) -> Image:
    """255 where the lines were drawn, and a little beyond, as far as compression smears."""
    mask = np.zeros(shape, np.uint8)
    for line in lines:
        size = max(5, round(_SMEAR * line.box.height) | 1)
        mask[line.area] |= cv2.dilate(line.cover.astype(np.uint8) * 255, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return mask
