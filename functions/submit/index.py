"""An object changed: start its analysis, or take it out of the search library."""

from __future__ import annotations

from typing import Any

from sightline.events import ObjectChange, parse_objects
from sightline.handlers import each
from sightline.pipeline import submit
from sightline.wiring import wiring


def initialize(_context: Any) -> None:
    wiring().pipeline()


def handler(event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context) as instance:
        pipeline = instance.pipeline()

        def act(change: ObjectChange) -> str:
            if change.bucket != pipeline.media_bucket.name:
                return f"ignored: {change.bucket} is not the media bucket"
            return submit(pipeline, change.key, change.event_id)

        return each(parse_objects(event), act)
