"""VideoDetext: the captions of a film painted over with what is around their letters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from engines.imaging import Frame, Image
from engines.imaging.video import video_header
from engines.production.film import FilmWriter, film_frames
from engines.production.lettering import Line, StripReader, text_reader
from engines.production.painting import Backdrop
from engines.production.regions import region_pixels
from engines.production.types import Box, Output, Produced, Unfit
from engines.understanding.reading import Reader

BOTTOM: Box = (0.0, 0.7, 1.0, 0.3)
"""The region where seed 004 looks when none is given."""

_EVERY = 5  # frames from one look at the text to the next
_SMEAR = 0.08  # of a line's height
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
        for frame in remover.without_text(film_frames(source)):
            film.write(frame.time, frame.image)
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
        self._times = times if times is not None else ((0.0, math.inf),)
        self.changed = 0

    def without_text(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        held: list[Frame] = []
        for frame in frames:
            held.append(frame)
            if len(held) == _EVERY:
                yield from self._cleaned(held)
                held = []
        if held:
            yield from self._cleaned(held)

    def _cleaned(self, held: Sequence[Frame]) -> Iterator[Frame]:
        due = [any(start <= frame.time < end for start, end in self._times) for frame in held]
        if any(due):
            for strip in self._strips:
                strip.look(held[-1].image)
        for frame, is_due in zip(held, due, strict=True):
            if is_due:
                self.changed += max(strip.clean(frame.image) for strip in self._strips)
            yield frame


class _Strip:
    """One region: `look` reads it, `clean` takes out of a frame what was read in it by the last look or the one before."""

    def __init__(self, reader: Reader, region: Box) -> None:
        self._reader = StripReader(reader)
        self._region = region
        self._lines: Sequence[Line] = ()
        self._before: Sequence[Line] = ()
        self._backdrop = Backdrop()

    def look(self, image: Image) -> None:
        strip = self._of(image)
        self._before, self._lines = self._lines, self._reader.lines(strip, cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY))

    def clean(self, image: Image) -> bool:
        strip = self._of(image)
        lines = [*self._lines, *(line for line in self._before if all(line is not each for each in self._lines))]
        grey = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY) if lines else None
        shown = [line for line in lines if grey is not None and line.shown_in(grey)]
        mask = _mask(shown, strip)
        self._backdrop.fill(strip, mask)
        return bool(shown)

    def _of(self, image: Image) -> Image:
        height, width = image.shape[:2]
        return image[region_pixels(self._region, width, height, "JobParams.LimitRegion")]


def _mask(lines: Sequence[Line], strip: Image) -> Image:
    """255 where the lines were drawn, and a little beyond, as far as compression smears."""
    mask = np.zeros(strip.shape[:2], np.uint8)
    for line in lines:
        size = max(5, round(_SMEAR * line.box.height) | 1)
        mask[line.area] |= cv2.dilate(line.cover.astype(np.uint8) * 255, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return mask
