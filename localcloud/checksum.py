"""The two checksums of content that OSS keeps: MD5 (the ETag of what is put whole) and CRC-64."""

from __future__ import annotations

import hashlib

from fastcrc.crc64 import xz


def crc64(data: bytes | bytearray, before: int = 0) -> int:
    """CRC-64/XZ, which oss2 (utils.py) computes too, of what had the CRC `before`, continued with `data`."""
    return xz(data, before)


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
