"""A function's code as one thing: its size and its checksum."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from localcloud.checksum import crc64

_CACHES = ("__pycache__",)
"""What running the code leaves in its folder; it is no part of it."""


@dataclass(frozen=True)
class CodeFolder:
    """`size` in bytes; `checksum` a CRC-64 in decimal, as the cloud's is of the zip file that it was given."""

    size: int
    checksum: str

    @classmethod
    def of(cls, folder: Path) -> CodeFolder:
        """What lies in `folder` now, or a zip file as it is. Files are only read again once their size or time has changed."""
        if folder.is_file():
            content = folder.read_bytes()
            return cls(len(content), str(crc64(content)))
        seen = []
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name not in _CACHES)
            for name in sorted(names):
                path = Path(parent) / name
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    seen.append((str(path), found.st_size, found.st_mtime_ns))
        return cls(sum(size for _, size, _ in seen), _checksum(str(folder), tuple(seen)))


@lru_cache(maxsize=256)
def _checksum(folder: str, files: tuple[tuple[str, int, int], ...]) -> str:
    crc = 0
    for name, size, _ in files:
        crc = crc64(f"{os.path.relpath(name, folder)}\0{size}\0".encode(errors="surrogateescape"), crc)
        with contextlib.suppress(FileNotFoundError):  # taken away since it was listed
            crc = crc64(Path(name).read_bytes(), crc)
    return str(crc)
