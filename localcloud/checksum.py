"""The two checksums of content that OSS keeps: MD5 (the ETag of what is put whole) and CRC-64."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from fastcrc.crc64 import xz


def crc64(data: bytes | bytearray, before: int = 0) -> int:
    """CRC-64/XZ, which oss2 (utils.py) computes too, of what had the CRC `before`, continued with `data`."""
    return xz(data, before)


# CRC-64/XZ's polynomial without its highest term, and 1 and x. Bits are reflected: the highest is the coefficient of 1, the next that of x.
_POLYNOMIAL, _ONE, _X = 0xC96C5795D7870F42, 1 << 63, 1 << 62


def crc64_of_both(first: int, second: int, second_size: int) -> int:
    """The CRC of two contents, one after the other, from theirs and the second one's size in bytes.

    What follows multiplies a CRC, taken as a polynomial over GF(2), by x for each of its bits ("crc32_combine" of zlib).
    """
    return _product(first, _power_of_x(8 * second_size)) ^ second


def _product(a: int, b: int) -> int:
    """Modulo the CRC's polynomial."""
    product = 0
    for shift in range(63, -1, -1):
        if a >> shift & 1:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


# All parts of an upload but the last have one size, as a rule.
@lru_cache(maxsize=64)
def _power_of_x(exponent: int) -> int:
    power, square = _ONE, _X
    while exponent:
        if exponent & 1:
            power = _product(power, square)
        square = _product(square, square)
        exponent >>= 1
    return power


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
