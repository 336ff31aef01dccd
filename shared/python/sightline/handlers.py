"""What is common to the entry points: each record by itself, and one place where anything unexpected is caught.

Function Compute retries an asynchronous invocation that raises. So a handler raises only when a retry can help, after every other record
of the event has been attended to; what a retry cannot help is logged as an error and named in the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sightline.errors import BadInput, SightlineError
from sightline.events import BadRecord
from sightline.events.http import HttpResponse
from sightline.search import SearchSite

Json = dict[str, Any]
Record = TypeVar("Record")

logger = logging.getLogger("sightline")


class RetryNeeded(Exception):
    """Raised to Function Compute, so that it invokes again: names the records that need it."""


def each(records: Sequence[Record | BadRecord], act: Callable[[Record], str]) -> Json:
    """Do `act` for every record. Raises RetryNeeded when one failed in a way that may pass; the repeated others find nothing to do."""
    outcomes: list[str] = []
    retry: list[str] = []
    for record in records:
        if isinstance(record, BadRecord):
            logger.error("record %d can't be used: %s: %s", record.index, record.reason, record.text)
            outcomes.append(f"unusable: {record.reason}")
            continue
        outcome = _attempt(record, act, retry)
        logger.info("%s: %s", record, outcome)
        outcomes.append(outcome)
    if retry:
        raise RetryNeeded("; ".join(retry))
    return {"outcomes": outcomes}


def _attempt(record: Record, act: Callable[[Record], str], retry: list[str]) -> str:
    try:
        return act(record)
    except SightlineError as error:
        if error.retryable:
            retry.append(str(error))
        else:
            logger.exception("%s failed for good", record)
        return f"error: {error}"
    except Exception as error:  # one record's surprise must not cost its neighbours their turn
        logger.exception("%s failed unexpectedly", record)
        retry.append(f"{type(error).__name__}: {error}")
        return f"error: {error}"


def answer_web(site: SearchSite, act: Callable[[], HttpResponse]) -> Json:
    """An HTTP answer whatever happens behind it. Raises BadInput for an event that is no request, so that nobody waits for an answer."""
    try:
        return act().to_event()
    except BadInput:
        raise
    except Exception as error:  # whoever asked gets an answer in our own form, and the log the surprise
        logger.exception("the search failed")
        return site.failure(error).to_event()
