"""PAI's service behind the real door, with the official SDK as its client and engines that do as a test says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_service_python_sdk.client.api.ai_service_image_api import AiServiceImageApi
from ai_service_python_sdk.client.api.ai_service_job_api import AiServiceJobApi
from ai_service_python_sdk.client.api.ai_service_video_api import AiServiceVideoApi
from ai_service_python_sdk.client.api_client import ApiClient

from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.ims.runner import Stopped
from localcloud.network import Reach
from localcloud.pai import AnalysisRefused, MultimediaAnalysis, Work
from tests.contract.ims.cloud import FakeObjects, until

# An AppId may hold a colon.
KEY = Credential("2022:app", "the token")
WAIT_SECONDS = 60


@dataclass
class Scripted:
    """An `Analysis`. `answers` are by task; a media that reads `refuse WHY` is refused, `raise` breaks, `wait FILE` waits for that file."""

    has_vision: bool = True
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Work] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    """What the media held, in the order of the work."""

    def __post_init__(self) -> None:
        self._closed = threading.Event()

    def analyse(self, work: Work, urgent: bool) -> Any:
        assert urgent == (work.video is None and work.task != "post_labels")
        self.asked.append(work)
        contents = [Path(file).read_text() for file in (*work.images, *filter(None, [work.video]))]
        self.read += contents
        for content in contents:
            self._do(*content.partition(" ")[::2])
        return self.answers.get(work.task, {"task": work.task})

    def close(self) -> None:
        self._closed.set()

    def _do(self, verb: str, rest: str) -> None:
        if verb == "refuse":
            raise AnalysisRefused(rest)
        if verb == "raise":
            raise ZeroDivisionError(rest)
        while verb == "wait" and not Path(rest).exists():
            if self._closed.wait(0.01):
                raise Stopped


class Pai:
    """May be stopped and started again, on the same folder."""

    def __init__(self, folder: Path, analysis: Scripted | None = None) -> None:
        self.folder = folder
        self.analysis = analysis or Scripted()
        self.start()

    def start(self) -> None:
        objects = FakeObjects(self.folder / "objects")
        self.service = MultimediaAnalysis(self.folder / "pai", Keyring(KEY), objects, self.analysis, Reach(this_machine=True))
        self.door = Door([self.service], scratch=self.folder / "door")
        self.service.start()
        self.door.start()

    def stop(self) -> None:
        self.door.stop()
        self.service.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"


@dataclass
class Sdk:
    """The SDK's three classes over one of its clients."""

    client: ApiClient

    @property
    def images(self) -> Any:
        return AiServiceImageApi(self.client)

    @property
    def videos(self) -> Any:
        return AiServiceVideoApi(self.client)

    @property
    def jobs(self) -> Any:
        return AiServiceJobApi(self.client)

    def ended(self, job_id: int) -> Any:
        """The job, once it is done or has failed."""
        return until(lambda: _if_ended(self.jobs.get_async_job(job_id).data["job"]))

    def ended_batch(self, batch_id: int) -> list[Any]:
        def look() -> list[Any] | None:
            jobs = self.jobs.get_batch_job_with_id(batch_id).data["jobs"]
            return jobs if all(map(_if_ended, jobs)) else None

        return until(look)


def _if_ended(job: Any) -> Any:
    return job if job["state"] in (2, 3) else None


@contextmanager
def loggers_kept() -> Iterator[None]:
    """A client of the SDK puts handlers and levels on loggers of others; they end here."""
    loggers = [logging.getLogger(name) for name in ("client", "urllib3")]
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    try:
        yield
    finally:
        for logger, handlers, level in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)


@contextmanager
def sdk_of(endpoint: str, key: Credential = KEY) -> Iterator[Sdk]:
    """A client, whose threads and connections end with it."""
    with loggers_kept():
        client = ApiClient(endpoint, key.access_key_id, key.access_key_secret)
        try:
            yield Sdk(client)
        finally:
            client.pool.close()
            client.pool.join()
            client.rest_client.pool_manager.clear()
