"""The core with the settings that the functions were deployed with, for commands that decide as they do."""

from __future__ import annotations

from cli import journal
from cli.running import Running
from sightline.pipeline.ports import Pipeline
from sightline.wiring import Wiring


def wiring_of(running: Running) -> Wiring:
    """Raises CommandError where Function Compute does not say how it was deployed."""
    settings = journal.environment_of(running, "sweep")
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": running.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": running.access_key_secret}
    return Wiring({**settings, **keys})


def pipeline_of(running: Running) -> Pipeline:
    return wiring_of(running).pipeline()
