"""One sweep's round over the jobs beside the smart tags: what was never begun is begun, and what has waited long enough is asked about.

PAI sends no callbacks, so its jobs are asked about here alone, later each time, and within a budget of calls. Where several videos wait for
the same service they go as one batch, and one question asks about all of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sightline.clock import to_iso
from sightline.errors import BadInput, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.ledger.jobs import JobStory
from sightline.ledger.ledger import Journal
from sightline.media.admission import Admitted
from sightline.media.types import Media
from sightline.pai.client import AnalysisJob
from sightline.pipeline.analysis import begin_batch, findings_of_video, takes_batches, video_of
from sightline.pipeline.collect_production import collect_production, into_the_library
from sightline.pipeline.endings import CHANGED
from sightline.pipeline.home import Home
from sightline.pipeline.jobs import begin_one, claim, follow, is_due, pause, put_off, store
from sightline.pipeline.plan import job_named
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job
from sightline.value import Value

MOST_IN_BATCH = 20
_BATCH = "batch:"


class _Waiting(Value):
    media: Media
    job: Job


class JobRound:
    """`until` is how long media may be waited for that go into the library again."""

    def __init__(self, pipeline: Pipeline, until: datetime) -> None:
        self._pipeline = pipeline
        self._until = until
        self._calls_left = pipeline.settings.analysis_calls_per_sweep
        self._batches: dict[int, Sequence[AnalysisJob]] = {}
        self._waiting: list[_Waiting] = []

    def attend(self, identity: str) -> str:
        """Take the next step of each open job of a media whose own way allows it. Says what was done, in a phrase.

        Raises retryable errors.
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
        said = [self._step(verdict.media, name, job) for name, job in story.open_jobs.items()]
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
                return f"{name}: waiting, for the next sweep's calls"
        return self._index(begin_one(pipeline, media, job), media)

    def _index(self, journal: Journal, media: Media) -> str:
        """Where the job has ended, at once or for good, the media goes into the library again."""
        return into_the_library(self._pipeline, journal, media.etag, self._until) if journal.story.stage == "understood" else ""

    def _ask(self, media: Media, name: str, known: JobStory) -> str:
        pipeline = self._pipeline
        overdue = _is_over(known, pipeline.settings.deadline_seconds(media.kind), pipeline.clock())
        try:
            outcome = self._asked(media, name, known)
        except UnusableAnswer as error:
            if error.retryable and not overdue:
                raise
            return self._give_up(media, name, str(error))
        except ServiceRefused as error:
            if not error.missing:
                raise
            return self._give_up(media, name, f"the service no longer knows job {known.job_id}")
        if not outcome.startswith("nothing to do yet"):
            return outcome
        if overdue:
            return self._give_up(media, name, f"job {known.job_id} did not finish in time ({outcome})")
        later = to_iso(pipeline.clock() + pause(known.asks + 1))
        journal = pipeline.ledger.read(media.id)
        if journal.story.jobs.get(name) == known:
            follow(pipeline, journal, name, "job_submitted", job_id=known.job_id, asks=known.asks + 1, until=later)
        return outcome

    def _asked(self, media: Media, name: str, known: JobStory) -> str:
        if name.startswith("production:"):
            home = Home(media.id, media.etag, name)
            return collect_production(self._pipeline, known.job_id, lambda: self._until, home)
        job = self._news(media, known.job_id)
        if job is None:
            return "nothing to do yet: the calls of this sweep are used up, or the batch does not name it yet"
        if job.state == "failed":
            return self._give_up(media, name, job.message or "PAI gave no reason")
        if job.state != "done":
            return f"nothing to do yet: {job.message or f'the job is {job.state}'}"
        found = findings_of_video(self._pipeline, media, job.result)
        return self._index(store(self._pipeline, self._pipeline.ledger.read(media.id), name, found), media)

    def _news(self, media: Media, job_id: str) -> AnalysisJob | None:
        if not job_id.startswith(_BATCH):
            return self._pipeline.analysing().job(int(job_id)) if self._may_call() else None
        batch = int(job_id.removeprefix(_BATCH))
        if batch not in self._batches:
            if not self._may_call():
                return None
            self._batches[batch] = self._pipeline.analysing().batch(batch)
        # The signature in the address was another's by now; the object is the same.
        wanted = urlsplit(video_of(self._pipeline, media)[0]).path
        return next((job for job in self._batches[batch] if urlsplit(job.address).path == wanted), None)

    def _give_up(self, media: Media, name: str, reason: str) -> str:
        journal = follow(self._pipeline, self._pipeline.ledger.read(media.id), name, "job_failed", reason=reason)
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
        claims = [(one, *claim(pipeline, one.media, one.job)) for one in group]
        ours = [(one, journal) for one, journal, is_ours in claims if is_ours]
        if not ours:
            return {}
        try:
            batch = begin_batch(pipeline.analysing(), ours[0][0].job, [video_of(pipeline, one.media) for one, _ in ours])
        except (BadInput, ServiceRefused, ServiceUnreachable) as error:
            for one, journal in ours:
                self._index(put_off(pipeline, journal, one.job.name, error), one.media)
            return {one.media.id: f"{one.job.name}: {error}" for one, _ in ours}
        until = to_iso(pipeline.clock() + pause(0))
        for one, journal in ours:
            follow(pipeline, journal, one.job.name, "job_submitted", job_id=f"{_BATCH}{batch}", until=until)
        return {one.media.id: f"{one.job.name}: in batch {batch}" for one, _ in ours}


def _is_over(job: JobStory, seconds: float, now: datetime) -> bool:
    return job.submitted_at is not None and now - job.submitted_at > timedelta(seconds=seconds)
