"""Every few minutes: finish whatever a lost message or a failed event left behind."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sightline.acts.letters import drain_queue, redrive_due
from sightline.handlers import each_part
from sightline.pipeline.sweep import sweep
from sightline.wiring import wiring


def initialize(_context: Any) -> None:
    wiring().pipeline().rules()  # a wrong file is to stop the start


def handler(_event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context) as instance:
        pipeline, letters = instance.pipeline(), instance.letters()
        return each_part(
            {
                "queue": lambda: asdict(drain_queue(pipeline, letters, instance.dead_queue())),
                "media": lambda: asdict(sweep(pipeline, pipeline.report)),
                # Last, since a record may end whoever tries it.
                "letters": lambda: asdict(redrive_due(pipeline, letters)),
            }
        )
