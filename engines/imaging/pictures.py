"""Still pictures: read upright and within a pixel limit, resized, encoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging.errors import UnreadableMedia
from engines.imaging.header import PictureHeader, looks_like_text, picture_header

Image: TypeAlias = npt.NDArray[Any]
"""Height x width x 3, uint8, in OpenCV's order of blue, green, red."""

OutputFormat = Literal["jpg", "png", "webp"]

PIXELS = 50_000_000
_HEAD = 512
# OpenCV can decode at a half, a quarter or an eighth; for a JPEG that also saves the memory of the full picture.
_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


def checked_header(path: Path, pixels: int = PIXELS) -> PictureHeader:
    """The header of a picture of at most `pixels`. Raises UnreadableMedia."""
    header = picture_header(path)
    if header is None:
        raise UnreadableMedia(f"not a picture: {describe_foreign(path)}; PNG, JPEG, WebP, BMP and GIF are understood")
    check_pixels(header.width, header.height, pixels)
    return header


def check_pixels(width: int, height: int, pixels: int) -> None:
    if width * height > pixels:
        raise UnreadableMedia(
            f"too many pixels: {width}x{height} is {width * height / 1e6:.1f} million, the limit is {pixels / 1e6:g} million"
        )


def describe_foreign(path: Path) -> str:
    """What a file that is no known picture seems to be, in words for an error."""
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if not start:
        return "the file is empty (zero bytes)"
    if looks_like_text(start):
        return "the file holds text"
    if start[4:8] == b"ftyp" and start[8:12] in (b"heic", b"heix", b"mif1", b"avif"):
        return "the file is a HEIC or AVIF picture, convert it to JPEG first"
    return f"the file begins with {start[:8].hex(' ')}, which is no known format"


def read_image(path: Path, pixels: int = PIXELS, longest: int | None = None) -> Image:
    """The upright picture. With `longest`, decoded smaller where that leaves its longer side at least this long.

    Raises UnreadableMedia; the size is checked from the header, before decoding.
    """
    header = checked_header(path, pixels)
    image: Image | None = cv2.imdecode(np.fromfile(path, dtype=np.uint8), _decoding_flag(header, longest))
    if image is None:
        raise UnreadableMedia(f"the {header.format.upper()} can't be decoded: it is damaged or was cut short")
    return image


def _decoding_flag(header: PictureHeader, longest: int | None) -> int:
    if longest is not None:
        for factor, flag in _REDUCED:
            if max(header.width, header.height) >= longest * factor and min(header.width, header.height) >= 8 * factor:
                return int(flag)
    return int(cv2.IMREAD_COLOR)


def shrink(image: Image, longest: int) -> Image:
    """The same picture with its longer side at most `longest`."""
    height, width = image.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return image
    smaller: Image = cv2.resize(image, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA)
    return smaller


def target_size(source: tuple[int, int], width: int | None, height: int | None) -> tuple[int, int]:
    """The (width, height) to make of a source size: what is None or 0 follows from the ratio; neither keeps the source's size."""
    source_width, source_height = source
    if width and height:
        return width, height
    if width:
        return width, max(1, round(source_height * width / source_width))
    if height:
        return max(1, round(source_width * height / source_height)), height
    return source


def fit(image: Image, width: int | None, height: int | None) -> Image:
    source = (image.shape[1], image.shape[0])
    target = target_size(source, width, height)
    check_pixels(*target, PIXELS)
    if target == source:
        return image
    smooth = cv2.INTER_AREA if target[0] * target[1] < source[0] * source[1] else cv2.INTER_CUBIC
    fitted: Image = cv2.resize(image, target, interpolation=smooth)
    return fitted


def encode(image: Image, output: OutputFormat) -> bytes:
    ok, encoded = cv2.imencode(f".{output}", image)
    if not ok:
        raise UnreadableMedia(f"a picture of {image.shape[1]}x{image.shape[0]} can't be written as {output}")
    return bytes(encoded)


def resize(path: Path, width: int | None, height: int | None, output: OutputFormat, pixels: int = PIXELS) -> bytes:
    """The picture in another size and format. One of width and height keeps the ratio, both are taken as given. Raises UnreadableMedia."""
    return encode(fit(read_image(path, pixels), width, height), output)
