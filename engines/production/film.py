"""A clip taken apart and put together again: its frames one by one, and a file of changed frames with their times and the clip's sound.

Nothing is held but the frame at hand and what the encoder looks ahead at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging import Frame, Image, Probe, frames, probe
from engines.imaging.packets import Parts
from engines.imaging.video import EVERYTHING, EXACT_COLOURS, TICKS, decoded, opened_container
from engines.production.planes import BT601, LIMITED_RANGE, MATRICES, Planes
from engines.production.soundtrack import Soundtrack, soundtrack
from engines.production.types import Unfit

_USUAL_RATE = 25


@dataclass(frozen=True)
class Encoding:
    """How a film is written; `pixels` is the format of the encoder's frames, `frame` that of the arrays that it is given."""

    container: str
    codec: str
    pixels: str
    frame: str
    options: dict[str, str]
    copied_sound: frozenset[str]
    sound: str
    container_options: dict[str, str]


MP4 = Encoding(
    "mp4",
    "libx264",
    "yuv420p",
    "bgr24",
    # `superfast` does without the macroblock tree (x264's -mbtree), and so writes what stands still or pans in two to five times the space
    # of `veryfast`. With the tree, over a short look ahead, it is a third faster than that, and a film at most a fifth larger.
    {"preset": "superfast", "crf": "18", "mbtree": "1", "rc-lookahead": "10", "b_strategy": "0"},
    # Of what MP4 can hold, what players commonly take.
    frozenset(("aac", "mp3", "ac3", "eac3", "opus")),
    "aac",
    {"movflags": "+faststart"},
)
TRANSPARENT_WEBM = Encoding(
    "webm",
    "libvpx-vp9",
    "yuva420p",
    "bgra",
    # libvpx refuses alternate reference frames beside an alpha plane.
    {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "24", "b": "0", "auto-alt-ref": "0"},
    frozenset(("opus", "vorbis")),
    "libopus",
    {},
)


def probe_film(source: Path) -> Probe:
    """What the header says. Raises UnreadableMedia, and Unfit for a picture."""
    found = probe(source)
    if found.kind != "video":
        raise Unfit("Input.Media", f"is a picture ({found.format}), no video")
    return found


def film_frames(source: Path, parts: Parts = EVERYTHING) -> Iterator[Frame]:
    """Every frame of the parts, upright, with its time in seconds from the film's first one. Raises UnreadableMedia."""
    return frames(source, TICKS, parts=parts, exact_colours=True)


class FilmWriter:
    """Writes frames (height x width x 3 in BGR, or x 4 in BGRA for TRANSPARENT_WEBM) with the sound of `source`, in step with its frames.

    The size is that of the first frame, made even by repeating its last row and column. The sound is copied where the container can hold
    it, and else encoded anew. `parts` are the stretches of the source, in seconds from its first frame and in order, whose sound follows
    one upon the other: of a film that was cut; without it, all sound is taken over. To be used with `with`.
    """

    def __init__(self, target: Path, source: Path, encoding: Encoding = MP4, *, parts: Parts | None = None) -> None:
        self._encoding = encoding
        self._source = source
        self._parts = parts
        self._container = av.open(f"file:{target}", "w", format=encoding.container, options=dict(encoding.container_options))
        self._look: _Look = _look(source)
        self._reformatter = VideoReformatter()
        self._stream: Any = None
        self._sound: Soundtrack | None = None
        self._last = -1

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._sound is not None:
                self._sound.close()
            self._container.close()

    def write(self, time: float, image: Image) -> None:
        """`time` in seconds from the beginning of the film, each later than the one before."""
        if self._stream is None:
            self._begin(image.shape[1], image.shape[0])
        frame = av.VideoFrame.from_ndarray(self._fitted(image), format=self._encoding.frame)
        converted = self._reformatter.reformat(
            frame,
            format=self._encoding.pixels,
            dst_colorspace=self._look.matrix,
            dst_color_range=LIMITED_RANGE,
            interpolation=EXACT_COLOURS,
        )
        self._encode(time, converted)

    def write_planes(self, time: float, frame: Planes) -> None:
        """As `write`, of what need not be converted; for MP4 alone."""
        if self._stream is None:
            self._begin(*frame.size)
        if frame.size == (self._stream.width, self._stream.height) and frame.matrix == self._look.matrix:
            self._encode(time, frame.picture())
        else:
            self.write(time, frame.image())

    def _encode(self, time: float, frame: Any) -> None:
        self._last = frame.pts = max(self._last + 1, round(time * TICKS))
        frame.time_base = Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))
        if self._sound is not None:
            self._sound.until(time)

    def _begin(self, width: int, height: int) -> None:
        stream = self._container.add_stream(self._encoding.codec, rate=self._look.rate, options=dict(self._encoding.options))
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, self._encoding.pixels
        context = stream.codec_context
        context.time_base = stream.time_base = Fraction(1, TICKS)
        context.colorspace, context.color_primaries, context.color_trc = self._look.tags
        context.color_range = LIMITED_RANGE
        self._stream = stream
        self._sound = soundtrack(
            self._source, self._container, self._encoding.copied_sound, self._encoding.sound, self._look.begin, self._parts
        )

    def _fitted(self, image: Image) -> Image:
        """Of the film's size, even if the source changes its own on the way."""
        width, height = self._stream.width, self._stream.height
        down, right = height - image.shape[0], width - image.shape[1]
        if not (down or right):
            return np.ascontiguousarray(image)
        if {down, right} <= {0, 1}:
            fitted: Image = cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE)
        else:
            fitted = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return fitted

    def _finish(self) -> None:
        if self._stream is None:
            return
        if self._sound is not None:
            self._sound.until(None)
        self._container.mux(self._stream.encode())


@dataclass(frozen=True)
class _Look:
    """`tags` are the source's matrix, primaries and transfer, `begin` the container's time of the first frame in seconds."""

    rate: Fraction
    matrix: int
    tags: tuple[int, int, int]
    begin: float


def _look(source: Path) -> _Look:
    """What of a source's looks a player must be told again. Raises UnreadableMedia."""
    with opened_container(source) as container:
        stream = next(each for each in container.streams.video if not each.disposition & av.stream.Disposition.attached_pic)
        context = stream.codec_context
        rate = stream.average_rate or stream.guessed_rate or Fraction(_USUAL_RATE)
        matrix = context.colorspace if context.colorspace in MATRICES else BT601
        first = next((frame.time for frame in decoded(container, stream)), None)
        return _Look(
            min(Fraction(rate), Fraction(240)), matrix, (context.colorspace, context.color_primaries, context.color_trc), first or 0.0
        )
