"""What `submit` and `collect` do with one record: the same when it comes with an event, and when the sweep tries a parked one again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sightline.errors import ServiceRefused
from sightline.events.callbacks import read_job_message
from sightline.events.objects import read_change
from sightline.events.records import Event
from sightline.letters.attempt import Act
from sightline.letters.drain import Drained, Queue, drain
from sightline.letters.letters import Letters
from sightline.letters.redrive import Redriven, redrive
from sightline.pipeline.collect import collect
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit

logger = logging.getLogger("sightline")


def acts(pipeline: Pipeline) -> Mapping[str, Act]:
    """By the function's name, for one invocation: all its records together wait for index jobs as long as one callback may.

    Each raises BadInput for a record of another shape, and whatever the pipeline raises.
    """
    until = pipeline.clock() + timedelta(seconds=pipeline.settings.index_wait_seconds)
    return {
        "submit": lambda event: _submit(pipeline, event),
        "collect": lambda event: _collect(pipeline, event, until),
    }


def drain_queue(pipeline: Pipeline, letters: Letters, queue: Queue) -> Drained:
    """Make letters of the events that Function Compute gave up on, as long as the settings say."""
    return drain(queue, letters, pipeline.clock, _end_of_letters(pipeline))


def redrive_due(pipeline: Pipeline, letters: Letters) -> Redriven:
    """Try the parked records that are due, as long as the settings say."""
    return redrive(letters, acts(pipeline), pipeline.clock, _end_of_letters(pipeline))


def _end_of_letters(pipeline: Pipeline) -> datetime:
    return pipeline.clock() + timedelta(seconds=pipeline.settings.letter_seconds)


def _submit(pipeline: Pipeline, event: Event) -> str:
    change = read_change(event)
    logger.info("%s", change)
    if change.bucket != pipeline.media_bucket.name:
        return f"ignored: {change.bucket} is not the media bucket"
    return submit(pipeline, change.key, change.event_id)


def _collect(pipeline: Pipeline, event: Event, until: datetime) -> str:
    message = read_job_message(event)
    logger.info("%s", message)
    if message.state in ("Submitted", "Processing"):
        return f"nothing to do yet: the message says {message.state}"
    try:
        return collect(pipeline, message.job_id, until)
    except ServiceRefused as error:
        if error.operation != "QuerySmarttagJob" or not error.missing:
            raise
        # A job of ours that is lost is found by the sweep, which knows whose it was.
        return "ignored: the service knows no such job"
