"""What Function Compute tells of an asynchronous invocation that failed for good.

Format: "Destinations for asynchronous invocations" in the Function Compute documentation, and the README of
awesome-fc/Stateful-Async-Invocation. `condition` and the values of `functionError` are described nowhere, so neither is relied on.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sightline.errors import BadInput
from sightline.events.records import Event, Json, decoded, event_bytes, read_event
from sightline.value import Value

_FIX = "send what Function Compute sends to the destination of a failed invocation; a sample is in events/"

FUNCTIONS = ("submit", "collect", "search", "sweep")


class FailedInvocation(Value):
    """`function` is the word of its name that tells which it is: `submit` of `sightline-submit-prod`.

    `event` is what it was invoked with, whole; `at` is when it ended, where the report tells.
    """

    function: str
    event: Event
    reason: str
    attempts: int
    at: datetime | None


def read_failure(body: str) -> FailedInvocation:
    """Raises BadInput for any other message."""
    report = decoded(body)
    if not isinstance(report, dict) or "requestPayload" not in report:
        raise BadInput("message", "has no requestPayload", _FIX)
    context = _part(report, "requestContext")
    payload = report["requestPayload"]
    return FailedInvocation(
        function=_function(context),
        event=read_event(payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else event_bytes(payload)),
        reason=_reason(report),
        attempts=_count(context.get("approximateInvokeCount")),
        at=_moment(report.get("timestamp")),
    )


def _part(document: Json, name: str) -> Json:
    part = document.get(name)
    return part if isinstance(part, dict) else {}


def _function(context: Json) -> str:
    """From `acs:fc:<region>:<account>:functions/<name>`, with or without a version behind it."""
    name = str(context.get("functionArn", "")).partition("functions/")[2].partition("/")[0].partition(".")[0]
    if not name:
        raise BadInput("functionArn", "names no function", _FIX)
    words = name.split("-")
    return next((word for word in words if word in FUNCTIONS), words[-1])


def _reason(report: Json) -> str:
    """The error's own words, without its stack: the log has that."""
    error = decoded(report.get("responsePayload"))
    if isinstance(error, dict) and error.get("errorMessage"):
        return f"{error.get('errorType') or 'error'}: {error['errorMessage']}"
    told = _part(report, "responseContext").get("functionError") or _part(report, "requestContext").get("condition")
    return str(told or "Function Compute gave no reason")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _moment(milliseconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
