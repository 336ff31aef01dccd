"""What is common to the entry points: each record by itself, and what becomes of those that fail.

A record that no retry can help becomes a dead letter at once. A record that was alone in its event and may go well later is left to
Function Compute, which retries an asynchronous invocation that raises. Where it had neighbours, they are done, and it is parked as a letter
that the sweep tries again: a retry of the event would repeat them all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sightline.events.records import Event, read_event, single_events
from sightline.letters.attempt import Act, Failure, attempt
from sightline.value import Value

if TYPE_CHECKING:
    from sightline.letters.letters import Letters

Json = dict[str, Any]

logger = logging.getLogger("sightline")


class RetryNeeded(Exception):
    """Raised to Function Compute, so that it invokes again: names the records that need it."""


class _Outcome(Value):
    """`letter` is the id of the one that was written; `again` says that only Function Compute can see to the record."""

    said: str
    letter: str = ""
    again: bool = False


def handle(function: str, act: Act, letters: Callable[[], Letters], event: bytes) -> Json:
    """Do `act` for every record of an event: what was said of each, and the letters that were written. `letters` are got once one is.

    Raises RetryNeeded, after every other record was attended to; the repeated ones then find nothing to do.
    """
    records = single_events(read_event(event))
    outcomes = [_attend(function, act, letters, record, is_alone=len(records) == 1) for record in records]
    needed = [outcome.said for outcome in outcomes if outcome.again]
    if needed:
        raise RetryNeeded("; ".join(needed))
    return {"outcomes": [outcome.said for outcome in outcomes], "letters": [outcome.letter for outcome in outcomes if outcome.letter]}


def _attend(function: str, act: Act, letters: Callable[[], Letters], record: Event, *, is_alone: bool) -> _Outcome:
    result = attempt(lambda: act(record))
    if isinstance(result, str):
        logger.info("%s", result)
        return _Outcome(result)
    if result.may_pass and is_alone:
        return _Outcome(result.reason, again=True)
    kept = attempt(lambda: letters().keep(function, record, result))
    if isinstance(kept, Failure):
        return _Outcome(f"{result.reason}; and no letter could be kept: {kept.reason}", again=True)
    logger.error("%s", kept.outcome)
    return _Outcome(kept.outcome, kept.id)


def each_part(parts: Mapping[str, Callable[[], Any]]) -> Json:
    """Do all parts of a sweep, one after the other: what each says, or why it could not be done. The next sweep does those again."""
    report: Json = {}
    for name, part in parts.items():
        result = attempt(part)
        if isinstance(result, Failure):
            logger.error("%s: %s", name, result.reason)
        report[name] = {"error": result.reason} if isinstance(result, Failure) else result
    logger.info("swept: %s", report)
    return report
