"""A sample's picture, enrolled: the one person, animal or face in it is found, and what of it can be compared is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engines.imaging import Image, read_image
from engines.imaging.pictures import shrink
from engines.recognition import faces
from engines.recognition.appearance import appearance
from engines.recognition.cutout import figure
from engines.recognition.faces import FaceReader
from engines.recognition.types import Algorithm, Enrolment, NothingToEnrol
from engines.understanding.detector import Detection, Detector
from engines.understanding.geometry import Box, inside, overlap
from engines.understanding.people import PeopleFinder

_VIEW = 1280
_SMALLEST = 24
_DETECTED = 0.45
_PETS = frozenset({"cat", "dog"})
_BESIDE = 0.35  # of the height of the largest: a passer-by in the background is smaller and does no harm
NEEDS_DETECTOR = "a detector file that finds animals (`sightline models add`)"
NEEDS_FACES = "the extra `faces` (`pip install 'sightline[faces]'`)"


@dataclass
class Enroller:
    """`detector` and `faces` are None where the user has none."""

    people: PeopleFinder
    detector: Detector | None
    faces: FaceReader | None

    def enrol(self, picture: Path, algorithm: Algorithm, pixels: int) -> Enrolment:
        """Raises UnreadableMedia, and NothingToEnrol where the picture shows not exactly one of those who are to be enrolled."""
        image = shrink(read_image(picture, pixels, longest=_VIEW), _VIEW)
        if min(image.shape[:2]) < _SMALLEST:
            raise NothingToEnrol(f"a picture so small or narrow shows nobody: use one of at least {_SMALLEST} pixels to each side")
        if algorithm == "pedestrian":
            return self._person(image)
        return self._pet(image) if algorithm == "pet" else self._face(image)

    def _person(self, image: Image) -> Enrolment:
        detected = self.detector.detect(image, _DETECTED) if self.detector is not None else []
        found = [each.box for each in detected if each.label == "person"]
        box = _only(found or self.people.upright_in_sample(image), "person", "a picture of one whole, upright person")
        seen = figure(image, box)
        if seen is None:
            raise NothingToEnrol("the person is too small in it: use a picture in which the whole person is at least 64 pixels high")
        return Enrolment(seen.features("person"))

    def _pet(self, image: Image) -> Enrolment:
        if self.detector is None:
            return Enrolment(None, NEEDS_DETECTOR)
        found = [each for each in self.detector.detect(image, _DETECTED) if each.label in _PETS]
        box = _only([each.box for each in _one_label_each(found)], "cat or dog", "a picture of one cat or dog")
        kind = next(each.label for each in found if each.box == box)
        seen = appearance(image, box)
        if seen is None:
            raise NothingToEnrol("the animal is too small in it: use a closer picture")
        return Enrolment(seen.features(kind))

    def _face(self, image: Image) -> Enrolment:
        if self.faces is None:
            return Enrolment(None, NEEDS_FACES)
        box = _only(self.people.faces(image), "face", "a picture of one face that looks at the camera")
        vector = self.faces.vector(image, box)
        if vector is None:
            raise NothingToEnrol("the face is too small or turned away: use a frontal one, at least 60 pixels wide")
        return Enrolment(faces.features(vector))


def _one_label_each(found: Sequence[Detection]) -> list[Detection]:
    """A detector sometimes calls one animal both a cat and a dog; the better name counts. The best come first."""
    kept: list[Detection] = []
    for each in found:
        if all(overlap(each.box, other.box) < 0.5 for other in kept):
            kept.append(each)
    return kept


def _only(found: Sequence[Box], what: str, wanted: str) -> Box:
    """The one of its size. Raises NothingToEnrol."""
    if not found:
        raise NothingToEnrol(f"no {what} was found in it: use {wanted}")
    largest = max(found, key=lambda box: box.height)
    others = [box for box in found if box is not largest and box.height > _BESIDE * largest.height and inside(box, largest) < 0.7]
    if others:
        raise NothingToEnrol(f"{len(others) + 1} of the kind {what} were found in it: cut it to one, or use {wanted}")
    return largest
