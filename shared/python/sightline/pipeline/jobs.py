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
from sightline.errors import BadInput, KeyRefused, PermissionMissing, ServiceRefused, ServiceUnreachable, SightlineError, UnusableAnswer
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


def begin(pipeline: Pipeline, media: Media, jobs: Sequence[Job], known: Journal) -> Journal:
    """Begin whatever of the jobs nobody has begun; what can't be done now, the sweep does. The ledger afterwards.

    Raises errors that no retry helps.
    """
    for job in jobs:
        waiting = known.story.jobs.get(job.name)
        if job.name != SMARTTAG and waiting is not None and is_due(waiting, pipeline.clock()):
            try:
                known = begin_one(pipeline, media, job, known)
            except SightlineError as error:
                if not error.retryable:
                    raise
                return known  # the store of the ledgers is in trouble, and the sweep goes on
    return known


def is_due(job: JobStory, now: datetime) -> bool:
    """Whether it may be begun: it never was, or its claim or its pause is over."""
    return job.stage == "planned" or (job.stage in ("claimed", "released") and (job.until is None or job.until <= now))


def begin_one(pipeline: Pipeline, media: Media, job: Job, known: Journal | None = None) -> Journal:
    """Claim it and hand it to its service; the ledger afterwards. `known` is the ledger as it was just read."""
    claimed, ours = claim(pipeline, media, job, known)
    return hand_over(pipeline, media, job, claimed) if ours else claimed


def hand_over(pipeline: Pipeline, media: Media, job: Job, claimed: Journal) -> Journal:
    """Give a job that is ours to its service; the ledger afterwards."""
    try:
        outcome = _submit(pipeline, media, job)
    except (BadInput, ServiceRefused, ServiceUnreachable) as error:
        return put_off(pipeline, claimed, job.name, error)
    if isinstance(outcome, str):
        until = pipeline.clock() + timedelta(seconds=pipeline.settings.callback_seconds)
        return follow(pipeline, claimed, job.name, "job_submitted", job_id=outcome, asks=0, until=to_iso(until))
    # The part is written before the fact: whoever reads the fact finds it.
    pipeline.records.put_findings(media.id, media.etag, job.name, outcome)
    return follow(pipeline, claimed, job.name, "job_done")


def claim(pipeline: Pipeline, media: Media, job: Job, known: Journal | None = None) -> tuple[Journal, bool]:
    """The ledger, and whether the job is ours to submit now."""

    def decide(story: Story) -> Sequence[Fact]:
        now, before = pipeline.clock(), story.open_jobs.get(job.name)
        if story.generation != media.etag or before is None or not is_due(before, now):
            return []
        # One that was released began nothing, and does not count: an outage may last.
        attempt = before.attempt + (before.stage != "released")
        if attempt > pipeline.settings.submit_attempts:
            reason = f"{before.attempt} submits at most; the last: {before.reason or 'its claim lapsed'}"
            return [Fact("job_failed", now, media.etag, {"job": job.name, "reason": reason})]
        until = to_iso(now + timedelta(seconds=pipeline.settings.claim_seconds))
        place = {"output": job.output} if job.output else {}
        return [Fact("job_claimed", now, media.etag, {"job": job.name, "attempt": attempt, "until": until, **place})]

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
    now, job = pipeline.clock(), claimed.story.jobs[name]
    if isinstance(error, UnusableAnswer) and error.retryable:  # it answers, but not with what can be used: that counts as an attempt
        return follow(pipeline, claimed, name, "job_claimed", reason=str(error), until=to_iso(now + pause(job.attempt)))
    if isinstance(error, UnusableAnswer) and name.startswith("production:"):
        # It may run, under an id that was not told: its callback knows the way home. The next answer would lack the same.
        until = now + timedelta(seconds=pipeline.settings.deadline_seconds(claimed.story.kind))
        last = pipeline.settings.submit_attempts
        return follow(pipeline, claimed, name, "job_claimed", attempt=last, reason=str(error), until=to_iso(until))
    if not may_pass(error):
        return follow(pipeline, claimed, name, "job_failed", reason=str(error))
    if not getattr(error, "took_no_effect", True):
        return claimed
    return follow(pipeline, claimed, name, "job_released", asks=job.asks + 1, reason=str(error), until=to_iso(now + pause(job.asks + 1)))


def may_pass(error: SightlineError) -> bool:
    """Whether the same call may succeed one day: where a service is away, or a right or a key is missing, the media is not to blame."""
    return error.retryable or isinstance(error, (PermissionMissing, KeyRefused))


def pause(times: int) -> timedelta:
    """Before another try, or another question: doubled each time, up to half an hour."""
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2 ** min(times, 10), LONGEST_PAUSE_SECONDS))


def finish(pipeline: Pipeline, known: Journal, name: str, job_id: str, outcome: Findings | str) -> Journal:
    """Keep what the job of this id told, or why it told nothing, as long as it is the one that counts; the ledger afterwards.

    However often it was asked about since `known`. The part is written before the fact: whoever reads the fact finds it.
    """
    generation, told = known.story.generation, {"reason": outcome} if isinstance(outcome, str) else {}
    if isinstance(outcome, Findings):
        pipeline.records.put_findings(known.media_id, generation, name, outcome)
    fact = Fact("job_failed" if told else "job_done", pipeline.clock(), generation, {"job": name, **told})

    def decide(now: Story) -> Sequence[Fact]:
        job = now.open_jobs.get(name)
        return [fact] if now.generation == generation and job is not None and job.awaits(job_id) else []

    return pipeline.ledger.update(known.media_id, decide, known)[0]


def follow(pipeline: Pipeline, known: Journal, name: str, kind: FactKind, **details: Any) -> Journal:
    """Append what became of a job, unless newer content came, or somebody else has done more with it since `known`."""
    generation, before = known.story.generation, known.story.jobs.get(name)
    fact = Fact(kind, pipeline.clock(), generation, {"job": name, **details})
    return pipeline.ledger.update(
        known.media_id, lambda now: [fact] if now.generation == generation and now.open_jobs.get(name) == before else [], known
    )[0]
