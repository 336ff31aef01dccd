"""Frames as video codecs keep them, in light and two halved planes of colour, so that only what changes goes to BGR and back.

For a whole frame that way costs more than decoding it, and each of its pixels is rounded twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from engines.imaging import Image
from engines.imaging.packets import Parts, Skipped
from engines.imaging.video import EVERYTHING, EXACT_COLOURS, TICKS, shown, upright

_PLAIN = "yuv420p"
# What tags an RGB picture's way to YUV, as H.273 numbers it and swscale takes it; BT.601 is what swscale takes for all the rest.
BT601, MATRICES, LIMITED_RANGE = 5, (1, 9), 1
_FULL_RANGE = 2
_EDGE = 2  # pixels beside a part: swscale spreads colour from one to the next


@dataclass
class Planes:
    """A frame upright, of even width and height, in YUV 4:2:0 of limited range; `time` in seconds from the film's first one.

    `planes` are light (height x width), blue and red (half as high and wide); `matrix` is H.273's number, 1, 5 or 9.
    """

    time: float
    planes: tuple[Image, Image, Image]
    matrix: int
    _own: bool = False
    _picture: Any = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.planes[0].shape[1], self.planes[0].shape[0]

    def image(self, rows: slice = slice(None), columns: slice = slice(None)) -> Image:
        """The part in BGR, a copy.

        PyAV can't tell swscale that colours lie beside every other pixel and not between two, so they are a quarter of a pixel off here;
        `put` takes them back to where they were.
        """
        width, height = self.size
        (top, bottom), (left, right) = _with_edge(rows, height), _with_edge(columns, width)
        part = picture_of([plane[_halved(top, bottom, step), _halved(left, right, step)] for plane, step in self._stepped()])
        part.colorspace, part.color_range = self.matrix, LIMITED_RANGE
        image: Image = part.reformat(format="bgr24", interpolation=EXACT_COLOURS).to_ndarray()
        first_row, first_column = rows.indices(height)[0] - top, columns.indices(width)[0] - left
        high, wide = len(range(*rows.indices(height))), len(range(*columns.indices(width)))
        return np.ascontiguousarray(image[first_row : first_row + high, first_column : first_column + wide])

    def put(self, image: Image, top: int, left: int) -> None:
        """The BGR image at this place, both even as its size is; in place, but for the decoder's own memory."""
        rows, columns = slice(top, top + image.shape[0]), slice(left, left + image.shape[1])
        for part, changed in zip(self.part(rows, columns), planes_of(image, self.matrix), strict=True):
            part[...] = changed

    def part(self, rows: slice, columns: slice) -> list[Image]:
        """Of each plane, to be changed in place; where the part begins and ends is even."""
        if not self._own:
            self._picture = picture_of(self.planes)
            self.planes, self._own = _views(self._picture), True
        return [plane[_halved(rows.start, rows.stop, step), _halved(columns.start, columns.stop, step)] for plane, step in self._stepped()]

    def picture(self) -> Any:
        """For PyAV, with memory that is not the decoder's; not to be changed any more."""
        return picture_of(self.planes) if self._picture is None else self._picture

    def cut(self, left: int, width: int, height: int) -> Planes:
        """A window at the top, of even size, and less where the frame ends. At an odd left edge a colour is the mean of its neighbours."""
        width, height = min(width, (self.size[0] - left) // 2 * 2), min(height, self.size[1])
        light = self.planes[0][:height, left : left + width]
        begin, wide = left // 2, width // 2
        colours = []
        for plane in self.planes[1:]:
            part = plane[: height // 2, begin : begin + wide]
            after = plane[: height // 2, begin + 1 : begin + 1 + wide]
            colours.append(cv2.addWeighted(part, 0.5, after, 0.5, 0) if left % 2 and after.shape == part.shape else part)
        return Planes(self.time, (light, colours[0], colours[1]), self.matrix)

    def _stepped(self) -> Iterator[tuple[Image, int]]:
        return zip(self.planes, (1, 2, 2), strict=True)


def film_planes(
    source: Path,
    parts: Parts = EVERYTHING,
    per_second: float = TICKS,
    skipped: Skipped = "DEFAULT",
) -> Iterator[Planes]:
    """Every frame of the parts; or fewer, as `engines.imaging.video.shown` takes `per_second` and `skipped`. Raises UnreadableMedia."""
    for time, frame in shown(source, per_second, parts=parts, skipped=skipped):
        matrix = frame.colorspace if frame.colorspace in MATRICES else BT601
        if _is_plain(frame):
            yield Planes(time, _views(frame), int(matrix))
        else:
            yield Planes(time, planes_of(upright(frame, None, exact_colours=True), int(matrix)), int(matrix), True)


def planes_of(image: Image, matrix: int) -> tuple[Image, Image, Image]:
    """Of a BGR image, made even by repeating its last row and column."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
    return _views(frame.reformat(format=_PLAIN, dst_colorspace=matrix, dst_color_range=LIMITED_RANGE, interpolation=EXACT_COLOURS))


def picture_of(planes: Sequence[Image]) -> Any:
    """A frame for PyAV with a copy of the planes."""
    frame = av.VideoFrame(planes[0].shape[1], planes[0].shape[0], _PLAIN)
    for view, plane in zip(_views(frame), planes, strict=True):
        view[...] = plane
    return frame


def _is_plain(frame: Any) -> bool:
    whole = frame.width % 2 == 0 and frame.height % 2 == 0
    return frame.format.name == _PLAIN and whole and not frame.rotation and frame.color_range != _FULL_RANGE


def _views(frame: Any) -> tuple[Image, Image, Image]:
    """Not copied: what they show is the frame's own memory."""
    light, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] for plane in frame.planes
    )
    return light, blue, red


def even(part: slice, length: int) -> slice:
    """From an even place to an even place, as far as the picture goes, of so many pixels."""
    return slice(max(0, part.start) // 2 * 2, min(length, part.stop + 1) // 2 * 2)


def _with_edge(part: slice, length: int) -> tuple[int, int]:
    """From an even place to an even place, with a little around it, as far as there is something."""
    start, stop, _ = part.indices(length)
    wider = even(slice(start - _EDGE, stop + _EDGE), length)
    return wider.start, wider.stop


def _halved(start: int, stop: int, step: int) -> slice:
    return slice(start // step, stop // step)
