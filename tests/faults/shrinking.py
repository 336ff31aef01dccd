"""From a schedule that breaks an invariant to a short one that breaks it too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.faults.acting import Choice
from tests.faults.schedule import Outcome, replay
from tests.faults.world import Setup

MOST_REPLAYS = 250


def shrink(setup: Setup, broken: Outcome, most_replays: int = MOST_REPLAYS) -> Outcome:
    """Leave out choices, in halves, quarters and so on down to single ones, and faults, as long as the same invariant breaks."""
    assert broken.violation is not None
    invariant, best, left = broken.violation.invariant, broken, most_replays
    is_smaller = True
    while is_smaller and left > 0:
        is_smaller = False
        for script in _smaller(best.script):
            left -= 1
            tried = replay(setup, broken.seed, script)
            if tried.violation is not None and tried.violation.invariant == invariant:
                best, is_smaller = tried, True
                break
            if left <= 0:
                break
    return best


def _smaller(script: Sequence[Choice]) -> Iterator[list[Choice]]:
    size = max(1, len(script) // 2)
    while True:
        for start in range(0, len(script), size):
            yield [*script[:start], *script[start + size :]]
        if size == 1:
            break
        size //= 2
    for number, choice in enumerate(script):
        if choice.verb == "go" and choice.detail:
            yield [*script[:number], replace(choice, detail=""), *script[number + 1 :]]


def told(outcome: Outcome, command: str) -> str:
    """The seed, what broke, and the steps that concern it."""
    violation = outcome.violation
    assert violation is not None
    lines = [f"seed {outcome.seed} breaks {violation}", f"after {outcome.steps} of its choices, the others left out:"]
    return "\n".join([*lines, outcome.history.story(violation.keys), f"again: {command}"])
