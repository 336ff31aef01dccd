"""What the rules give a media to do."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.media.types import Media
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job, Subject

NO_JOBS = "no rule gives it a job; `sightline rules explain` with its key says why"


def jobs_of(pipeline: Pipeline, media: Media) -> Sequence[Job]:
    """Without those of a service that is not set up. Raises as a bucket does: a rule may ask how long the media lasts."""
    rules, seconds = pipeline.rules(), None
    if rules.ask_for_duration:
        from sightline.media.duration import duration

        seconds = duration(pipeline.media_bucket, media.key, media.size)
    found = rules.jobs_for(Subject(media.key, media.kind, media.size, media.namespace, seconds))
    return [job for job in found if job.family != "pai" or pipeline.settings.has_analysis]


def job_named(pipeline: Pipeline, media: Media, name: str) -> Job | None:
    """None where the rules have changed since, and it no longer gets this one."""
    return next((job for job in jobs_of(pipeline, media) if job.name == name), None)


def output_folder(pipeline: Pipeline, media: Media, job: Job) -> str:
    """Where in the media bucket the outputs of a job are; below it lies nothing else."""
    return f"{pipeline.settings.derived_prefix}{job.output}{media.id}/{media.etag}/"
