"""Pictures of somebody, given by address: fetched, looked at while the caller waits, refused with the reason where they can't be used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from engines.imaging.errors import UnreadableMedia
from engines.imaging.pictures import checked_header
from engines.recognition.types import Algorithm, Enrolment
from localcloud.acs import AcsError
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.inputs import InputError, InputLimits, Inputs
from localcloud.ims.runner import Stopped
from localcloud.ims.understanding.engine import AnalysisFailed, Understanding

PICTURE_LIMITS = InputLimits(bytes=20 * 1024**2, seconds=8)
"""Of one picture, which the caller waits for: SDKs give up after ten seconds. Both are assumptions."""


class Pictures:
    def __init__(self, inputs: Inputs, understanding: Understanding) -> None:
        self._inputs = inputs
        self._understanding = understanding

    @property
    def engine(self) -> str:
        """What it is that looks: features of another engine are not asked for again."""
        return self._understanding.fingerprint

    def enrolled(
        self, parameter: str, address: str, algorithm: str, remembered: Callable[[str], Enrolment | None] = lambda _content: None
    ) -> tuple[str, Enrolment]:
        """The hash of the picture, and what was found in it, now or as `remembered` for that hash. Raises AcsError, naming `parameter`."""
        try:
            with self._inputs.files([address]) as [file]:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                return content, remembered(content) or self._enrol(file, algorithm)
        except (InputError, UnreadableMedia) as reason:
            raise invalid_parameter(parameter, str(reason)) from None
        except AnalysisFailed as reason:
            raise AcsError(500, "InternalError", f"The picture could not be looked at: {reason}.") from None
        except Stopped:
            raise AcsError(503, "ServiceUnavailable", "The laptop cloud is being stopped.") from None

    def _enrol(self, file: Path, algorithm: str) -> Enrolment:
        for compared in get_args(Algorithm):
            if algorithm == compared:
                return self._understanding.enrol(file, compared)
        checked_header(file)
        return Enrolment(None, f"an engine that recognises a {algorithm}")
