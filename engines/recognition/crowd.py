"""The faces of one media, told apart: which of the looks at faces were looks at the same person, known or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from engines.recognition.types import Vector
from engines.understanding.geometry import Box

_SAME = 0.45
"""Stricter than for a name, since the mean of wrong neighbours draws in more of them."""


@dataclass(frozen=True)
class FaceLook:
    """A face at a time, in seconds; of a sequence of pictures the time is the picture's number, from 0."""

    time: float
    box: Box
    vector: Vector


@dataclass
class Person:
    """One and the same, as far as the face tells."""

    looks: list[FaceLook] = field(default_factory=list)

    @property
    def vector(self) -> Vector:
        return np.asarray(np.mean([look.vector for look in self.looks], axis=0), np.float32)

    def stretches(self, gap: float) -> list[list[FaceLook]]:
        """The looks in runs without a longer gap, in seconds."""
        runs: list[list[FaceLook]] = []
        for look in self.looks:
            if runs and look.time - runs[-1][-1].time <= gap:
                runs[-1].append(look)
            else:
                runs.append([look])
        return runs


def told_apart(looks: Iterable[FaceLook]) -> list[Person]:
    """In the order of their first look. Two faces of one frame are never one person."""
    people: list[Person] = []
    for look in sorted(looks, key=lambda each: each.time):
        others = [person for person in people if person.looks[-1].time < look.time]
        nearest = min(others, key=lambda person: _distance(person, look), default=None)
        if nearest is None or _distance(nearest, look) > _SAME:
            people.append(nearest := Person())
        nearest.looks.append(look)
    return people


def _distance(person: Person, look: FaceLook) -> float:
    return float(np.linalg.norm(person.vector - look.vector))
