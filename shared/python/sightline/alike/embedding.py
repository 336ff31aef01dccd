"""An embedding as it is kept: whose it is in a line of JSON, then its numbers as little-endian float32."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from operator import mul

from sightline.errors import BadInput
from sightline.stored import Stored, Unreadable
from sightline.untrusted import to_json
from sightline.value import Value


class Remembered(Value):
    """The embedding of one generation of a media."""

    media_id: str
    generation: str
    namespace: str
    embedding: Sequence[float]


def check(embedding: Sequence[float]) -> None:
    """Raises BadInput for one that has no direction."""
    if not embedding or not all(math.isfinite(number) for number in embedding) or not any(embedding):
        raise BadInput("embedding", "has no direction", "give numbers that are finite and not all zero")


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """1 for the same direction, 0 for nothing in common. Both have as many numbers, and a direction."""
    lengths = math.sqrt(sum(map(mul, one, one))) * math.sqrt(sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


def pack(remembered: Remembered) -> bytes:
    about = {"v": 1, **{name: value for name, value in remembered._asdict().items() if name != "embedding"}}
    longest = max(map(abs, remembered.embedding))  # so that every number fits float32
    numbers = [number / longest for number in remembered.embedding]
    return to_json(about).encode() + b"\n" + struct.pack(f"<{len(numbers)}f", *numbers)


def unpack(content: bytes) -> Remembered:
    """Raises Unreadable."""
    line, _, packed = content.partition(b"\n")
    about = Stored.parse(line)
    if len(packed) % 4:
        raise Unreadable("embedding: cut short")
    numbers = struct.unpack(f"<{len(packed) // 4}f", packed)
    try:
        check(numbers)
    except BadInput as error:
        raise Unreadable(str(error)) from error
    return Remembered(about.text("media_id"), about.text("generation"), about.text("namespace"), numbers)
