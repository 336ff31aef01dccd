"""One sweep's round over the jobs beside the smart tags: what was never begun is begun, and what has waited long enough is asked about.

PAI sends no callbacks, so its jobs are asked about here alone, later each time, and within a budget of calls. Where several videos wait for
the same service they go as one batch, and one question asks about all of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sightline.clock import to_iso
from sightline.errors import BadInput, ServiceRefused, ServiceUnreachable, SightlineError, UnusableAnswer
from sightline.ledger.jobs import JobStory
from sightline.ledger.ledger import Journal
from sightline.media.admission import Admitted
from sightline.media.types import Media
from sightline.pai.client import AnalysisJob
from sightline.pipeline.analysis import begin_batch, findings_of_video, takes_batches, video_of
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.endings import CHANGED
from sightline.pipeline.home import Home
from sightline.pipeline.index import into_the_library
from sightline.pipeline.jobs import begin_one, claim, finish, follow, hand_over, is_due, may_pass, pause, put_off
from sightline.pipeline.plan import job_named
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job
from sightline.value import Value

MOST_IN_BATCH = 20
TROUBLES = 3
"""After so many calls of PAI in a row that it did not answer, it is left alone until the next sweep."""
_BATCH = "batch:"
_NOT_YET = "nothing to do yet"
_NO_CALLS = "waiting, for the next sweep's calls"

logger = logging.getLogger("sightline")


class _Waiting(Value):
    media: Media
    job: Job


class _Claimed(Value):
    waiting: _Waiting
    journal: Journal


class JobRound:
    """`until` is how long media may be waited for that go into the library again."""

    def __init__(self, pipeline: Pipeline, until: datetime) -> None:
        self._pipeline = pipeline
        self._until = until
        self._calls_left = pipeline.settings.analysis_calls_per_sweep
        self._troubles = 0
        self._batches: dict[int, Sequence[AnalysisJob]] = {}
        self._waiting: list[_Waiting] = []

    def attend(self, identity: str) -> str:
        """Take the next step of each open job of a media whose own way allows it. Says what was done, in a phrase.

        One job's trouble is no other's: what can't be done is raised when all had their turn, but for PAI's, which is only told.
        """
        pipeline = self._pipeline
        journal = pipeline.ledger.read(identity)
        story = journal.story
        if not story.open_jobs or story.stage in ("uploaded", "claimed"):
            return ""
        found = pipeline.media_bucket.head(story.key)
        verdict = pipeline.admit(story.key, found) if found is not None else None
        if not isinstance(verdict, Admitted) or verdict.media.etag != story.generation:
            return CHANGED
        said: list[str] = []
        errors: list[SightlineError] = []
        for name, job in story.open_jobs.items():
            try:
                said.append(self._step(verdict.media, name, job))
            except SightlineError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return "; ".join(filter(None, said))

    def _step(self, media: Media, name: str, known: JobStory) -> str:
        now = self._pipeline.clock()
        if is_due(known, now):
            return self._begin(media, name)
        if known.stage != "submitted" or (known.until is not None and known.until > now):
            return f"{name}: waiting"
        return f"{name}: {self._ask(media, name, known)}"

    def _begin(self, media: Media, name: str) -> str:
        pipeline = self._pipeline
        job = job_named(pipeline, media, name)
        if job is None:
            journal = follow(pipeline, pipeline.ledger.read(media.id), name, "job_failed", reason="no rule asks for it any more")
            return self._index(journal, media)
        if job.family == "pai":
            if takes_batches(job):
                self._waiting.append(_Waiting(media, job))
                return ""
            if not self._may_call():
                return f"{name}: {_NO_CALLS}"
        journal = begin_one(pipeline, media, job)
        if job.family == "pai":
            self._note(is_well=_is_taken(journal, name))
        return self._index(journal, media)

    def _index(self, journal: Journal, media: Media) -> str:
        """Where the job has ended, at once or for good, the media goes into the library again."""
        is_news = journal.story.stage in ("understood", "failed")
        return into_the_library(self._pipeline, journal, media.etag, self._until) if is_news else ""

    def _ask(self, media: Media, name: str, known: JobStory) -> str:
        pipeline = self._pipeline
        overdue = _is_over(known, pipeline.settings.deadline_seconds(media.kind), pipeline.clock())
        try:
            outcome = self._asked(media, name, known)
        except ServiceUnreachable as error:
            return self._unanswered(error)
        except ServiceRefused as error:
            if error.missing:
                return self._give_up(media, name, known, f"the service no longer knows job {known.job_id}")
            is_for_good = isinstance(error, UnusableAnswer) and not error.retryable
            # An outage fails nothing; a service that answers, but never with what can be used, does at the deadline.
            if is_for_good or (overdue and (isinstance(error, UnusableAnswer) or not may_pass(error))):
                return self._give_up(media, name, known, str(error))
            return self._unanswered(error)
        if not outcome.startswith(_NOT_YET):
            return outcome
        if overdue:
            return self._give_up(media, name, known, f"job {known.job_id} did not finish in time ({outcome})")
        later = to_iso(pipeline.clock() + pause(known.asks + 1))
        journal = pipeline.ledger.read(media.id)
        if journal.story.jobs.get(name) == known:
            follow(pipeline, journal, name, "job_submitted", job_id=known.job_id, asks=known.asks + 1, until=later)
        return outcome

    def _asked(self, media: Media, name: str, known: JobStory) -> str:
        if name.startswith("production:"):
            home = Home(media.id, media.etag, name)
            return collect_production(self._pipeline, known.job_id, lambda: self._until, home)
        if not self._has_asked(known.job_id) and not self._may_call():
            return _NO_CALLS
        job = self._news(media, known.job_id)
        self._note(is_well=True)
        if job is None:
            return f"{_NOT_YET}: the batch does not name it"
        if job.state == "failed":
            return self._give_up(media, name, known, job.message or "PAI gave no reason")
        if job.state != "done":
            return f"{_NOT_YET}: {job.message or f'the job is {job.state}'}"
        found = findings_of_video(self._pipeline, media, job.result)
        return self._index(finish(self._pipeline, self._pipeline.ledger.read(media.id), name, known.job_id, found), media)

    def _has_asked(self, job_id: str) -> bool:
        return job_id.startswith(_BATCH) and int(job_id.removeprefix(_BATCH)) in self._batches

    def _news(self, media: Media, job_id: str) -> AnalysisJob | None:
        if not job_id.startswith(_BATCH):
            return self._pipeline.analysing().job(int(job_id))
        batch = int(job_id.removeprefix(_BATCH))
        if batch not in self._batches:
            self._batches[batch] = self._pipeline.analysing().batch(batch)
        # The signature in the address was another's by now; the object is the same.
        wanted = urlsplit(video_of(self._pipeline, media)[0]).path
        return next((job for job in self._batches[batch] if urlsplit(job.address).path == wanted), None)

    def _unanswered(self, error: ServiceRefused | ServiceUnreachable) -> str:
        """PAI's trouble must not look like everybody's, or the sweep would end for media that never needed it. Raises any other's."""
        if error.service != "PAI":
            raise error
        logger.warning("%s", error)
        self._note(is_well=False)
        return f"waiting: {error}"

    def _note(self, *, is_well: bool) -> None:
        self._troubles = 0 if is_well else self._troubles + 1
        if self._troubles == TROUBLES:
            self._calls_left = 0

    def _give_up(self, media: Media, name: str, known: JobStory, reason: str) -> str:
        journal = finish(self._pipeline, self._pipeline.ledger.read(media.id), name, known.job_id, reason)
        self._index(journal, media)
        return f"failed: {reason}"

    def _may_call(self) -> bool:
        self._calls_left -= 1
        return self._calls_left >= 0

    def submit_waiting(self) -> dict[str, str]:
        """Begin what has waited until all media were looked at: several of one service and the same parameters as a batch."""
        groups: dict[str, list[_Waiting]] = {}
        for one in self._waiting:
            groups.setdefault(json.dumps([one.job.name, dict(one.job.parameters)], sort_keys=True), []).append(one)
        done: dict[str, str] = {}
        for group in groups.values():
            for start in range(0, len(group), MOST_IN_BATCH):
                if self._may_call():
                    done |= self._submit(group[start : start + MOST_IN_BATCH])
        return done

    def _submit(self, group: Sequence[_Waiting]) -> dict[str, str]:
        pipeline = self._pipeline
        if len(group) == 1:
            self._index(begin_one(pipeline, group[0].media, group[0].job), group[0].media)
            return {group[0].media.id: f"{group[0].job.name}: begun"}
        ours: list[_Claimed] = []
        done: dict[str, str] = {}
        for one in group:
            try:
                journal, is_ours = claim(pipeline, one.media, one.job)
            except SightlineError as error:  # the ledger of this one; the others go without it
                done[one.media.id] = f"{one.job.name}: {error}"
                continue
            ours += [_Claimed(one, journal)] if is_ours else []
        return done | self._hand_over(ours) if ours else done

    def _hand_over(self, ours: Sequence[_Claimed]) -> dict[str, str]:
        pipeline, job = self._pipeline, ours[0].waiting.job
        try:
            batch = begin_batch(pipeline.analysing(), job, [video_of(pipeline, one.waiting.media) for one in ours])
        except (BadInput, ServiceRefused, ServiceUnreachable) as error:
            return self._not_as_batch(ours, error)
        until = to_iso(pipeline.clock() + pause(0))
        for one in ours:
            follow(pipeline, one.journal, job.name, "job_submitted", job_id=f"{_BATCH}{batch}", asks=0, until=until)
        return {one.waiting.media.id: f"{job.name}: in batch {batch}" for one in ours}

    def _not_as_batch(self, ours: Sequence[_Claimed], error: BadInput | ServiceRefused | ServiceUnreachable) -> dict[str, str]:
        """Refused for good it may be for one of them: then each goes alone, and that one fails alone."""
        pipeline = self._pipeline
        if may_pass(error) or isinstance(error, UnusableAnswer):
            after = [put_off(pipeline, one.journal, one.waiting.job.name, error) for one in ours]
        else:
            after = [hand_over(pipeline, one.waiting.media, one.waiting.job, one.journal) for one in ours]
        for one, journal in zip(ours, after, strict=True):
            self._index(journal, one.waiting.media)
        return {one.waiting.media.id: f"{one.waiting.job.name}: not in a batch: {error}" for one in ours}


def _is_taken(journal: Journal, name: str) -> bool:
    """Whether the service answered; where the claim stands or was given back, it did not."""
    job = journal.story.jobs.get(name)
    return job is None or job.stage not in ("claimed", "released")


def _is_over(job: JobStory, seconds: float, now: datetime) -> bool:
    return job.submitted_at is not None and now - job.submitted_at > timedelta(seconds=seconds)
