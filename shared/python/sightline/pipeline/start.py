"""From work to a running job.

The order of the steps is what makes a crash between any two of them harmless: the pending marker comes before the claim, the claim before
the job, and the job id after it. The job's UserData carries the way home, so its callback is understood even if the id was never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sightline.clock import to_iso
from sightline.errors import BadInput, LedgerConflict, PermissionMissing, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG
from sightline.line.line import Outlook
from sightline.line.waiting import Place
from sightline.media.types import Media
from sightline.pipeline.endings import close, fail, free_slot
from sightline.pipeline.home import way_home
from sightline.pipeline.jobs import begin
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.sources import job_input
from sightline.pipeline.work import Work
from sightline.value import Value

LONGEST_INDEX_WAIT_SECONDS = 5
"""Of a submit: its event may have more records, and callbacks or the sweep see to what takes longer."""


def start(pipeline: Pipeline, work: Work, outlook: Outlook, place: Place | None = None) -> str:
    """Claim the work and submit its jobs; where there is no room after all, it waits in line. `place` is where it waited so far.

    The places in line are those of smart tag jobs: what gets none is understood at once, and goes into the library by its name.

    Raises retryable errors: LedgerConflict where another has claimed it first.
    """
    media, line = work.media, pipeline.line
    if not line.budget.spend(media.namespace, media.id, f"{media.etag} {to_iso(work.modified)}"):
        join(pipeline, work)
        return f"waiting: namespace {media.namespace} has had its jobs of today; again from {to_iso(line.budget.begins_again())}"
    slot = line.take(media.id, media.etag, outlook) if line.limit and work.is_tagged else None
    if slot is None and line.limit and work.is_tagged:
        join(pipeline, work)
        return "waiting: for others to finish"
    try:
        journal = _claim(pipeline, work, slot)
    except LedgerConflict:
        free_slot(pipeline, slot, media.id, media.etag)
        raise
    if place is not None:
        line.waiting.leave(place)
    if journal.story.tags_failed:
        free_slot(pipeline, slot, media.id, media.etag)
        if journal.story.is_final:
            close(pipeline, journal)
        return f"failed: {journal.story.tags_failed}"
    if not work.is_tagged:
        return _index_untagged(pipeline, work, journal)
    return _submit_job(pipeline, _Claim(work, journal, slot), outlook)


def _index_untagged(pipeline: Pipeline, work: Work, journal: Journal) -> str:
    from sightline.pipeline.index import index

    begin(pipeline, work.media, work.jobs, journal)
    return index(pipeline, work.media.id, work.media.etag, _index_deadline(pipeline))


def _index_deadline(pipeline: Pipeline) -> datetime:
    return pipeline.clock() + timedelta(seconds=min(LONGEST_INDEX_WAIT_SECONDS, pipeline.settings.index_wait_seconds))


def join(pipeline: Pipeline, work: Work) -> None:
    """Into the waiting line, at the place of its arrival, or of earlier content that waits there.

    The marker comes first: it is what a crash leaves to be found.
    """
    arrival = work.arrival(pipeline)
    waits = work.is_known or work.story.stage == "uploaded"
    _stand_in_line(pipeline, work.media, work.story.arrived if waits else arrival[0].at)
    if arrival:
        pipeline.ledger.extend(work.journal, arrival)


def _stand_in_line(pipeline: Pipeline, media: Media, arrived: datetime | None) -> None:
    pipeline.line.waiting.join(Place(media.namespace, arrived or pipeline.clock(), media.id), media.key)


class _Claim(Value):
    """Ours, as long as it is the last one: who comes after its lease has another."""

    work: Work
    journal: Journal
    slot: int | None

    @property
    def media(self) -> Media:
        return self.work.media


def _claim(pipeline: Pipeline, work: Work, slot: int | None) -> Journal:
    """The ledger with the claim, or with the failure that it ended in."""
    media = work.media
    address = f"{media.bucket}/{media.key}"
    pipeline.ledger.mark_pending(media.id, address)
    journal = pipeline.ledger.extend(work.journal, _claim_facts(pipeline, work, slot))
    if work.story.stage != "unknown":
        # Whoever saw earlier content to its end may have taken the marker away before he could see our claim.
        pipeline.ledger.mark_pending(media.id, address)
    return journal


def _claim_facts(pipeline: Pipeline, work: Work, slot: int | None) -> Sequence[Fact]:
    now, generation, story = pipeline.clock(), work.media.etag, work.story
    attempt = max(1, story.attempt + (story.stage == "claimed")) if work.is_known else 1
    if attempt > pipeline.settings.submit_attempts:
        reason = f"{attempt - 1} submits at most, and no job that is known; the last: {story.reason or 'its claim lapsed'}; upload it again"
        return [Fact("failed", now, generation, {"step": "submit", "reason": reason})]
    until = to_iso(now + timedelta(seconds=pipeline.settings.claim_seconds))
    jobs = [job.name for job in work.jobs]
    claimed = Fact(
        "claimed", now, generation, {"attempt": attempt, "until": until, "jobs": jobs, **({} if slot is None else {"slot": slot})}
    )
    return [*work.arrival(pipeline), claimed, *([] if work.is_tagged else [Fact("understood", now, generation)])]


def _submit_job(pipeline: Pipeline, claim: _Claim, outlook: Outlook) -> str:
    media = claim.media
    try:
        source = job_input(pipeline, media)
    except BadInput as error:
        return fail(pipeline, media.id, media.etag, "submit", str(error))
    except (ServiceRefused, ServiceUnreachable) as error:
        _give_back(pipeline, claim, error)
        raise
    try:
        job_id = pipeline.tagging.submit(_title(media), source, media.device, way_home(media, SMARTTAG))
    except UnusableAnswer as error:
        return _wait_for_its_callback(pipeline, claim, error)
    except (ServiceRefused, ServiceUnreachable) as error:
        # For want of a right nothing is wrong with the media: it waits until somebody grants that.
        if not error.retryable and not isinstance(error, PermissionMissing):
            return fail(pipeline, media.id, media.etag, "submit", str(error))
        return _come_again(pipeline, claim, error)
    submitted = Fact("submitted", pipeline.clock(), media.etag, {"job_id": job_id})
    claimed = (media.etag, "claimed")
    journal, _ = pipeline.ledger.update(
        media.id, lambda story: [submitted] if (story.generation, story.stage) == claimed else [], claim.journal
    )
    journal = begin(pipeline, media, claim.work.jobs, journal)
    if journal.story.stage in ("understood", "failed"):  # the smart tags ended before a job that was answered at once
        from sightline.pipeline.index import into_the_library

        into_the_library(pipeline, journal, media.etag, _index_deadline(pipeline))
    if outlook.pause is not None:
        pipeline.line.pace.go_on()
    return f"submitted: job {job_id}"


def _come_again(pipeline: Pipeline, claim: _Claim, error: ServiceRefused | ServiceUnreachable) -> str:
    """The service is busy or broken. Where nothing runs, claim and slot are given back; where a job may run, both stay for the lease."""
    pipeline.line.pace.slow_down(str(error))
    if not error.took_no_effect:
        return f"waiting: for the claim to lapse, because {error}"
    _give_back(pipeline, claim, error)
    return f"waiting: {error}"


def _wait_for_its_callback(pipeline: Pipeline, claim: _Claim, error: UnusableAnswer) -> str:
    """A job runs, and nobody was told its id. Its callback knows the way home; where none comes in time, the media has failed."""
    media, settings = claim.media, pipeline.settings
    until = to_iso(pipeline.clock() + timedelta(seconds=settings.deadline_seconds(media.kind)))
    slot = {} if claim.slot is None else {"slot": claim.slot}
    # The last attempt: the next answer would lack the same, at the price of another job.
    details = {"attempt": settings.submit_attempts, "until": until, "reason": str(error), **slot}
    _follow(pipeline, claim, Fact("claimed", pipeline.clock(), media.etag, details))
    return f"waiting: for the callback of a job whose id was not told, because {error}"


def _give_back(pipeline: Pipeline, claim: _Claim, error: Exception) -> None:
    media = claim.media
    # Nothing is written of an arrival: by now newer content may have come, and the line asks the bucket what is there.
    _stand_in_line(pipeline, media, claim.journal.story.arrived)
    _follow(pipeline, claim, Fact("released", pipeline.clock(), media.etag, {"reason": str(error)}))
    free_slot(pipeline, claim.slot, media.id, media.etag)


def _follow(pipeline: Pipeline, claim: _Claim, fact: Fact) -> None:
    """Append what became of the claim, unless somebody else has one by now."""
    ours = (claim.media.etag, "claimed", claim.journal.story.claim_until)
    pipeline.ledger.update(claim.media.id, lambda story: [fact] if (story.generation, story.stage, story.claim_until) == ours else [])


def _title(media: Media) -> str:
    return media.key.rpartition("/")[2]
