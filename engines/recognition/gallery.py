"""All those who are known, and whom of them something resembles: an open set, in which most of what is seen is nobody's.

The thresholds are from the PETS 2009 footage (vtest.avi of OpenCV's examples), with everybody else in it as strangers; bench/recognition.py
measures them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engines.recognition.appearance import METHOD, Appearance
from engines.recognition.types import Algorithm, Features, Known, Likeness, Vector

PLAIN = 0.15
"""Clothes with a smaller share of rare colours are worn by too many to name anybody by."""
_ALIKE: dict[str, float] = {"pedestrian": 0.86, "pet": 0.9}
_MARGIN = 0.03
"""Who resembles two people is said to be neither."""
SAME_FACE, _FACE_MARGIN = 0.5, 0.06
"""Distances of dlib's model. Its author calls faces below 0.6 the same (99.4 % of the pairs of LFW); in an open set that is too far."""


@dataclass(frozen=True)
class _Samples:
    known: tuple[Known, ...]
    vectors: Vector

    def best_of_each(self, likenesses: Vector) -> list[tuple[float, Known]]:
        """The best sample of each name, the best name first. Two entries of one name are one person."""
        best: dict[str, tuple[float, Known]] = {}
        for likeness, known in zip(likenesses.tolist(), self.known, strict=True):
            if known.name not in best or likeness > best[known.name][0]:
                best[known.name] = (likeness, known)
        return sorted(best.values(), key=lambda pair: -pair[0])


class Gallery:
    """`face_method` is that of the faces that can be compared, None where this engine compares none."""

    def __init__(self, known: Iterable[Known], face_method: str | None = None) -> None:
        everyone = tuple(known)
        self._all = everyone
        self._face_method = face_method
        usable = [each for each in everyone if self._is_usable(each)]
        kinds = {each.features.kind for each in usable}
        self._kinds = {kind: _samples([each for each in usable if each.features.kind == kind]) for kind in kinds}

    def knows(self, kind: str) -> bool:
        return kind in self._kinds

    def names(self, kind: str) -> frozenset[str]:
        return frozenset(each.name for each in self._kinds[kind].known) if kind in self._kinds else frozenset()

    def resembling(self, kind: str, seen: Appearance) -> Likeness | None:
        """A person by clothes, an animal by its coat."""
        samples = self._kinds.get(kind)
        if samples is None or (kind == "person" and seen.distinct < PLAIN):
            return None
        best, *others = samples.best_of_each(samples.vectors @ seen.vector)
        score, known = best
        if score < _ALIKE[known.algorithm] or (others and score - others[0][0] < _MARGIN):
            return None
        return Likeness(known.name, known.group, known.algorithm, min(1.0, score))

    def same_face(self, seen: Vector) -> Likeness | None:
        samples = self._kinds.get("face")
        if samples is None:
            return None
        distances = np.linalg.norm(samples.vectors - seen, axis=1)
        best, *others = samples.best_of_each(-distances)
        distance, known = -best[0], best[1]
        if distance > SAME_FACE or (others and -others[0][0] - distance < _FACE_MARGIN):
            return None
        return Likeness(known.name, known.group, known.algorithm, max(0.0, 1.0 - distance))

    def notes(self) -> tuple[str, ...]:
        """Who can't be named by what was enrolled, and why."""
        plain = _names(each for each in self._all if each.features.kind == "person" and each.features.distinct < PLAIN)
        other = _names(each for each in self._all if each.features.method not in (METHOD, self._face_method))
        named = {each.name for samples in self._kinds.values() for each in samples.known}
        notes = []
        if only := [name for name in plain if name not in named]:
            notes.append(f"the samples of {', '.join(only)} show clothes in colours that many wear: nobody is named by those")
        if only := [name for name in other if name not in named]:
            notes.append(f"the samples of {', '.join(only)} were enrolled in a way that this engine can't compare: enrol them again")
        return tuple(notes)

    def _is_usable(self, known: Known) -> bool:
        features = known.features
        if features.method == self._face_method:
            return True
        return features.method == METHOD and (features.kind != "person" or features.distinct >= PLAIN)


def face_distance(one: Features, other: Features) -> float:
    """0 for the same picture; up to SAME_FACE the same person. Infinite where the two can't be compared."""
    return float(np.linalg.norm(one.vector() - other.vector())) if one.method == other.method else float("inf")


def _samples(known: Sequence[Known]) -> _Samples:
    return _Samples(tuple(known), np.stack([each.features.vector() for each in known]))


def _names(known: Iterable[Known]) -> list[str]:
    return list(dict.fromkeys(each.name for each in known))


def means(algorithm: Algorithm) -> str:
    """By what somebody was recognised, and what that is worth."""
    return {
        "pedestrian": "by the clothes alone: it holds for as long as the same clothes are worn, and for anybody else who wears them",
        "pet": "by the coat alone: another animal with the same coat would match as well",
        "face": "by the face",
    }[algorithm]
