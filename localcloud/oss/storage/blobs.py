"""The content of objects and parts: files with random names, so that no key ever becomes a path."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from localcloud.checksum import Checksums
from localcloud.disk import settle, settle_name
from localcloud.http import Body

PIECE = 1024 * 1024
GRACE_SECONDS = 60.0
"""How long replaced content stays for those who found its path before (a download that begins, an analysis)."""


@dataclass(frozen=True)
class Content:
    """A blob that was written; it belongs to nothing until the database says so."""

    blob: str
    size: int
    md5: bytes
    crc: int


class Blobs:
    """A folder of content. What the database does not name is removed by `sweep` at the start, so a crash leaves nothing behind."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._retired: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()
        for first in range(256):
            (folder / f"{first:02x}").mkdir(parents=True, exist_ok=True)

    def path(self, blob: str) -> Path:
        return self._folder / blob[:2] / blob

    def write(self, pieces: Iterable[bytes]) -> Content:
        sums = Checksums()
        with self._new_file() as (blob, file):
            for piece in pieces:
                sums.update(piece)
                file.write(piece)
        return Content(blob, sums.size, sums.md5, sums.crc)

    def join(self, blobs: Iterable[str]) -> str:
        """A new blob of several, one after the other. Its checksums follow from theirs, so none are made."""
        with self._new_file() as (joined, file):
            for blob in blobs:
                with self.path(blob).open("rb") as source:
                    shutil.copyfileobj(source, file, PIECE)
        return joined

    def sums(self, blob: str) -> Checksums:
        return _sums(self.path(blob))

    def take(self, body: Body) -> Content:
        """The content of a request; a large one is moved here, not copied, where both lie on one file system."""
        if body.path is None:
            return self.write([body.data])
        sums = body.sums or _sums(body.path)
        blob, path = self._new()
        shutil.move(body.path, path)
        with path.open("rb") as file:
            settle(file)
        settle_name(path)
        return Content(blob, sums.size, sums.md5, sums.crc)

    def append(self, blob: str, length: int, body: Body, crc: int) -> Checksums:
        """Write after the first `length` bytes. Whatever a killed process left behind them was never acknowledged and is cut off."""
        sums = Checksums(crc)
        with self.path(blob).open("r+b") as file:
            file.truncate(length)
            file.seek(length)
            for piece in [body.data] if body.path is None else pieces(body.path):
                sums.update(piece)
                file.write(piece)
            settle(file)
        return sums

    def cut(self, blob: str, length: int) -> None:
        path = self.path(blob)
        if path.stat().st_size > length:
            with path.open("r+b") as file:
                file.truncate(length)

    def retire(self, *blobs: str) -> None:
        """Remove them once `GRACE_SECONDS` have passed, with the first write after that. The empty name, a delete marker's, is none."""
        with self._lock:
            self._retired.extend((self._clock() + GRACE_SECONDS, blob) for blob in blobs if blob)

    def discard(self, *blobs: str) -> None:
        """Remove at once what nobody has seen."""
        for blob in blobs:
            self.path(blob).unlink(missing_ok=True)

    def _remove_retired(self) -> None:
        now = self._clock()
        while True:
            with self._lock:
                if not self._retired or self._retired[0][0] > now:
                    return
                _, blob = self._retired.popleft()
            self.discard(blob)

    def sweep(self, wanted: Collection[str]) -> int:
        """Remove every blob but these; only at the start, before anything is written. Returns how many went."""
        unwanted = [path for path in self._folder.glob("*/*") if path.name not in wanted]
        for path in unwanted:
            path.unlink()
        return len(unwanted)

    @contextmanager
    def _new_file(self) -> Iterator[tuple[str, BinaryIO]]:
        """A blob to write. None is left of one whose writing fails."""
        blob, path = self._new()
        try:
            with path.open("xb") as file:
                yield blob, file
                settle(file)
            settle_name(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _new(self) -> tuple[str, Path]:
        self._remove_retired()
        blob = secrets.token_hex(16)
        return blob, self.path(blob)


def _sums(path: Path) -> Checksums:
    sums = Checksums()
    for piece in pieces(path):
        sums.update(piece)
    return sums


def pieces(path: Path, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """A file, or `length` bytes of it, in pieces."""
    with path.open("rb") as file:
        file.seek(start)
        left = path.stat().st_size - start if length is None else length
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
