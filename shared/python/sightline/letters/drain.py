"""From the queue that Function Compute sends failed events to, into letters.

A handler raises only for what may go well later, and a function that was ended may have been unlucky: so these records are tried again by
the sweep, at growing pauses, before they are dead. A letter is stored before its message is deleted, and its id comes from the record: a
crash between the two stores the same letter again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from sightline.clock import Clock
from sightline.errors import BadInput
from sightline.events.failures import read_failure
from sightline.events.records import single_events
from sightline.letters.attempt import Failure, attempt
from sightline.letters.letter import Letter
from sightline.letters.letters import Letters
from sightline.mns.queue import Message

BATCH = 16
"""The most that one receive gives (BatchReceiveMessage, Simple Message Queue API reference)."""

logger = logging.getLogger("sightline")


class Queue(Protocol):
    """Met by `mns.MnsQueue`. A message that was received is hidden for a while, and comes back unless it is deleted."""

    def receive(self, most: int) -> Sequence[Message]: ...

    def delete(self, receipts: Sequence[str]) -> None: ...


@dataclass
class Drained:
    """The letters that were stored, and the messages that could not be: they come back."""

    letters: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def drain(queue: Queue, letters: Letters, clock: Clock, until: datetime) -> Drained:
    """Empty the queue, as far as the time goes. Raises ServiceRefused and ServiceUnreachable where the queue does not answer."""
    report = Drained()
    while clock() < until:
        messages = queue.receive(BATCH)
        stored = _store(messages, letters, clock, report)
        if stored:
            queue.delete(stored)
        if len(stored) < len(messages) or not messages:
            break
    return report


def _store(messages: Sequence[Message], letters: Letters, clock: Clock, report: Drained) -> list[str]:
    """The receipts of those that are letters now. While the state bucket does not answer, the others are not tried."""
    stored = []
    for message in messages:
        result = attempt(partial(_add, letters, message.body, clock()))
        if isinstance(result, Failure):
            report.errors.append(result.reason)
            if result.is_unanswered:
                break
        else:
            report.letters += [letter.id for letter in result]
            stored.append(message.receipt)
    return stored


def _add(letters: Letters, body: str, now: datetime) -> list[Letter]:
    added = [letters.add(letter) for letter in letters_of(body, now)]
    for letter in added:
        logger.info("from the queue: %s", letter.outcome)
    return added


def letters_of(body: str, now: datetime) -> list[Letter]:
    """One letter for each record of the event that failed; a dead one for a message that is no report of a failure."""
    try:
        failed = read_failure(body)
    except BadInput as error:
        return [Letter.new("unknown", body, str(error), now)._replace(state="dead", attempts=1, due=None)]
    records = single_events(failed.event)
    made = [Letter.new(failed.function, record, failed.reason, min(failed.at or now, now)) for record in records]
    # Which of several records it was, nobody knows: each is tried by itself. A record that was alone has had these attempts.
    return made if len(made) > 1 else [letter._replace(attempts=failed.attempts) for letter in made]
