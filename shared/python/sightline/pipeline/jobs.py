"""Jobs beside the smart tags: begun when the smart tag job is, each by itself, and one's trouble is no other's.

Each has a claim of its own in the media's ledger, and what becomes of it is written beside the media's stages. Where the media is in the
library by the time that a job ends, it goes there again, with what the job told.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sightline.clock import to_iso
from sightline.errors import BadInput, PermissionMissing, ServiceRefused, ServiceUnreachable, SightlineError, UnusableAnswer
from sightline.ledger.facts import Fact, FactKind
from sightline.ledger.jobs import JobStory
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG, Story
from sightline.media.types import Media
from sightline.pipeline.ports import Pipeline
from sightline.record.findings import Findings
from sightline.rules.model import Job

logger = logging.getLogger("sightline")

FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 1800

Outcome = Findings | str
"""What a job told at once, or the id of one that was begun."""


def begin(pipeline: Pipeline, media: Media, jobs: Sequence[Job], known: Journal) -> None:
    """Begin whatever of the jobs nobody has begun; what can't be done now, the sweep does. Raises errors that no retry helps."""
    for job in jobs:
        waiting = known.story.jobs.get(job.name)
        if job.name != SMARTTAG and waiting is not None and is_due(waiting, pipeline.clock()):
            try:
                known = begin_one(pipeline, media, job, known)
            except SightlineError as error:
                if not error.retryable:
                    raise
                return  # the store of the ledgers is in trouble, and the sweep goes on


def is_due(job: JobStory, now: datetime) -> bool:
    """Whether it may be begun: it never was, or its claim or its pause is over."""
    return job.stage == "planned" or (job.stage in ("claimed", "released") and (job.until is None or job.until <= now))


def begin_one(pipeline: Pipeline, media: Media, job: Job, known: Journal | None = None) -> Journal:
    """Claim it and hand it to its service; the ledger afterwards. `known` is the ledger as it was just read."""
    claimed, ours = claim(pipeline, media, job, known)
    if not ours:
        return claimed
    try:
        outcome = _submit(pipeline, media, job)
    except UnusableAnswer as error:
        if error.retryable:
            return put_off(pipeline, claimed, job.name, error)
        # It may run, under an id that was not told: its callback knows the way home. The next answer would lack the same.
        until = pipeline.clock() + timedelta(seconds=pipeline.settings.deadline_seconds(media.kind))
        last = pipeline.settings.submit_attempts
        return follow(pipeline, claimed, job.name, "job_claimed", attempt=last, reason=str(error), until=to_iso(until))
    except (BadInput, ServiceRefused, ServiceUnreachable) as error:
        return put_off(pipeline, claimed, job.name, error)
    if isinstance(outcome, str):
        until = pipeline.clock() + timedelta(seconds=pipeline.settings.callback_seconds)
        return follow(pipeline, claimed, job.name, "job_submitted", job_id=outcome, until=to_iso(until))
    return store(pipeline, claimed, job.name, outcome)


def claim(pipeline: Pipeline, media: Media, job: Job, known: Journal | None = None) -> tuple[Journal, bool]:
    """The ledger, and whether the job is ours to submit now."""

    def decide(story: Story) -> Sequence[Fact]:
        now, before = pipeline.clock(), story.open_jobs.get(job.name)
        if story.generation != media.etag or before is None or not is_due(before, now):
            return []
        if before.attempt >= pipeline.settings.submit_attempts:
            reason = f"{before.attempt} submits at most; the last: {before.reason or 'its claim lapsed'}"
            return [Fact("job_failed", now, media.etag, {"job": job.name, "reason": reason})]
        until = to_iso(now + timedelta(seconds=pipeline.settings.claim_seconds))
        place = {"output": job.output} if job.output else {}
        return [Fact("job_claimed", now, media.etag, {"job": job.name, "attempt": before.attempt + 1, "until": until, **place})]

    journal, facts = pipeline.ledger.update(media.id, decide, known)
    return journal, bool(facts) and facts[0].kind == "job_claimed"


def _submit(pipeline: Pipeline, media: Media, job: Job) -> Outcome:
    if job.family == "production":
        from sightline.pipeline.production import submit_production

        return submit_production(pipeline, media, job)
    from sightline.pipeline.analysis import submit_analysis

    return submit_analysis(pipeline, media, job)


def put_off(pipeline: Pipeline, claimed: Journal, name: str, error: BadInput | ServiceRefused | ServiceUnreachable) -> Journal:
    """To another time, or for good. Where it may have taken effect, the claim stays for its lease."""
    logger.warning("%s of media %s: %s", name, claimed.media_id, error)
    if isinstance(error, (ServiceRefused, ServiceUnreachable)) and (error.retryable or isinstance(error, PermissionMissing)):
        if not error.took_no_effect:
            return claimed
        until = pipeline.clock() + pause(claimed.story.jobs[name].attempt)
        return follow(pipeline, claimed, name, "job_released", reason=str(error), until=to_iso(until))
    return follow(pipeline, claimed, name, "job_failed", reason=str(error))


def pause(times: int) -> timedelta:
    """Before another try, or another question: doubled each time, up to half an hour."""
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2 ** min(times, 10), LONGEST_PAUSE_SECONDS))


def store(pipeline: Pipeline, known: Journal, name: str, found: Findings) -> Journal:
    """Keep the part of a job that ended well. The part is written before the fact: whoever reads the fact finds it."""
    story = known.story
    pipeline.records.put_findings(known.media_id, story.generation, name, found)
    return follow(pipeline, known, name, "job_done")


def follow(pipeline: Pipeline, known: Journal, name: str, kind: FactKind, **details: Any) -> Journal:
    """Append what became of a job, unless newer content came, or somebody else has done more with it since `known`."""
    generation, before = known.story.generation, known.story.jobs.get(name)
    fact = Fact(kind, pipeline.clock(), generation, {"job": name, **details})
    return pipeline.ledger.update(
        known.media_id, lambda now: [fact] if now.generation == generation and now.open_jobs.get(name) == before else [], known
    )[0]
