"""From a production job that has news to a media that shows what it made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sightline.errors import UnusableAnswer
from sightline.ims.production.client import ProductionJob
from sightline.pipeline.collect import NOT_OURS, OTHER_COUNTS, index_deadline
from sightline.pipeline.derivatives import delete_outputs
from sightline.pipeline.endings import CHANGED, GONE
from sightline.pipeline.home import Home, read_home
from sightline.pipeline.index import into_the_library
from sightline.pipeline.jobs import finish
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.produced import findings_of
from sightline.record.findings import Findings


def collect_production(pipeline: Pipeline, job_id: str, until: Callable[[], datetime] | None = None, home: Home | None = None) -> str:
    """As `collect.collect`, of a production job."""
    job = pipeline.producing().query(job_id)
    home = home or read_home(job.user_data)
    if home is None or not home.job.startswith("production:"):
        return NOT_OURS
    journal = pipeline.ledger.read(home.media_id)
    story = journal.story
    if story.bucket not in ("", pipeline.media_bucket.name):
        return f"ignored: of bucket {story.bucket}, which is not the media bucket"
    if story.generation != home.generation or story.stage in GONE:
        if job.state == "Success":
            delete_outputs(pipeline, home.media_id, home.generation, job.outputs)
        return CHANGED
    ours = story.jobs.get(home.job)
    if ours is None or job_id in story.earlier_jobs or not ours.awaits(job_id):
        return OTHER_COUNTS
    if job.state not in ("Success", "Fail"):
        return f"nothing to do yet: {job.reason or f'the job is {job.state}'}"
    if home.job in story.open_jobs:
        journal = finish(pipeline, journal, home.job, job_id, _outcome(pipeline, job, home, story.key))
    return into_the_library(pipeline, journal, home.generation, until() if until else index_deadline(pipeline))


def _outcome(pipeline: Pipeline, job: ProductionJob, home: Home, key: str) -> Findings | str:
    """What it told, or why it told nothing."""
    if job.state == "Fail":
        return job.reason or "the service gave no reason"
    try:
        return findings_of(pipeline, job, home, key)
    except UnusableAnswer as error:
        if error.retryable:
            raise
        return str(error)
