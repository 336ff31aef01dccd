"""A job has news: fetch its result and make the media searchable."""

from __future__ import annotations

from typing import Any

from sightline.events import JobMessage, parse_callbacks
from sightline.handlers import each
from sightline.pipeline import collect
from sightline.wiring import wiring


def initialize(_context: Any) -> None:
    wiring().pipeline()


def handler(event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context) as instance:
        pipeline = instance.pipeline()

        def act(message: JobMessage) -> str:
            if message.state in ("Submitted", "Processing"):
                return f"nothing to do yet: the message says {message.state}"
            return collect(pipeline, message.job_id)

        return each(parse_callbacks(event), act)
