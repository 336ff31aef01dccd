"""OSS's two checksums of content: MD5 (the ETag) and CRC-64."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import crcmod

# CRC-64/XZ, the parameters of oss2 (utils.py): ECMA-182's polynomial, reflected, all ones before and after.
_advance: Callable[[bytes, int], int] = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


def crc64(data: bytes, before: int = 0) -> int:
    """The CRC of what had the CRC `before`, continued with `data`."""
    return _advance(data, before)


class Checksums:
    """Both, over content that arrives in pieces; `crc` is that of what came before, if anything did."""

    def __init__(self, crc: int = 0) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.crc = crc
        self.size = 0

    def update(self, piece: bytes) -> None:
        self._md5.update(piece)
        self.crc = crc64(piece, self.crc)
        self.size += len(piece)

    @property
    def md5(self) -> bytes:
        return self._md5.digest()
