"""Pictures as OSS processes them: with their transparency, all their frames and their orientation. Reading and writing is Pillow's.

`engines.imaging.pictures` reads for understanding, where a picture is upright, opaque and still.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageSequence

from engines.imaging.errors import UnreadableMedia
from engines.imaging.pictures import check_pixels, checked_header

WrittenFormat = Literal["jpg", "png", "webp", "bmp", "gif"]

READ_PIXELS = 250_000_000
"""OSS's limit for a source, every frame counted ("Limits" of image processing)."""
HELD_PIXELS = 60_000_000
"""More decoded pixels than this, four bytes each, are not held in memory."""
# Sizes are checked from the header; Pillow's own limit would warn below OSS's.
Pillow.MAX_IMAGE_PIXELS = READ_PIXELS
_ORIENTATION = 0x0112
_NAMES: dict[WrittenFormat, str] = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF"}
_MOVING = ("gif", "webp")
_PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")


@dataclass(frozen=True)
class MovingPicture:
    """A picture of one frame or more; frames are RGB, RGBA or L. `durations` are milliseconds, `orientation` is EXIF's, 1 for upright.

    `loop` counts repetitions: 0 for ever, None where the file says nothing. `quality` is that of a JPEG source, of 100, as near as its
    tables tell.
    """

    frames: tuple[Pillow.Image, ...]
    durations: tuple[int, ...]
    format: WrittenFormat
    orientation: int = 1
    loop: int | None = None
    quality: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.frames[0].size

    def each(self, change: Callable[[Pillow.Image], Pillow.Image]) -> MovingPicture:
        return replace(self, frames=tuple(change(frame) for frame in self.frames))

    def upright(self) -> MovingPicture:
        """Turned as EXIF says."""
        turn = _TURNS.get(self.orientation)
        turned = self.each(lambda frame: frame.transpose(turn)) if turn is not None else self
        return replace(turned, orientation=1)


@dataclass(frozen=True)
class PictureFacts:
    """What a picture's header says; width and height are those of its stored pixels, before any rotation."""

    width: int
    height: int
    format: WrittenFormat
    frames: int
    orientation: int


_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


def facts(path: Path) -> PictureFacts:
    """Raises UnreadableMedia. Nothing is decoded."""
    with _opened(path) as image:
        return _facts(path, image)


def _facts(path: Path, image: Any) -> PictureFacts:
    width, height = image.size
    check_pixels(width, height, READ_PIXELS)
    frames = int(getattr(image, "n_frames", 1)) if image.format in ("GIF", "WEBP", "PNG") else 1
    orientation = int(image.getexif().get(_ORIENTATION, 1) or 1)
    return PictureFacts(width, height, _format_of(path), frames, orientation if orientation in _TURNS else 1)


def open_picture(path: Path) -> MovingPicture:
    """Every frame of it. Raises UnreadableMedia: no picture, damaged, or more pixels than can be held."""
    with _opened(path) as image:
        known = _facts(path, image)
        check_pixels(known.width, known.height * known.frames, HELD_PIXELS)
        quality = _jpeg_quality(image) if known.format == "jpg" else None
        frames, durations = [], []
        held = 0
        for frame in ImageSequence.Iterator(image) if known.frames > 1 else (image,):
            # A GIF's later frames may be larger than its first.
            held += frame.width * frame.height
            check_pixels(held, 1, HELD_PIXELS)
            frames.append(_plain(frame))
            durations.append(int(frame.info.get("duration", 0)))
        loop = image.info.get("loop")
    return MovingPicture(tuple(frames), tuple(durations), known.format, known.orientation, loop, quality)


