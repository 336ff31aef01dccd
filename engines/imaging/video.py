"""Videos: what a file holds, its frames at a rate, and one frame as a picture. Decoding is PyAV's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from engines.imaging.errors import UnreadableMedia
from engines.imaging.header import looks_like_text
from engines.imaging.packets import Parts, Skipped, decodable, decoded_parts, pass_over
from engines.imaging.pictures import PIXELS, Image, check_pixels, describe_foreign, encode, fit

# Containers only: a playlist (HLS, concat) would let an uploaded file read other files and addresses.
_FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,h264,hevc,gif,m4v,wav,mp3,aac,flac"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_DECODER_THREADS = 2
_INSTANT = 1e-6
TICKS = 90_000
"""Of a second: MPEG's own clock, at which every frame is due; common frame rates fit it to less than a hundredth of a millisecond."""
EVERYTHING: Parts = ((0.0, math.inf),)
EXACT_COLOURS = 0x2 | 0x2000 | 0x4000 | 0x40000
"""swscale's bilinear with full chroma both ways and accurate rounding; as a number, since older PyAV has no names for the last three."""


@dataclass(frozen=True)
class VideoHeader:
    """`seconds`, `fps` and `title` are None where the container doesn't say; width and height are those of the upright frame."""

    width: int
    height: int
    seconds: float | None
    fps: float | None
    title: str | None = None


@dataclass(frozen=True)
class Frame:
    """`time` in seconds from the start of the video."""

    time: float
    image: Image


def video_header(path: Path, pixels: int = PIXELS) -> VideoHeader:
    """Raises UnreadableMedia."""
    with _opened(path, pixels) as (container, stream):
        width, height = stream.codec_context.width, stream.codec_context.height
        if _rotation(next(decoded(container, stream), None)) % 180:
            width, height = height, width
        rate = float(stream.average_rate) if stream.average_rate else None
        return VideoHeader(width, height, _seconds(container, stream), rate, container.metadata.get("title"))


def frames(
    path: Path,
    per_second: float,
    longest: int | None = None,
    pixels: int = PIXELS,
    *,
    parts: Parts = EVERYTHING,
    exact_colours: bool = False,
) -> Iterator[Frame]:
    """The frames nearest after each tick of `per_second`, upright, their longer side at most `longest`.

    `parts` are the stretches to look at, in seconds from the first frame and in order; a frame at a part's end is not in it.
    `exact_colours` rounds to the nearest, for frames that are written again; else a channel may be 2 of 255 darker, a millisecond sooner.
    What can't be decoded is skipped. Raises UnreadableMedia where nothing can be.
    """
    converter = VideoReformatter()
    for time, frame in shown(path, per_second, pixels, parts=parts):
        yield Frame(time, upright(frame, longest, exact_colours, converter))


def shown(
    path: Path,
    per_second: float = TICKS,
    pixels: int = PIXELS,
    *,
    parts: Parts = EVERYTHING,
    skipped: Skipped = "DEFAULT",
) -> Iterator[tuple[float, Any]]:
    """As `frames` has them, but as PyAV decodes them: time in seconds and av.VideoFrame, whose memory the decoder may need still.

    `skipped` "NONREF" passes over those that no other needs, commonly each second one, for who wants some frames and no certain ones;
    "NONKEY" over all that need another, about six times as fast: how many then are left is the choice of the video's encoder.
    """
    due, count = 0.0, 0
    whole = len(parts) == 1 and parts[0][0] <= 0
    with _opened_near(path, pixels, None if whole else parts[0][0]) as (container, stream, origin):
        pass_over(stream.codec_context, skipped)
        if origin is not None and skipped == "DEFAULT":
            there = [(start + origin, end + origin) for start, end in parts]
            decoding = decoded_parts(container.demux(stream), stream.codec_context, there)
        else:
            decoding = decoded(container, stream)
        for count, (time, frame) in enumerate(_timed(decoding, stream, origin), start=1):  # noqa: B007  Counted for what follows.
            if time + _INSTANT >= parts[-1][1]:
                break
            if time + _INSTANT < due or not any(start <= time + _INSTANT < end for start, end in parts):
                continue
            yield time, frame
            due = (math.floor(time * per_second + _INSTANT) + 1) / per_second
    if not count and origin is None:
        raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")


def snapshot(
    path: Path,
    milliseconds: int,
    width: int | None = None,
    height: int | None = None,
    output: Literal["jpg", "png"] = "jpg",
    exact: bool = True,
) -> bytes:
    """The frame shown at a time, as a picture; the last one where the time lies beyond the end. Raises UnreadableMedia.

    A width or height of 0 or None follows from the ratio. Not `exact` takes the key frame before, which is quicker.
    """
    with _opened_near(path, PIXELS, milliseconds / 1000 if milliseconds > 0 else None) as (container, stream, origin):
        shown = None
        for time, frame in _timed(decoded(container, stream), stream, origin):
            if shown is not None and time > milliseconds / 1000 + 1e-3:
                break
            shown = frame
            if not exact:
                break
        if shown is None:
            raise UnreadableMedia("no frame of the video can be decoded: it is damaged or was cut short")
        return encode(fit(upright(shown, None), width, height), output)


