"""The faces of a film: looked for every few frames, and in between where they must have been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import cv2

from engines.imaging import Image
from engines.imaging.pictures import shrink
from engines.production.planes import Planes
from engines.understanding.geometry import Box, overlap
from engines.understanding.people import PeopleFinder

_EVERY = 5  # frames
_EVERYWHERE_EVERY = 5  # looks; at the others a known face is looked for near where it was
_NEAR = 0.5  # of a face's size, on each side
_NEAR_VIEW = 220  # pixels of the longer side
_SAME = 0.25  # intersection over union
_LEAST_ALIKE = _SAME**0.5  # of a face's width: no narrower box can share so much with it
_LIKE_BEFORE = 0.75  # of a normalised correlation of 1
_UNSEEN_LOOKS = 10
"""Somebody who turns aside for two seconds is the same face still, as long as it looks like before."""
_PATCH = 48
_INERTIA = 0.4
"""How much of a box's last size stays: the classifier's boxes breathe."""

Faces = Sequence[tuple[Box, float]]
"""Each face's box and how much it counts, 0 to 1: one that comes or goes does so little by little."""


@dataclass
class _Face:
    box: Box
    patch: Image
    unseen: int = 0


@dataclass
class FaceFollower:
    """`look` at frames in order, some five a second or more: each face by a number that it keeps."""

    people: PeopleFinder
    _faces: dict[int, _Face] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _looks: int = 0

    def look(self, image: Image) -> dict[int, Box]:
        everywhere = self._looks % _EVERYWHERE_EVERY == 0
        self._looks += 1
        fresh = list(self.people.faces(image)) if everywhere else []
        kept: dict[int, _Face] = {}
        for number, face in self._faces.items():
            seen = _taken(fresh, face.box) if everywhere else self._near(image, face.box)
            again = self._again(image, face, seen)
            if again is not None:
                kept[number] = again
        for box in fresh:
            kept[next(self._numbers)] = _Face(box, _patch(image, box))
        self._faces = kept
        return {number: face.box for number, face in kept.items()}

    def _near(self, image: Image, box: Box) -> Box | None:
        around = box.grown(_NEAR, image.shape[1], image.shape[0])
        rows, columns = around.pixels()
        crop = shrink(image[rows, columns], _NEAR_VIEW)
        if min(crop.shape[:2]) < 8:
            return None
        factor = (columns.stop - columns.start) / crop.shape[1]
        found = self.people.faces(crop, least=_LEAST_ALIKE * box.width / factor)
        boxes = [each.scaled(factor).moved(columns.start, rows.start) for each in found]
        return max(boxes, key=lambda each: overlap(each, box), default=None)

    def _again(self, image: Image, face: _Face, seen: Box | None) -> _Face | None:
        if seen is not None and overlap(seen, face.box) >= _SAME:
            box = _calmed(face.box, seen)
            return _Face(box, _patch(image, box))
        moved = _like_before(image, face) if face.unseen < _UNSEEN_LOOKS else None
        return _Face(moved, face.patch, face.unseen + 1) if moved is not None else None


def with_faces(stream: Iterable[Planes], follower: FaceFollower) -> Iterator[tuple[Planes, Faces]]:
    """Every frame with its faces, each on the straight way between where two looks saw it; a few frames late."""
    held: list[Planes] = []
    before: dict[int, Box] = {}
    for number, frame in enumerate(stream):
        if number % _EVERY:
            held.append(frame)
            continue
        after = follower.look(frame.image())
        for place, between in enumerate(held, start=1):
            yield between, _between(before, after, place / (len(held) + 1))
        yield frame, [(box, 1.0) for box in after.values()] if number == 0 else _between(before, after, 1.0)
        held, before = [], after
    for frame in held:
        yield frame, [(box, 1.0) for box in before.values()]


def _between(before: dict[int, Box], after: dict[int, Box], share: float) -> Faces:
    faces = []
    for number in before.keys() | after.keys():
        old, new = before.get(number), after.get(number)
        if old is not None and new is not None:
            faces.append((Box(*((1 - share) * one + share * other for one, other in zip(old, new, strict=True))), 1.0))
        elif new is not None:
            faces.append((new, share))
        elif old is not None:
            faces.append((old, 1 - share))
    return faces


def _taken(boxes: list[Box], known: Box) -> Box | None:
    """Out of the list, the box that is the known face's."""
    best = max(boxes, key=lambda box: overlap(box, known), default=None)
    if best is None or overlap(best, known) < _SAME:
        return None
    boxes.remove(best)
    return best


def _calmed(old: Box, new: Box) -> Box:
    width = _INERTIA * old.width + (1 - _INERTIA) * new.width
    height = _INERTIA * old.height + (1 - _INERTIA) * new.height
    x, y = new.centre
    return Box(x - width / 2, y - height / 2, width, height)


def _patch(image: Image, box: Box) -> Image:
    rows, columns = box.pixels()
    patch: Image = cv2.resize(cv2.cvtColor(image[rows, columns], cv2.COLOR_BGR2GRAY), (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    return patch


def _like_before(image: Image, face: _Face) -> Box | None:
    """Where in its neighbourhood the face looks as it did when it was last seen."""
    rows, columns = face.box.grown(_NEAR, image.shape[1], image.shape[0]).pixels()
    factor = _PATCH / face.box.width
    around = cv2.resize(cv2.cvtColor(image[rows, columns], cv2.COLOR_BGR2GRAY), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    if min(around.shape) < _PATCH:
        return None
    _, likeness, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, face.patch, cv2.TM_CCOEFF_NORMED))
    if likeness < _LIKE_BEFORE:
        return None
    return Box(columns.start + x / factor, rows.start + y / factor, face.box.width, face.box.height)
