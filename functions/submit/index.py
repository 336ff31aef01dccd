"""An object changed: start its analysis, or take it out of the search library."""

from __future__ import annotations

from typing import Any

from sightline.acts.submit import submit_act
from sightline.handlers import handle
from sightline.wiring import wiring


def initialize(_context: Any) -> None:
    wiring().pipeline().rules()  # a wrong file is to stop the start


def handler(event: bytes, context: Any) -> dict[str, Any]:
    with wiring().invocation(context) as instance:
        return handle("submit", submit_act(instance.pipeline()), instance.letters, event)
