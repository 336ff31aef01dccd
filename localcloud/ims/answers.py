"""The shapes of answers: times as IMS writes them, and the results of a smart tag job as QuerySmarttagJob gives them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from engines.understanding.types import Description

Answer = dict[str, Any]
"""The body of an answer, without its RequestId."""


def iso_time(seconds: float) -> str:
    """As in templates and pipelines, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def plain_time(seconds: float) -> str:
    """As in index jobs. The documents name no zone; UTC is an assumption."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def succeeded(description: Description, ignored: Sequence[str], seconds: float) -> list[dict[str, str]]:
    """EventDesc, as the cloud answers it; and Engine, our own: who looked how long, what it is blind to, what was asked for in vain."""
    return [
        {"Type": "EventDesc", "Data": _compact(_compact(_event_description(description)))},
        {
            "Type": "Engine",
            "Data": _compact(
                {
                    "name": description.engine,
                    "seconds": round(seconds, 3),
                    "cannotSee": description.cannot_see,
                    "notes": [*description.notes, *(f"not done by this laptop cloud: {part}" for part in ignored)],
                }
            ),
        },
    ]


def failed(reason: str) -> list[dict[str, str]]:
    """The answer has no field for a reason; clients read it from the data of the first result."""
    return [{"Type": "EventDesc", "Data": reason}]


def _event_description(description: Description) -> dict[str, object]:
    # Keys and their order as in the published sample, "IPC content understanding".
    return {
        "brief": description.brief,
        "caption": description.caption,
        "action": description.actions,
        "label": {
            "package": description.package,
            "human": description.human,
            "pet": description.pet,
            "vehicle": description.vehicle,
        },
        "title": description.title,
        "event": description.events,
        "object": description.objects,
    }


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
