"""What the first bytes of a file say: its format and, for a picture, its size, so that a bomb is refused before anything is decoded.

Sources: PNG specification 11.2.2, ITU T.81 annex B (JPEG), GIF89a section 18, RFC 9649 (WebP), Windows' BITMAPINFOHEADER, EXIF 2.32 4.6.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from engines.imaging.errors import UnreadableMedia

PictureFormat = Literal["png", "jpeg", "webp", "bmp", "gif"]

_START = 64
_NO_SIZE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_QUARTER_TURNS = frozenset((5, 6, 7, 8))


@dataclass(frozen=True)
class PictureHeader:
    """Width and height are those of the upright picture, after the EXIF rotation of a JPEG."""

    format: PictureFormat
    width: int
    height: int


def picture_header(path: Path) -> PictureHeader | None:
    """The header of a picture, or None where the file is no picture of these five formats. Raises UnreadableMedia where it is cut short."""
    with path.open("rb") as file:
        start = file.read(_START)
        file.seek(0)
        picture_format = sniff(start)
        if picture_format is None:
            return None
        try:
            width, height = _read_size(picture_format, start, file)
        except (struct.error, EOFError):
            raise UnreadableMedia(f"the {picture_format.upper()} ends inside its header: it was cut short") from None
    if width <= 0 or height <= 0:
        raise UnreadableMedia(f"the {picture_format.upper()} names an impossible size, {width}x{height}")
    return PictureHeader(picture_format, width, height)


def sniff(start: bytes) -> PictureFormat | None:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start[:2] == b"BM" and start[6:10] == b"\0\0\0\0":
        return "bmp"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return None


def looks_like_text(start: bytes) -> bool:
    """No control characters but white space: what no picture and no video begins with. Playlists (HLS, ffconcat) are text too."""
    return bool(start) and not any(byte < 9 or 13 < byte < 32 for byte in start)


def _read_size(picture_format: PictureFormat, start: bytes, file: BinaryIO) -> tuple[int, int]:
    if picture_format == "png":
        return _pair(">II", start, 16)
    if picture_format == "gif":
        return _pair("<HH", start, 6)
    if picture_format == "bmp":
        return _bmp_size(start)
    if picture_format == "webp":
        return _webp_size(start)
    return _jpeg_size(file)


def _pair(layout: str, data: bytes, offset: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, data, offset)
    return int(first), int(second)


def _bmp_size(start: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", start, 14)[0] == 12:
        return _pair("<HH", start, 18)
    width, height = _pair("<ii", start, 18)
    return width, abs(height)  # A negative height means rows from the top.


def _webp_size(start: bytes) -> tuple[int, int]:
    chunk = start[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(start[24:27], "little") + 1, int.from_bytes(start[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = struct.unpack_from("<I", start, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = _pair("<HH", start, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(file: BinaryIO) -> tuple[int, int]:
    """Walks the segments to the first frame header; an EXIF segment, where there is one, comes before it."""
    file.read(2)
    orientation = 1
    while True:
        marker = _next_marker(file)
        if marker in _NO_SIZE_MARKERS:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        body = file.read(length - 2)
        if marker in _FRAME_MARKERS:
            height, width = _pair(">HH", body, 1)
            return (height, width) if orientation in _QUARTER_TURNS else (width, height)
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])


def _next_marker(file: BinaryIO) -> int:
    byte = file.read(1)
    while byte and byte != b"\xff":
        byte = file.read(1)
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise EOFError
    return byte[0]


def _orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory; 1, upright, where it is absent or unreadable."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for index in range(entries):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * index)
            if tag == 0x0112:
                return int(value)
    except struct.error:
        return 1
    return 1
