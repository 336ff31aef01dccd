"""What `submit` does with one change of an object."""

from __future__ import annotations

import logging

from sightline.events.objects import read_change
from sightline.events.records import Event
from sightline.letters.attempt import Act
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit

logger = logging.getLogger("sightline")


def submit_act(pipeline: Pipeline) -> Act:
    """Raises BadInput for a record of another shape, and whatever the pipeline raises."""

    def act(event: Event) -> str:
        change = read_change(event)
        logger.info("%s", change)
        if change.bucket != pipeline.media_bucket.name:
            return f"ignored: {change.bucket} is not the media bucket"
        return submit(pipeline, change.key, change.event_id)

    return act
