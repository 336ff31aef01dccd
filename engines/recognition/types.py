"""What is enrolled, and what a resemblance is. No cloud words here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engines.imaging.errors import UnreadableMedia

Algorithm = Literal["pedestrian", "pet", "face"]
"""What samples are compared by: a person's clothes, an animal's coat, a face."""
Vector = npt.NDArray[np.float32]
"""Of unit length, but for a face's."""


class NothingToEnrol(UnreadableMedia):
    """The picture shows nobody, or more than one, of those who were to be enrolled; the text says what to do."""


@dataclass(frozen=True)
class Features:
    """What of a sample is compared. Made of plain values, so that it can be kept and sent; only those of one `method` are comparable.

    `kind` is the noun: person, cat, dog, face. `values` are little-endian 16-bit floats in base64. `distinct` is the share of a person
    that is in a colour that few wear, 0 to 1.
    """

    method: str
    kind: str
    values: str
    distinct: float = 1.0

    def vector(self) -> Vector:
        return np.frombuffer(base64.b64decode(self.values), dtype="<f2").astype(np.float32)


def pack(vector: Vector) -> str:
    return base64.b64encode(vector.astype("<f2").tobytes()).decode()


@dataclass(frozen=True)
class Known:
    """One sample of somebody. `group` is the caller's word for the set that it is in."""

    name: str
    group: str
    algorithm: Algorithm
    features: Features


@dataclass(frozen=True)
class Enrolment:
    """What was found in a sample's picture; without features, `lacking` says what this engine would need to find any."""

    features: Features | None
    lacking: str = ""


@dataclass(frozen=True)
class Likeness:
    """Whom something resembles; `score` is 0 to 1, and 1 the same."""

    name: str
    group: str
    algorithm: Algorithm
    score: float
