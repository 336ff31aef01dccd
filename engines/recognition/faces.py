"""Faces, where the extra `faces` is installed: dlib's residual network (King 2017), which maps an upright face to 128 numbers.

Both the network and the finder of five landmarks are of the public domain (CC0); the package that carries them also holds a finder of 68,
whose training data forbid commercial use, and which is never loaded here.
"""

from __future__ import annotations

import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.imaging import Image
from engines.recognition.types import Features, Vector, pack
from engines.understanding.geometry import Box

METHOD = "dlib-resnet-1"
_LANDMARKS, _NETWORK = "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat"
_FACE_WIDTH = 150  # pixels; the network looks at chips of this size
_LEAST_WIDTH = 40  # pixels; in a smaller face there is too little to tell two people apart


class FaceReader:
    """The models are read on first use and kept."""

    @staticmethod
    def available() -> bool:
        return importlib.util.find_spec("dlib") is not None and _models() is not None

    @cached_property
    def _dlib(self) -> Any:
        import dlib

        return dlib

    @cached_property
    def _detector(self) -> Any:
        return self._dlib.get_frontal_face_detector()

    @cached_property
    def _landmarks(self) -> Any:
        return self._dlib.shape_predictor(str(_model(_LANDMARKS)))

    @cached_property
    def _network(self) -> Any:
        return self._dlib.face_recognition_model_v1(str(_model(_NETWORK)))

    def vector(self, image: Image, face: Box) -> Vector | None:
        """Of a frontal face; None where it is too small, or dlib's own finder, a second witness, sees no single face there."""
        if face.width < _LEAST_WIDTH:
            return None
        height, width = image.shape[:2]
        crop = image[face.grown(0.5, width, height).pixels()]
        factor = _FACE_WIDTH / face.width
        upright = cv2.cvtColor(cv2.resize(crop, None, fx=factor, fy=factor), cv2.COLOR_BGR2RGB)
        found = self._detector(upright, 0)
        if len(found) != 1:
            return None
        return np.asarray(self._network.compute_face_descriptor(upright, self._landmarks(upright, found[0])), np.float32)


def features(vector: Vector) -> Features:
    return Features(METHOD, "face", pack(vector))


def _models() -> Path | None:
    """The folder of the models. The package itself is not imported: it wants a `pkg_resources` that is no more."""
    found = importlib.util.find_spec("face_recognition_models")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations)), "models")
    return folder if (folder / _LANDMARKS).is_file() and (folder / _NETWORK).is_file() else None


def _model(name: str) -> Path:
    folder = _models()
    if folder is None:
        raise RuntimeError("the models of the extra `faces` are gone")
    return folder / name
