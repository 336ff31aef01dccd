"""The core with the settings that the functions were deployed with, for commands that decide as they do."""

from __future__ import annotations

from cli import journal
from cli.running import Running
from sightline.media.admission import Admitted
from sightline.media.types import Media
from sightline.pipeline.plan import NO_JOBS, jobs_of
from sightline.pipeline.ports import Pipeline
from sightline.store.types import ObjectInfo
from sightline.wiring import Wiring


def wiring_of(running: Running) -> Wiring:
    """Raises CommandError where Function Compute does not say how it was deployed."""
    settings = journal.environment_of(running, "sweep")
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": running.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": running.access_key_secret}
    return Wiring({**settings, **keys})


def pipeline_of(running: Running) -> Pipeline:
    return wiring_of(running).pipeline()


def why_refused(pipeline: Pipeline, key: str, size: int) -> str:
    """What `submit` would say of such an upload, which is not there yet; empty where it would take it on."""
    verdict = pipeline.admit(key, ObjectInfo("", size, pipeline.clock()))
    return why_no_job(pipeline, verdict.media) if isinstance(verdict, Admitted) else verdict.reason


def why_no_job(pipeline: Pipeline, media: Media) -> str:
    """Empty for a media that gets one, and where that may depend on how long it is, which only its object tells."""
    return "" if pipeline.rules().ask_for_duration or jobs_of(pipeline, media) else NO_JOBS
