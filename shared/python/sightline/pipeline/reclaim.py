"""Slots whose job has ended without anybody giving them back: after a crash, a lost callback, or when newer content came."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ledger.ledger import Journal
from sightline.line.slots import Holder
from sightline.pipeline.cursor import Attempt
from sightline.pipeline.ports import Pipeline


def reclaim(pipeline: Pipeline, attempt: Attempt) -> None:
    """Free every slot that no job needs any more; one that can't be judged now does not hold up the others."""
    for number, holder in pipeline.line.slots.holders():
        attempt(f"slot {number}", partial(_check, pipeline, number, holder))


def _check(pipeline: Pipeline, number: int, holder: Holder) -> str:
    """What was done; empty where a job needs the slot."""
    why = _is_idle(pipeline, number, holder)
    freed = why and pipeline.line.slots.free(number, holder.media_id, holder.generation)
    return f"freed: {why}" if freed else ""


def _is_idle(pipeline: Pipeline, number: int, holder: Holder) -> str:
    """Why it may be freed; empty where it may not."""
    now, settings = pipeline.clock(), pipeline.settings
    if now - holder.at < timedelta(seconds=settings.claim_seconds):
        return ""
    try:
        journal = pipeline.ledger.read(holder.media_id)
    except (ServiceRefused, ServiceUnreachable) as error:
        if now - holder.at < timedelta(seconds=settings.longest_invocation_seconds):
            raise
        return f"nobody can tell what became of it: {error}"  # one job too many is better than a place that nobody gets
    story = journal.story
    if story.generation == holder.generation and story.slot == number:
        if story.stage == "claimed":
            return "its claim has lapsed" if story.claim_until is not None and story.claim_until <= now else ""
        if story.stage == "submitted" and story.bucket == pipeline.media_bucket.name:
            return ""  # its own way ends it: a callback, the sweep's question, or the deadline
        if story.stage not in ("submitted", "removed"):
            return f"its media is {story.stage}"
    if now - holder.at > timedelta(seconds=settings.deadline_seconds(story.kind)):
        return "its job is overdue"
    return _job_has_ended(pipeline, journal, holder)


def _job_has_ended(pipeline: Pipeline, journal: Journal, holder: Holder) -> str:
    """The job of content that was replaced or removed still takes the service's time until it ends."""
    jobs = [str(fact.details["job_id"]) for fact in journal.facts if (fact.kind, fact.generation) == ("submitted", holder.generation)]
    if not jobs or journal.slot_of(holder.generation) is None:
        return "nothing runs in it"
    try:
        state = pipeline.tagging.query(jobs[-1]).state
    except ServiceRefused as error:
        if not error.missing:
            raise
        return f"job {jobs[-1]} is no longer known"
    return f"job {jobs[-1]} has ended" if state in ("Success", "Fail") else ""
