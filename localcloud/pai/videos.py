"""POST /api/v1/videos and /api/v1/batch_videos: jobs that are done one after the other, and polled until they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from localcloud.ims.runner import Runner, own_fault
from localcloud.pai import body, models
from localcloud.pai.analysis import Analysis, AnalysisRefused, Work
from localcloud.pai.errors import PaiError, parameter_error
from localcloud.pai.jobs import Asked, Jobs
from localcloud.pai.media import Media

log = logging.getLogger("localcloud.pai")

LARGEST_BATCH, MOST_PICTURES = 100, 50
"""Our assumption: PAI names no limits."""


class Videos:
    """`runner` does the jobs, and has to be started."""

    def __init__(self, jobs: Jobs, media: Media, analysis: Analysis) -> None:
        self._jobs = jobs
        self._media = media
        self._analysis = analysis
        self.runner: Runner[tuple[int, Asked]] = Runner("pai-videos", 1, jobs.claim, self._run, self._give_up)

    def submit(self, app_id: str, content: bytes) -> dict[str, int]:
        """The answer's data. Raises PaiError."""
        given = body.read(content, body.VIDEO)
        self._find(given)
        images = tuple(given["images"]) if given["action"] == models.POST else ()
        _check_addresses(given["video_url"], images)
        # SDK 1.1.5 sends the title as the text (VideoRequest.text returns video_title), and so no text at all of a post.
        text = given["text"] or given["video_title"]
        job_id = self._jobs.add(app_id, _asked(given, given["video_url"], images, text))
        self.runner.call()
        return {"job_id": job_id}

    def submit_batch(self, app_id: str, content: bytes) -> dict[str, int]:
        """The answer's data. Raises PaiError."""
        given = body.read(content, body.BATCH)
        if not given["videos"]:
            raise parameter_error("videos is empty")
        if len(given["videos"]) > LARGEST_BATCH:
            raise parameter_error(f"videos has more than {LARGEST_BATCH} entries")
        self._find(given, models.BATCHES)
        for each in given["videos"]:
            _check_addresses(each["url"], ())
        batch_id = self._jobs.add_batch(app_id, [_asked(given, each["url"], (), each["title"]) for each in given["videos"]])
        self.runner.call()
        return {"batch_id": batch_id}

    def _find(self, given: Mapping[str, Any], among: tuple[models.Model, ...] = models.VIDEOS) -> models.Model:
        return models.find(among, given["action"], given["model_name"], self._analysis.has_vision)

    def _run(self, claimed: tuple[int, Asked]) -> None:
        """Raises Stopped: the job is done again after the next start."""
        job_id, asked = claimed
        try:
            self._jobs.complete(job_id, self._done(asked))
        except AnalysisRefused as reason:
            self._jobs.fail(job_id, str(reason))
        except PaiError as error:
            self._jobs.fail(job_id, error.message)

    def _done(self, asked: Asked) -> Any:
        # Looked for again: since it was submitted the cloud may have been started without its vision endpoint.
        model = models.find(models.VIDEOS, asked.action, asked.model_name, self._analysis.has_vision)
        options, notes = models.options(model, asked.configure)
        with ExitStack() as files:
            videos = files.enter_context(self._media.videos([asked.video] if asked.video else []))
            images = files.enter_context(self._media.images(asked.images))
            work = Work(model.task, tuple(map(str, images)), str(videos[0]) if videos else None, asked.text, options, notes)
            return self._analysis.analyse(work, urgent=False)

    def _give_up(self, claimed: tuple[int, Asked], error: Exception) -> None:
        log.error("job %d failed", claimed[0], exc_info=error)
        self._jobs.fail(claimed[0], own_fault(error))


def _asked(given: Mapping[str, Any], video: str, images: tuple[str, ...], text: str) -> Asked:
    return Asked(given["action"], given["model_name"], video, images, text, given["configure"])


def _check_addresses(video: str, images: tuple[str, ...]) -> None:
    """Our assumption, in the words of the one for pictures. Raises PaiError."""
    if not video and not images:
        raise parameter_error("video_url is empty")
    if not all(images):
        raise parameter_error("images has an empty entry")
    if len(images) > MOST_PICTURES:
        raise parameter_error(f"images has more than {MOST_PICTURES} entries")
