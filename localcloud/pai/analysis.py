"""What PAI needs of the engines, and the processes that run them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from engines.understanding.types import UnreadableMedia
from localcloud.ims.understanding.engine import AnalysisFailed, EngineSettings
from localcloud.ims.understanding.workers import WorkerLimits, Workers

IMAGE_SECONDS = 30.0
"""For one picture, while its caller waits; a vision endpoint is asked in this time too."""


class AnalysisRefused(Exception):
    """The model could not do this with this media; the text says why."""


@dataclass(frozen=True)
class Work:
    """One task of `analyst.Analyst`, with files as paths. `options` are those of `configure`, checked and complete.

    `text` is what came with the media in words; `notes` tell the caller what of his request does nothing here.
    """

    task: str
    images: tuple[str, ...] = ()
    video: str | None = None
    text: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture that was made, in base64. Its answer is this text alone, so `notes` stand beside it."""

    data: str
    notes: tuple[str, ...] = ()


class Analysis(Protocol):
    """Met by `Analysts`. `has_vision` tells whether there is a vision endpoint to ask for what nobody can measure."""

    @property
    def has_vision(self) -> bool: ...

    def analyse(self, work: Work, urgent: bool) -> Any:
        """PAI's own answer, as JSON, or a Picture. Somebody waits for what is `urgent`.

        Raises AnalysisRefused, or Stopped once it was closed.
        """
        ...

    def close(self) -> None: ...


class Analysts:
    """An `Analysis` in two processes, which begin with the first request. Videos are done one at a time, so one is free for pictures."""

    def __init__(self, engine: EngineSettings, log_file: Path, limits: WorkerLimits | None = None) -> None:
        self.has_vision = engine.vision_base_url is not None
        analyst = replace(engine, speech_base_url=None, factory="localcloud.pai.analyst:build")
        self._workers = Workers(analyst, log_file, count=2, limits=limits)

    def analyse(self, work: Work, urgent: bool) -> Any:
        try:
            done = self._workers.do(asdict(work), urgent, IMAGE_SECONDS if urgent else None)
        except (UnreadableMedia, AnalysisFailed) as reason:
            raise AnalysisRefused(str(reason)) from None
        if "refused" in done:
            raise AnalysisRefused(done["refused"])
        return Picture(done["data"], tuple(done["notes"])) if "notes" in done else done["data"]

    def close(self) -> None:
        self._workers.close()
