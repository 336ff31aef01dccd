"""Whether an engine can be built as it is asked for: told at the start, since the workers meet it only with the first job."""

from __future__ import annotations

from pathlib import Path

from engines.speech import SpeechSettings
from engines.understanding.detector import Detector, UnusableDetector, load_checked
from engines.understanding.vision import VisionSettings
from localcloud.ims.understanding.engine import EngineSettings


class EngineRefused(Exception):
    """It can't be built; the text says why."""


def check_detector(path: Path) -> None:
    """Run the file once. Raises EngineRefused."""
    try:
        Detector(path)
    except UnusableDetector as error:
        raise EngineRefused(str(error)) from error


def check_settings(settings: EngineSettings) -> None:
    """A detector file that is as it was when it was chosen, and endpoints with well-formed addresses. Raises EngineRefused."""
    try:
        if settings.detector and settings.detector_sha256:
            load_checked(Path(settings.detector), settings.detector_sha256)
        if settings.vision_base_url:
            VisionSettings(settings.vision_base_url, settings.vision_api_key or "", settings.vision_model or "")
        if settings.speech_base_url:
            SpeechSettings(settings.speech_base_url, settings.speech_api_key or "", settings.speech_model or "")
    except (UnusableDetector, ValueError) as error:
        raise EngineRefused(str(error)) from error
