"""People in pixels: OpenCV's HOG person classifier (Dalal and Triggs 2005) and its Haar cascade for frontal faces."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import cv2

from engines.imaging import Image
from engines.imaging.pictures import shrink
from engines.understanding.geometry import Box, suppress
from engines.understanding.skin import may_be_skin

_WINDOW_HEIGHT = 128
_BODY_HEIGHT = 100  # of a person in the classifier's 64x128 window
_LARGEST_STILL = 800
_STILL_THRESHOLD = 1.2  # On ordinary photos weaker answers are mostly wrong.
_CHECK_THRESHOLD = 0.5
_SAMPLE_HEIGHT = 320
_LARGEST_FOR_FACES = 800
_LEAST_FACE = 28  # pixels
_NEIGHBOURING = 0.75  # of a face's width: smaller squares in it are among the neighbours that it is told by
_FACE_NEIGHBOURS = 8  # Precision 1.00 on 49 photos, against 0.67 at 5 neighbours with the default cascade.
# One cascade alone sees faces in smooth textures. Two others that were taught apart have to agree: of the 98 of 100 faces of scikit-image's
# LFW sample that the first finds none is lost, and its false ones on drawn textures and on that package's photographs all go.
_FACE_WITNESSES = ("default", "alt")
_WITNESS_NEIGHBOURS = 3
_WITNESS_WIDTH = 120


class PeopleFinder:
    """The classifiers are read from OpenCV's package on first use and kept."""

    @cached_property
    def _hog(self) -> Any:
        hog: Any = cv2.HOGDescriptor()
        hog.setSVMDetector(hog.getDefaultPeopleDetector())
        return hog

    @cached_property
    def _faces(self) -> Any:
        return _cascade("alt2")

    @cached_property
    def _witnesses(self) -> list[Any]:
        return [_cascade(name) for name in _FACE_WITNESSES]

    def count_in(self, image: Image, box: Box) -> int:
        """How many upright people a moving box holds; 0 where the classifier sees none."""
        height, width = image.shape[:2]
        crop = image[box.grown(0.3, width, height).pixels()]
        if min(crop.shape[:2]) < 8:
            return 0
        factor = min(3.0, _BODY_HEIGHT / box.height)
        crop = cv2.resize(crop, None, fx=factor, fy=factor)
        # The window must fit, with the margin that the classifier was taught with.
        below, beside = max(0, _WINDOW_HEIGHT + 8 - crop.shape[0]), max(0, 72 - crop.shape[1])
        crop = cv2.copyMakeBorder(crop, below // 2, below - below // 2, beside // 2, beside - beside // 2, cv2.BORDER_REPLICATE)
        return len(self._upright(crop, _CHECK_THRESHOLD))

    def upright_in_still(self, image: Image) -> list[tuple[Box, float]]:
        """Upright people in a still picture, at the strong threshold only, with the classifier's weight."""
        small = shrink(image, _LARGEST_STILL)
        factor = image.shape[1] / small.shape[1]
        if small.shape[0] < _WINDOW_HEIGHT or small.shape[1] < _WINDOW_HEIGHT // 2:
            return []
        return [(box.scaled(factor), weight) for box, weight in self._upright(small, _STILL_THRESHOLD)]

    def upright_in_sample(self, image: Image) -> list[Box]:
        """The bodies in a picture that somebody took of a person, who may fill it to its edges."""
        factor = _SAMPLE_HEIGHT / max(image.shape[:2])
        scaled = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
        # The classifier was taught with a margin around the body, which a tight picture lacks.
        margin = _SAMPLE_HEIGHT // 6
        framed = cv2.copyMakeBorder(scaled, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        return [body(box).moved(-margin, -margin).scaled(1 / factor) for box, _ in self._upright(framed, _CHECK_THRESHOLD)]

    def _upright(self, image: Image, threshold: float) -> list[tuple[Box, float]]:
        boxes, weights = self._hog.detectMultiScale(image, winStride=(8, 8), padding=(0, 0), scale=1.08)
        found = [(Box(*map(float, box)), float(weight)) for box, weight in zip(boxes, weights, strict=True) if weight >= threshold]
        return [found[index] for index in suppress(found, 0.3)]

    def faces(self, image: Image, least: float = 0.0) -> list[Box]:
        """Frontal faces. Those narrower than `least` pixels may be left out, which takes less time."""
        small = shrink(image, _LARGEST_FOR_FACES)
        factor = image.shape[1] / small.shape[1]
        grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
        side = max(_LEAST_FACE, round(_NEIGHBOURING * least / factor))
        found = self._faces.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=_FACE_NEIGHBOURS, minSize=(side, side))
        boxes = [box for each in found if self._is_face(image, box := Box(*map(float, each)).scaled(factor))]
        return [boxes[index] for index in suppress([(box, -box.area) for box in boxes], 0.1)]

    def _is_face(self, image: Image, box: Box) -> bool:
        if not may_be_skin(image, box):
            return False
        height, width = image.shape[:2]
        crop = image[box.grown(0.4, width, height).pixels()]
        factor = _WITNESS_WIDTH / box.width
        grey = cv2.equalizeHist(cv2.cvtColor(cv2.resize(crop, None, fx=factor, fy=factor), cv2.COLOR_BGR2GRAY))
        least = (_WITNESS_WIDTH // 2, _WITNESS_WIDTH // 2)
        return all(
            len(witness.detectMultiScale(grey, scaleFactor=1.05, minNeighbors=_WITNESS_NEIGHBOURS, minSize=least)) > 0
            for witness in self._witnesses
        )


def body(window: Box) -> Box:
    """The classifier's window leaves a margin of an eighth around the body."""
    return Box(window.x + window.width / 8, window.y + window.height / 8, window.width * 3 / 4, window.height * 3 / 4)


def _cascade(name: str) -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / f"haarcascade_frontalface_{name}.xml"))