def _timed(decoding: Iterable[Any], stream: Any, origin: float | None) -> Iterator[tuple[float, Any]]:
    """Frames with their seconds from `origin`, the first frame's own time, or from the first one that comes."""
    for count, frame in enumerate(decoding):
        # Some recorders write no timestamps; the rate, or 25, is all that is left to go by.
        stamp = frame.time if frame.time is not None else count / float(stream.average_rate or 25)
        origin = stamp if origin is None else origin
        yield stamp - origin, frame


@contextmanager
def _opened_near(path: Path, pixels: int, seconds: float | None) -> Iterator[tuple[Any, Any, float | None]]:
    """Opened at the last key frame before so many seconds, or at the beginning where that one can't be found, or None is told.

    Also the time of the first frame in the container, where it is known.
    """
    if seconds is not None:
        with _opened(path, pixels) as (container, stream):
            origin = _sought(container, stream, seconds)
            if origin is not None:
                yield container, stream, origin
                return
    with _opened(path, pixels) as (container, stream):
        yield container, stream, None


def _sought(container: Any, stream: Any, seconds: float) -> float | None:
    """The first frame's time; None where seeking doesn't lead to a frame before what is wanted.

    A transport stream has no index, and seeking in it may pass over the only key frame; a bare stream can't be sought in at all.
    """
    first = next(decoded(container, stream), None)
    if first is None or first.time is None:
        return None
    length = _seconds(container, stream)
    wanted = first.time + (min(seconds, length) if length else seconds)
    tick = int(wanted / float(stream.time_base))
    try:
        container.seek(tick, stream=stream)
        found = next(decoded(container, stream), None)
        container.seek(tick, stream=stream)
    except av.FFmpegError:
        return None
    return float(first.time) if found is not None and found.time is not None and found.time <= wanted + 1e-3 else None


@contextmanager
def opened_container(path: Path) -> Iterator[Any]:
    """The file as PyAV opens it, whatever streams it holds. Raises UnreadableMedia."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start or looks_like_text(start):
        raise UnreadableMedia(f"neither a picture nor a video: {describe_foreign(path)}")
    try:
        container = av.open(f"file:{path}", options=dict(_OPTIONS), metadata_errors="replace")
    except av.FFmpegError as error:
        raise UnreadableMedia(_why_not_opened(path, start, error)) from None
    with container:
        yield container


@contextmanager
def _opened(path: Path, pixels: int) -> Iterator[tuple[Any, Any]]:
    with opened_container(path) as container:
        stream = _video_stream(container)
        check_pixels(stream.codec_context.width, stream.codec_context.height, pixels)
        stream.codec_context.thread_count = _DECODER_THREADS
        stream.thread_type = "AUTO"
        yield container, stream


def _why_not_opened(path: Path, start: bytes, error: av.FFmpegError) -> str:
    if start[4:8] == b"ftyp":
        return "the MP4 has no index (moov): its recording or its upload was cut short"
    return f"neither a picture nor a video: {describe_foreign(path)} ({error.strerror or type(error).__name__})"


def _video_stream(container: Any) -> Any:
    for stream in container.streams.video:
        # A song's cover picture is a video stream by name only.
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if not stream.codec_context or not stream.codec_context.width:
                raise UnreadableMedia("the video stream names no size: it is damaged or was cut short")
            return stream
    raise UnreadableMedia("the file has no video stream" + (", only sound" if container.streams.audio else ""))


def decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frames, passing over packets that can't be decoded: a clip cut short still shows its beginning."""
    return decodable(container.demux(stream))


def _seconds(container: Any, stream: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _rotation(frame: Any) -> int:
    return int(frame.rotation) if frame is not None else 0


def upright(frame: Any, longest: int | None, exact_colours: bool = False, converter: Any = None) -> Image:
    """In BGR, its longer side at most `longest`; a kept `converter` spares working out its tables for each frame, a third of the time."""
    factor = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
    # Even sizes where it is made smaller: the chroma planes of most videos are half as large.
    width, height = (max(2, round(side * factor / 2) * 2) if factor < 1 else side for side in (frame.width, frame.height))
    interpolation = EXACT_COLOURS if exact_colours else None
    converter = converter or VideoReformatter()
    image = converter.reformat(frame, width, height, format="bgr24", interpolation=interpolation).to_ndarray()
    # PyAV gives the counter-clockwise turn that shows the frame upright, as np.rot90 takes it.
    turns = _rotation(frame) // 90 % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
