"""Understanding: a media in, a description of measured facts out. `build` makes the engine that runs on this machine alone."""

from __future__ import annotations

from pathlib import Path

from engines.understanding.detector import Detector, UnusableDetector, load_checked
from engines.understanding.types import Engine, Limits

__all__ = ["UnusableDetector", "build"]


def build(detector: Path | None = None, detector_sha256: str | None = None, limits: Limits | None = None, read_text: bool = True) -> Engine:
    """The built-in engine; with `detector`, an ONNX file of YOLOX's kind, also that. Models are loaded when the first media is described.

    With `detector_sha256` a file that has changed is refused, by UnusableDetector, at the first description.
    """
    # Here, because recognition, which the engine uses, itself uses this package's colours and boxes.
    from engines.understanding.builtin import BuiltinEngine

    if detector is None:
        return BuiltinEngine(limits or Limits(), read_text)
    path, sha256 = detector, detector_sha256

    def load() -> Detector:
        return load_checked(path, sha256) if sha256 is not None else Detector(path)

    return BuiltinEngine(limits or Limits(), read_text, load)
