"""The sweep's second try: letters that are due go the way of any record again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sightline.clock import Clock
from sightline.letters.attempt import Act, Failure, attempt
from sightline.letters.letter import Letter
from sightline.letters.letters import Letters

SILENT = "the last attempt ended whoever made it"


@dataclass
class Redriven:
    """What became of each letter, by its id; `left` says why some that were due had no turn."""

    outcomes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left: str = ""


def redrive(letters: Letters, acts: Mapping[str, Act], clock: Clock, until: datetime) -> Redriven:
    """Try each letter that is due, once, until the time is up. `acts` are what the functions do with a record, by the function's name."""
    report = Redriven()
    for letter in letters.due():
        if clock() >= until:
            report.left = "the time was up; the next sweep goes on"
            return report
        result = _isolated(letters, acts, letter)
        if isinstance(result, Failure):
            report.errors[letter.id] = result.reason
        else:
            report.outcomes[letter.id] = result
    return report


def _isolated(letters: Letters, acts: Mapping[str, Act], letter: Letter) -> str | Failure:
    return attempt(lambda: _once(letters, acts, letter))


def _once(letters: Letters, acts: Mapping[str, Act], letter: Letter) -> str:
    act = acts.get(letter.function)
    if act is None:
        return letters.end(letter, Failure(f"there is no function {letter.function!r} to try it", may_pass=False)).outcome
    if letters.is_exhausted(letter):
        return letters.end(letter, Failure(f"{SILENT}; before that: {letter.reason}", may_pass=False)).outcome
    begun = letters.begin(letter)
    result = attempt(lambda: act(letter.event))
    if isinstance(result, Failure):
        return letters.end(begun, result).outcome
    letters.drop(letter.id)
    return f"done: {result}"
