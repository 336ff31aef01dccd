"""The production engines in processes of their own: what the service asks, and what the process answers.

They run in the same worker processes as all that is done to media (`understanding.workers`), with limits of their own. Of the processor
they get what nobody else wants: two jobs may take both cores of a laptop, and its services answer as before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter

from engines.production.run import produce
from engines.production.types import Produced, Unfit
from engines.speech.types import Transcribe
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.ims.understanding.worker import build_transcriber
from localcloud.ims.understanding.workers import Cancelled as Cancelled
from localcloud.ims.understanding.workers import WorkerLimits, Workers

LIMITS = WorkerLimits(seconds=6 * 3600, memory=3 * 1024**3, idle_memory=300 * 1024**2)
"""Of one job: the slowest function takes longer than the clip lasts. A reader of text is not kept for a job that may never come."""
NICENESS = 15
_PRODUCED: TypeAdapter[Produced] = TypeAdapter(Produced)


@dataclass(frozen=True)
class Task:
    """One function on one file; `options` are JSON."""

    function: str
    source: Path
    folder: Path
    options: dict[str, Any]


class Production(Protocol):
    """Met by `ProductionWorkers`."""

    def produce(self, task: Task, cancelled: Callable[[], bool]) -> Produced:
        """Raises Unfit, UnreadableMedia, AnalysisFailed, Cancelled once `cancelled` says so, or Stopped once it was closed."""
        ...

    def close(self) -> None: ...


class ProductionWorkers:
    """A `Production` in processes that begin with the first job. `factory` builds what works there."""

    def __init__(
        self,
        engine: EngineSettings,
        log_file: Path,
        count: int,
        limits: WorkerLimits = LIMITS,
        factory: str = "localcloud.ims.production.producing:build",
    ) -> None:
        self._workers = Workers(replace(engine, factory=factory), log_file, count, limits)

    def produce(self, task: Task, cancelled: Callable[[], bool]) -> Produced:
        work = {"function": task.function, "source": str(task.source), "folder": str(task.folder), "options": task.options}
        answer = self._workers.do(work, cancelled=cancelled)
        if "unfit" in answer:
            raise Unfit(answer["field"], answer["unfit"])
        return _PRODUCED.validate_python(answer["produced"])

    def close(self) -> None:
        self._workers.close()


class Producer:
    """What answers in the process: `understanding.worker.Doer`."""

    name = "production"

    def __init__(self, transcribe: Transcribe | None, run: Callable[..., Produced] = produce) -> None:
        self._transcribe = transcribe
        self._run = run

    def do(self, work: Any) -> Any:
        """Raises UnreadableMedia."""
        try:
            done = self._run(work["function"], Path(work["source"]), Path(work["folder"]), work["options"], self._transcribe)
        except Unfit as error:
            return {"field": error.field, "unfit": str(error)}
        return {"produced": _PRODUCED.dump_python(done, mode="json")}


def build(settings: EngineSettings) -> Producer:
    step_back()
    return Producer(build_transcriber(settings) if settings.speech_base_url else None)


def step_back() -> None:
    """Let every other process go first."""
    os.nice(NICENESS)
    # Linux shares out the processor between sessions first, and each worker has one: sched(7), "The autogroup feature".
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))
