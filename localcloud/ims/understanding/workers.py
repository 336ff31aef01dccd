"""The parent's side of the worker processes: warm, reused, and replaced when one crashes, hangs or takes too much memory."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from engines.recognition.types import Algorithm, Enrolment
from engines.speech.types import Transcript, Untranscribed
from engines.understanding.types import USUAL, Description, MediaKind, UnreadableMedia, Wishes
from localcloud.ims.runner import Stopped
from localcloud.ims.understanding.engine import DESCRIPTION, ENROLMENT, TRANSCRIPT, WISHES, AnalysisFailed, EngineSettings

log = logging.getLogger("localcloud.ims.understanding.workers")

START_SECONDS = 120.0
"""For imports and models, on a slow disk."""
NO_SPEECH_ENDPOINT = "no speech endpoint is set (SIGHTLINE_SPEECH_BASE_URL and SIGHTLINE_SPEECH_MODEL)"
ENROLMENT_SECONDS = 30.0
"""For one picture."""
LOOK_SECONDS = 0.2
"""How often the memory of a busy worker is looked at."""


class Cancelled(Exception):
    """Whoever asked for the work does not want it any more."""


@dataclasses.dataclass(frozen=True)
class WorkerLimits:
    """Of one piece of work: wall-clock seconds, and resident bytes of the process.

    A process that keeps more than `idle_memory` when its work is done is ended, and another begun when there is more to do.
    """

    seconds: float = 600
    memory: int = 3 * 1024**3
    idle_memory: int | None = None


class Workers:
    """An `Understanding` that runs its engine in `count` processes, begun by `start` or when they are needed, or other work, by `do`.

    Their error output goes to the file `log_file`.
    """

    def __init__(self, engine: EngineSettings, log_file: Path, count: int = 2, limits: WorkerLimits | None = None) -> None:
        self._engine = engine
        self._log_file = log_file
        self._limits = limits or WorkerLimits()
        self._free: list[_Worker | None] = [None] * count
        self._running: set[_Worker] = set()
        self._urgent_waiting = 0
        self._closed = False
        # One more process, begun with the first sample: whoever enrols somebody waits for the answer, and not behind long videos.
        self._enroller: _Worker | None = None
        self._enrolling = threading.Lock()
        self._change = threading.Condition()

    @property
    def fingerprint(self) -> str:
        return self._engine.fingerprint

    def start(self) -> None:
        """Start the processes now, so that the first media finds them warm."""
        with self._change:
            self._free = [worker or self._launch() for worker in self._free]

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL, urgent: bool = True) -> Description:
        with self._worker(urgent) as worker:
            work = {"files": [str(file) for file in files], "kind": kind, "wishes": WISHES.dump_python(wishes, mode="json")}
            answer = worker.ask(work, self._limits.seconds)
        if "unreadable" in answer:
            raise UnreadableMedia(answer["unreadable"])
        return DESCRIPTION.validate_python(answer["description"])

    def do(self, work: Any, urgent: bool = True, seconds: float | None = None, cancelled: Callable[[], bool] | None = None) -> Any:
        """What the `worker.Doer` of the engine's factory answers; both are JSON.

        Raises UnreadableMedia, AnalysisFailed, Cancelled soon after `cancelled` says so, or Stopped once it was closed.
        """
        with self._worker(urgent) as worker:
            answer = worker.ask({"work": work}, seconds or self._limits.seconds, cancelled)
        if "unreadable" in answer:
            raise UnreadableMedia(answer["unreadable"])
        return answer["done"]

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        with self._enrolling:
            if self._enroller is None or not self._enroller.alive():
                self._enroller = self._started()
            try:
                answer = self._enroller.ask({"picture": str(picture), "algorithm": algorithm}, ENROLMENT_SECONDS)
            except AnalysisFailed:
                with self._change:
                    self._discard(self._enroller)
                self._enroller = None
                if self._closed:
                    raise Stopped from None
                raise
        if "unreadable" in answer:
            raise UnreadableMedia(answer["unreadable"])
        return ENROLMENT.validate_python(answer["enrolment"])

    def _started(self) -> _Worker:
        with self._change:
            if self._closed:
                raise Stopped
            return self._launch()

    def transcribe(self, file: Path, language: str | None = None, urgent: bool = True) -> Transcript:
        if self._engine.speech_base_url is None:
            raise Untranscribed(NO_SPEECH_ENDPOINT)
        with self._worker(urgent) as worker:
            answer = worker.ask({"sound": str(file), "language": language}, self._limits.seconds)
        if "unreadable" in answer:
            raise UnreadableMedia(answer["unreadable"])
        if "untranscribed" in answer:
            raise Untranscribed(answer["untranscribed"])
        return TRANSCRIPT.validate_python(answer["transcript"])

    def close(self) -> None:
        """End the processes; work under way raises Stopped."""
        with self._change:
            self._closed = True
            workers = list(self._running)
            self._change.notify_all()
        for worker in workers:
            worker.end()

    @contextmanager
    def _worker(self, urgent: bool) -> Iterator[_Worker]:
        worker = self._take(urgent)
        healthy = False
        try:
            yield worker
            healthy = self._limits.idle_memory is None or worker.memory() <= self._limits.idle_memory
        except AnalysisFailed:
            if self._closed:
                raise Stopped from None
            raise
        finally:
            self._give_back(worker, healthy)

    def _take(self, urgent: bool) -> _Worker:
        with self._change:
            self._urgent_waiting += urgent
            try:
                self._change.wait_for(lambda: self._closed or (self._free and (urgent or not self._urgent_waiting)))
            finally:
                self._urgent_waiting -= urgent
                self._change.notify_all()
            if self._closed:
                raise Stopped
            worker = self._free.pop()
            if worker is None or not worker.alive():
                if worker:
                    self._discard(worker)
                worker = self._launch()
            return worker

    def _give_back(self, worker: _Worker, healthy: bool) -> None:
        with self._change:
            if not healthy:
                self._discard(worker)
            self._free.append(worker if healthy else None)
            self._change.notify_all()

    def _launch(self) -> _Worker:
        worker = _Worker(self._engine, self._log_file, self._limits.memory)
        self._running.add(worker)
        return worker

    def _discard(self, worker: _Worker) -> None:
        worker.end()
        self._running.discard(worker)


class _Worker:
    """One process. Used by one thread at a time; `end` may come from another."""

    def __init__(self, engine: EngineSettings, log_file: Path, memory: int) -> None:
        self._memory = memory
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._ready = False
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localcloud.ims.understanding.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                # A Ctrl-C on the terminal is for the parent, which ends its workers itself.
                start_new_session=True,
            )
        threading.Thread(target=self._read, name=f"ims-worker-{self._process.pid}", daemon=True).start()
        self._write({"settings": dataclasses.asdict(engine)})

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, work: dict[str, Any], seconds: float, cancelled: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Raises AnalysisFailed or Cancelled; then the process is of no further use."""
        if not self._ready:
            self._answer(START_SECONDS, "starting")
            self._ready = True
        self._write(work)
        return self._answer(seconds, "analysing", cancelled)

    def memory(self) -> int:
        """Resident bytes; 0 of a process that is gone."""
        try:
            used: int = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return 0
        return used

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                log.debug("worker %d left a line unread", self._process.pid)

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            log.debug("worker %d is gone; the answer that it does not give will say so", self._process.pid)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for line in answers:
                self._lines.put(line.decode())
        self._lines.put(None)

    def _answer(self, seconds: float, doing: str, cancelled: Callable[[], bool] | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, min(LOOK_SECONDS, deadline - time.monotonic())))
                break
            except queue.Empty:
                self._check(deadline, seconds, doing)
                if cancelled and cancelled():
                    raise Cancelled from None
        if line is None:
            raise AnalysisFailed(f"the analysing process ended while {doing} ({_ending(self._process.wait())})")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise AnalysisFailed(f"the analysing process failed while {doing}: {answer['failed']}")
        return answer

    def _check(self, deadline: float, seconds: float, doing: str) -> None:
        if time.monotonic() >= deadline:
            raise AnalysisFailed(f"{doing} took longer than {seconds:g} s")
        if self.memory() > self._memory:
            raise AnalysisFailed(f"{doing} took more than {self._memory // 1024**2} MiB of memory")


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