# What Pillow raises for damaged files, by its documentation and by trying (EOFError at a missing frame, struct.error in a header).
_PILLOW_ERRORS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, Pillow.DecompressionBombError)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Pillow's picture, its many errors turned into this room's one; only for formats whose header was looked at before."""
    checked_header(path, READ_PIXELS)
    try:
        with Pillow.open(path, formats=_PILLOW_FORMATS) as image:
            yield image
    except _PILLOW_ERRORS as error:
        raise UnreadableMedia("the picture can't be decoded: it is damaged or was cut short") from error


def _format_of(path: Path) -> WrittenFormat:
    found = checked_header(path, READ_PIXELS).format
    return "jpg" if found == "jpeg" else found


def _jpeg_quality(image: Any) -> int | None:
    """The quality whose luminance table, by libjpeg's formula, has the nearest sum; None for a file without tables."""
    tables = getattr(image, "quantization", None)
    if not tables:
        return None
    given = sum(tables[0])
    return min(range(1, 101), key=lambda quality: abs(sum(_scaled_table(quality)) - given))


# ITU T.81, table K.1.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100),
    *(103, 99),
)


def _scaled_table(quality: int) -> list[int]:
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(max((value * factor + 50) // 100, 1), 255) for value in _LUMINANCE]


def _plain(frame: Any) -> Pillow.Image:
    """A frame in one of three modes, eight bits a channel."""
    if frame.mode in ("L", "RGB", "RGBA"):
        plain = frame.copy()
    elif frame.mode.startswith("I"):
        # Sixteen bits of grey; a plain conversion would clip instead of scaling.
        plain = frame.convert("I").point(lambda value: value / 257).convert("L")
    elif frame.mode == "1":
        plain = frame.convert("L")
    else:
        transparent = "transparency" in frame.info or "A" in frame.mode.upper()
        plain = frame.convert("RGBA" if transparent else "RGB")
    return plain  # type: ignore[no-any-return]


def flattened(image: Pillow.Image, colour: tuple[int, int, int] = (255, 255, 255)) -> Pillow.Image:
    """Without transparency, on a ground of one colour."""
    if image.mode != "RGBA":
        return image
    ground = Pillow.new("RGB", image.size, colour)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def encoded(picture: MovingPicture, quality: int | None = None, progressive: bool = False) -> bytes:
    """The file of a picture in its format. Formats of one frame take the first; `quality` counts for JPEG and WebP.

    Without a quality a JPEG keeps that of its source, with colours at half the resolution and tables of its own; a PNG is written as
    OpenCV does: those are the very sizes that OSS makes (tests/test_image.py of oss2). A picture that is not upright keeps its EXIF
    orientation in JPEG and WebP, so that a viewer still turns it.
    """
    frames = picture.frames if picture.format in _MOVING else picture.frames[:1]
    if picture.format in ("jpg", "bmp"):
        frames = tuple(flattened(frame) for frame in frames)
    if picture.format == "png":
        return _png(frames[0])
    out = io.BytesIO()
    try:
        frames[0].save(out, _NAMES[picture.format], **_options(picture, quality, progressive), **_movement(picture, frames))
    except _PILLOW_ERRORS as error:
        raise UnreadableMedia(f"a picture of {picture.size[0]}x{picture.size[1]} can't be written as {picture.format}") from error
    return out.getvalue()


def _options(picture: MovingPicture, quality: int | None, progressive: bool) -> dict[str, Any]:
    if picture.format not in ("jpg", "webp"):
        return {}
    options: dict[str, Any] = {"quality": quality or picture.quality or 75}
    if picture.orientation != 1:
        exif = Pillow.Exif()
        exif[_ORIENTATION] = picture.orientation
        options["exif"] = exif
    if picture.format == "jpg":
        options |= {"subsampling": "4:2:0", "optimize": True, "progressive": progressive}
    return options


def _movement(picture: MovingPicture, frames: Sequence[Pillow.Image]) -> dict[str, Any]:
    if len(frames) == 1:
        return {}
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": list(picture.durations)}
    if picture.loop is not None:
        options["loop"] = picture.loop
    return options | ({"disposal": 2} if picture.format == "gif" else {})


# Run lengths, which is how OpenCV wrote PNGs by default before 4.11, and how OSS does.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)


def _png(frame: Pillow.Image) -> bytes:
    order = {"RGB": cv2.COLOR_RGB2BGR, "RGBA": cv2.COLOR_RGBA2BGRA}.get(frame.mode)
    pixels = np.asarray(frame)
    return bytes(cv2.imencode(".png", pixels if order is None else cv2.cvtColor(pixels, order), _PNG)[1])
