"""From a finished job to a media that can be found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sightline.ims.smarttag import SmarttagJob
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG, Story
from sightline.pipeline.advance import advance
from sightline.pipeline.endings import CHANGED, GONE, fail, free_slot
from sightline.pipeline.home import Home, read_home
from sightline.pipeline.index import index
from sightline.pipeline.ports import Pipeline
from sightline.record.model import SmarttagPart

NOT_OURS = "ignored: not a job of ours"
OTHER_COUNTS = "ignored: another job of this content counts"


def collect(pipeline: Pipeline, job_id: str, until: Callable[[], datetime] | None = None, home: Home | None = None) -> str:
    """Ask the service about a smart tag job, store what it says, and see the media through the index. Says what was done, in a phrase.

    `home` is whose job it is, where the ledger told: IMS may have lost the UserData, or show a value of its own.
    Waits for index jobs `until` then, or as long as the settings say; that is asked for after the first answer, which tells the time.
    Raises ServiceRefused for a job that the service does not give, else retryable errors only.
    """
    job = pipeline.tagging.query(job_id)
    home = home or read_home(job.user_data)
    if home is None or home.job != SMARTTAG:
        return NOT_OURS
    identity, generation = home.media_id, home.generation
    journal = pipeline.ledger.read(identity)
    story = journal.story
    if story.bucket not in ("", pipeline.media_bucket.name):
        return f"ignored: of bucket {story.bucket}, which is not the media bucket"
    if story.generation != generation or story.stage in GONE:
        if job.state in ("Success", "Fail"):
            free_slot(pipeline, journal.slot_of(generation), identity, generation)
            advance(pipeline, after_a_job=True)
        return CHANGED
    if not story.awaits(job_id):
        return OTHER_COUNTS
    if job.state in ("Submitted", "Processing"):
        return f"nothing to do yet: {job.reason or f'the job is {job.state}'}"
    if story.is_final or story.tags_failed:
        return "nothing to do: done before"
    return _end(pipeline, job, journal, until() if until else index_deadline(pipeline))


def index_deadline(pipeline: Pipeline) -> datetime:
    """As long as one callback may wait for index jobs, from now on."""
    return pipeline.clock() + timedelta(seconds=pipeline.settings.index_wait_seconds)


def _end(pipeline: Pipeline, job: SmarttagJob, journal: Journal, until: datetime) -> str:
    generation = journal.story.generation
    if not journal.story.job_id:
        journal = _name(pipeline, job.job_id, journal)
        if (journal.story.generation, journal.story.job_id) != (generation, job.job_id):
            return OTHER_COUNTS
    if job.state == "Fail":
        return _fail(pipeline, journal, job.reason, until)
    return _store(pipeline, job, journal, until)


def _name(pipeline: Pipeline, job_id: str, journal: Journal) -> Journal:
    """The ledger with the job that counts, where a crash or a lost answer kept its name: the first whose end we hear of.

    It is named before anything of it is stored, so that of two jobs neither writes over the other's part.
    """
    submitted = Fact("submitted", pipeline.clock(), journal.story.generation, {"job_id": job_id})

    def decide(now: Story) -> Sequence[Fact]:
        is_open = now.generation == submitted.generation and now.stage in ("uploaded", "claimed")
        return [submitted] if is_open and now.awaits(job_id) else []

    return pipeline.ledger.update(journal.media_id, decide, journal)[0]


def _fail(pipeline: Pipeline, journal: Journal, reason: str, until: datetime) -> str:
    """What its other jobs told by then, the media is found by."""
    identity, story = journal.media_id, journal.story
    outcome = fail(pipeline, identity, story.generation, "understand", reason)
    advance(pipeline, after_a_job=True)
    return f"{outcome}; {index(pipeline, identity, story.generation, until)}" if story.has_told else outcome


def _store(pipeline: Pipeline, job: SmarttagJob, journal: Journal, until: datetime) -> str:
    identity, story = journal.media_id, journal.story
    if job.result is None:
        reason = f"the job succeeded, but {job.reason or 'it has no EventDesc; does its template ask for vlEventDesc?'}"
        return _fail(pipeline, journal, reason, until)
    if story.stage == "submitted":
        pipeline.records.put_part(identity, story.generation, SmarttagPart.of(job.result))
        understood = Fact("understood", pipeline.clock(), story.generation, {"job_id": job.job_id})
        waited = (story.generation, "submitted", job.job_id)
        journal, ours = pipeline.ledger.update(
            identity, lambda now: [understood] if (now.generation, now.stage, now.job_id) == waited else [], journal
        )
        if ours:  # who comes second could free what is somebody else's by now
            free_slot(pipeline, journal.story.slot, identity, story.generation)
        advance(pipeline, after_a_job=True)
    return index(pipeline, identity, story.generation, until, journal)
