"""Signatures by random hyperplanes: of two embeddings at an angle of a, each bit differs with a probability of a/pi.

M. Charikar, "Similarity estimation techniques from rounding algorithms", 2002. Bits are grouped in bands, and two embeddings meet where
all bits of one band are equal. With BITS in a band and BANDS of them, by the formula 1 - (1 - (1 - a/pi)^BITS)^BANDS:

    cosine   0.99   0.95   0.90   0.80   0.60    0.00
    meet    0.9999  0.98   0.87   0.55   0.17   0.003

So a copy is found nearly always, and of a hundred thousand strangers three hundred are listed. Fewer bits would list more strangers, more
bands would cost more requests: one for each band and search, and one for each band and media that is remembered.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

BANDS = 12
BITS = 12
# A number that is near a normal one: the sum of four bytes, less its mean.
_BYTES, _MEAN = 4, 510


def signature(embedding: Sequence[float]) -> int:
    """BANDS times BITS bits; the same for the same direction, in every version and on every machine."""
    planes, size = _planes(len(embedding)), len(embedding)
    bits = 0
    for start in range(0, len(planes), size):
        bits = bits << 1 | (sum(map(mul, planes[start : start + size], embedding)) > 0)
    return bits


def bands(bits: int) -> Sequence[int]:
    """The bits of each band, the first band first."""
    return [bits >> BITS * (BANDS - 1 - band) & (1 << BITS) - 1 for band in range(BANDS)]


@lru_cache(maxsize=4)  # an image's and a film's embeddings are of two sizes
def _planes(dimensions: int) -> array[int]:
    """The normals of all hyperplanes, one after the other, from a hash: Python's own random numbers may change with its version."""
    count = dimensions * BANDS * BITS
    noise = hashlib.shake_256(f"sightline hyperplanes {dimensions}".encode()).digest(count * _BYTES)
    return array("h", [sum(four) - _MEAN for four in zip(*[iter(noise)] * _BYTES, strict=True)])
