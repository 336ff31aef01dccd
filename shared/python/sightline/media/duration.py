"""How long a media is, read from a few hundred kilobytes of it at the most.

MP4 and QuickTime tell it in the box `moov/mvhd` (ISO/IEC 14496-12, 8.2.2), which stands at either end of a file; WAV in its chunks `fmt `
and `data` (Multimedia Programming Interface and Data Specifications 1.0; RF64: EBU Tech 3306). Of all else the length is not known here: a
transport stream has none written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from sightline.store.types import Bucket

WINDOW_BYTES = 64 * 1024
MOST_WINDOWS = 12
_MOST_BOXES = 2_000
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_LONGEST_SECONDS = 10 * 86_400.0
"""A header that tells of more is taken for a broken one."""


def duration(bucket: Bucket, key: str, size: int) -> float | None:
    """Seconds, or None where they are not known: another format, a fragmented or a broken file, an object that is gone.

    `size` is the object's. Raises as the bucket does.
    """
    windows = _Windows(bucket, key, size)
    try:
        head = windows.read(0, 12)
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            seconds = _of_wave(windows)
        elif head[4:8] in _FIRST_BOXES:
            seconds = _of_boxes(windows)
        else:
            return None
    except _NotTold:
        return None
    return seconds if seconds is not None and 0 <= seconds <= _LONGEST_SECONDS else None


class _NotTold(Exception):
    """The file ends too early, or would have to be read for too long."""


class _Windows:
    """Reads small pieces of an object, of which it fetches MOST_WINDOWS windows and no more."""

    def __init__(self, bucket: Bucket, key: str, size: int) -> None:
        self._bucket = bucket
        self._key = key
        self.size = size
        self._start = 0
        self._content = b""
        self._left = MOST_WINDOWS

    def read(self, start: int, length: int) -> bytes:
        """Raises _NotTold."""
        if start + length > self.size:
            raise _NotTold
        if not self._start <= start <= start + length <= self._start + len(self._content):
            self._fetch(start)
        piece = self._content[start - self._start :][:length]
        if len(piece) < length:
            raise _NotTold
        return piece

    def number(self, start: int, length: int) -> int:
        return int.from_bytes(self.read(start, length), "big")

    def _fetch(self, start: int) -> None:
        if not self._left:
            raise _NotTold
        self._left -= 1
        self._start = start
        self._content = self._bucket.part(self._key, start, WINDOW_BYTES) or b""


def _of_boxes(windows: _Windows) -> float | None:
    for kind, start, end in _boxes(windows, 0, windows.size):
        if kind == b"moov":
            return _of_movie(windows, start, end)
        if kind == b"moof":
            return None
    return None


def _of_movie(windows: _Windows, start: int, end: int) -> float | None:
    """None where the movie goes on in fragments (`mvex`): what its header tells is then not its length."""
    seconds = None
    for kind, inside, _ in _boxes(windows, start, end):
        if kind == b"mvex":
            return None
        if kind == b"mvhd":
            seconds = _of_header(windows, inside)
    return seconds


def _of_header(windows: _Windows, start: int) -> float | None:
    """Version 1 has 64-bit times. A duration of ones alone, or none at all, is an unknown one."""
    width = 8 if windows.number(start, 1) == 1 else 4
    timescale_at = start + 4 + 2 * width
    timescale, length = windows.number(timescale_at, 4), windows.number(timescale_at + 4, width)
    if not timescale or length in (0, (1 << 8 * width) - 1):
        return None
    return length / timescale


def _boxes(windows: _Windows, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box between two places, and where its inside begins and ends."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, kind, header = windows.number(start, 4), windows.read(start + 4, 4), 8
        if size == 1:
            size, header = windows.number(start + 8, 8), 16
        elif size == 0:
            size = end - start
        if size < header:
            return
        yield kind, start + header, min(start + size, end)
        start += size


def _of_wave(windows: _Windows) -> float | None:
    """The sound's bytes by the bytes of a second. A recorder that was cut short has written no length, or one that is too long."""
    start, bytes_per_second = 12, 0
    for _ in range(_MOST_BOXES):
        kind, size = windows.read(start, 4), int.from_bytes(windows.read(start + 4, 4), "little")
        if kind == b"fmt ":
            bytes_per_second = int.from_bytes(windows.read(start + 16, 4), "little")
        if kind == b"data":
            there = windows.size - start - 8
            return min(size or there, there) / bytes_per_second if bytes_per_second else None
        start += 8 + size + size % 2
    return None
