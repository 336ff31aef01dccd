"""The sweep's second try: letters that are due go the way of any record again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sightline.clock import Clock
from sightline.letters.attempt import Act, Failure, attempt
from sightline.letters.letter import Letter
from sightline.letters.letters import Letters

TROUBLES = 3
"""After so many letters in a row that a service did not answer for, the others keep their attempts for a sweep that it answers."""

SILENT = "the last attempt ended whoever made it"


@dataclass
class Redriven:
    """What became of each letter, by its id; `left` says why the others had no turn."""

    outcomes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left: str = ""


def redrive(letters: Letters, acts: Mapping[str, Act], clock: Clock, until: datetime) -> Redriven:
    """Try each letter that is due, once, until the time is up. `acts` are what the functions do with a record, by the function's name."""
    report, troubles = Redriven(), 0
    for letter in letters.retrying():
        now = clock()
        if now >= until or troubles == TROUBLES:
            report.left = "the time was up" if troubles < TROUBLES else f"{TROUBLES} letters in a row got no answer"
            return report
        if letter.is_due(now):
            troubles = troubles + 1 if _is_trouble(report, letters, acts, letter) else 0
    return report


def _is_trouble(report: Redriven, letters: Letters, acts: Mapping[str, Act], letter: Letter) -> bool:
    """The turn of one letter: whether a service gave no answer."""
    turn = attempt(lambda: _once(letters, acts, letter))
    if isinstance(turn, Failure):
        report.errors[letter.id] = turn.reason
        return turn.is_unanswered
    outcome, failure = turn
    report.outcomes[letter.id] = outcome
    return failure is not None and failure.is_unanswered


def _once(letters: Letters, acts: Mapping[str, Act], letter: Letter) -> tuple[str, Failure | None]:
    """The outcome in a phrase, and what failed."""
    if letter.function not in acts:
        return _ended(letters, letter, Failure(f"there is no function {letter.function!r} to try it", may_pass=False))
    if letters.is_exhausted(letter):
        return _ended(letters, letter, Failure(f"{SILENT}; before that: {letter.reason}", may_pass=False))
    begun = letters.begin(letter)
    result = attempt(lambda: acts[letter.function](letter.event))
    if isinstance(result, Failure):
        return _ended(letters, begun, result)
    letters.drop(letter.id)
    return f"done: {result}", None


def _ended(letters: Letters, letter: Letter, failure: Failure) -> tuple[str, Failure]:
    return letters.end(letter, failure).outcome, failure
