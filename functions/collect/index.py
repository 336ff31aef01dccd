"""A job has news: fetch its result and make the media searchable."""

from __future__ import annotations

from typing import Any

from sightline.acts.collect import collect_act
from sightline.handlers import handle
from sightline.wiring import wiring


def initialize(_context: Any) -> None:
    wiring().pipeline()


def handler(event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context, goes_by_the_clock=False) as instance:
        return handle("collect", collect_act(instance.pipeline()), instance.letters, event)
