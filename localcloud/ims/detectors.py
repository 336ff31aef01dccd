"""Whether a detector file can be used: asked before it is put in place, since the workers meet it only with the first job."""

from __future__ import annotations

from pathlib import Path

from engines.understanding.detector import Detector, UnusableDetector


class DetectorRefused(Exception):
    """The file is no detector that the engine can use; the text says why."""


def check(path: Path) -> None:
    """Run it once. Raises DetectorRefused."""
    try:
        Detector(path)
    except UnusableDetector as error:
        raise DetectorRefused(str(error)) from error
