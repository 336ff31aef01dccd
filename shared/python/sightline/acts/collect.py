"""What `collect` does with one job's news."""

from __future__ import annotations

import logging
from functools import cache

from sightline.errors import ServiceRefused
from sightline.events.callbacks import read_job_message
from sightline.events.records import Event
from sightline.letters.attempt import Act
from sightline.pipeline.collect import collect, index_deadline
from sightline.pipeline.ports import Pipeline

_NOT_YET = ("Submitted", "Processing", "Queuing", "Analysing", "Analyzing")
# The Type of a production job's own message, and the EventType of the region's event for it.
_PRODUCTION = ("iproduction", "aiproducecomplete")

logger = logging.getLogger("sightline")


def collect_act(pipeline: Pipeline) -> Act:
    """For one invocation: all its records together wait for index jobs as long as one callback may.

    Raises BadInput for a record of another shape, and whatever the pipeline raises.
    """
    until = cache(lambda: index_deadline(pipeline))

    def act(event: Event) -> str:
        message = read_job_message(event)
        logger.info("%s", message)
        if message.state in _NOT_YET:
            return f"nothing to do yet: the message says {message.state}"
        try:
            if message.kind.lower() in _PRODUCTION:
                from sightline.pipeline.collect_production import collect_production

                return collect_production(pipeline, message.job_id, until)
            return collect(pipeline, message.job_id, until)
        except ServiceRefused as error:
            if error.operation not in ("QuerySmarttagJob", "QueryIProductionJob") or not error.missing:
                raise
            # A job of ours that is lost is found by the sweep, which knows whose it was.
            return "ignored: the service knows no such job"

    return act
