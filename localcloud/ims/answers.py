"""The shapes of answers: times as IMS writes them."""

from __future__ import annotations

import time
from typing import Any

Answer = dict[str, Any]
"""The body of an answer, without its RequestId."""


def iso_time(seconds: float) -> str:
    """As in templates and pipelines, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def plain_time(seconds: float) -> str:
    """As in index jobs. The documents name no zone; UTC is an assumption."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
