"""The two checksums of content that OSS keeps: MD5 (the ETag of what is put whole) and CRC-64."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

# CRC-64/XZ, the parameters of oss2 (utils.py): ECMA-182's polynomial, reflected, all ones before and after.
try:
    from fastcrc.crc64 import xz as _fast  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # No wheel for this machine: what oss2 brings, 60 times slower, and 4,000 times where that has no C part.
    import crcmod

    _slow: Callable[[bytes, int], int] = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)

    def _fast(data: bytes, before: int) -> int:
        return _slow(bytes(data), before)


def crc64(data: bytes | bytearray, before: int = 0) -> int:
    """The CRC of what had the CRC `before`, continued with `data`."""
    return int(_fast(data, before))


class Checksums:
    """Both, over content that arrives in pieces; `crc` is that of what came before, if anything did."""

    def __init__(self, crc: int = 0) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.crc = crc
        self.size = 0

    def update(self, piece: bytes | bytearray) -> None:
        self._md5.update(piece)
        self.crc = crc64(piece, self.crc)
        self.size += len(piece)

    @property
    def md5(self) -> bytes:
        return self._md5.digest()
