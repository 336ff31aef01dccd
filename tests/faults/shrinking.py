"""From a schedule that breaks an invariant to a short one that breaks it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.faults.acting import Choice
from tests.faults.schedule import Outcome, replay
from tests.faults.world import Setup

MOST_REPLAYS = 250


def shrink(setup: Setup, broken: Outcome, most_replays: int = MOST_REPLAYS) -> Outcome:
    """Leave out halves of the choices, quarters and so on down to single ones, then faults, as long as the same invariant breaks."""
    search = _Search(setup, broken, most_replays)
    size = len(broken.script) // 2
    while size >= 1:
        search.leave_out(size)
        size //= 2
    while search.leave_out(1):
        pass
    search.leave_out_faults()
    return search.best


@dataclass
class _Search:
    setup: Setup
    best: Outcome
    left: int

    def leave_out(self, size: int) -> bool:
        """Whether anything of that size could be left out."""
        before, start = len(self.best.script), 0
        while start < len(self.best.script):
            script = self.best.script
            if not self._breaks([*script[:start], *script[start + size :]]):
                start += size
        return len(self.best.script) < before

    def leave_out_faults(self) -> None:
        for number, choice in enumerate(list(self.best.script)):
            if choice.verb == "go" and choice.detail:
                script = self.best.script
                self._breaks([*script[:number], replace(choice, detail=""), *script[number + 1 :]])

    def _breaks(self, script: Sequence[Choice]) -> bool:
        """Whether it breaks the same invariant; then it is the best so far. A script that breaks early is cut off there."""
        if self.left <= 0:
            return False
        self.left -= 1
        tried = replay(self.setup, self.best.seed, script)
        violation, wanted = tried.violation, self.best.violation
        if violation is None or wanted is None or violation.invariant != wanted.invariant:
            return False
        self.best = tried
        return True


def told(outcome: Outcome, command: str) -> str:
    """The seed, what broke, and the steps that concern it."""
    violation = outcome.violation
    assert violation is not None
    lines = [f"seed {outcome.seed} breaks {violation}", f"after {outcome.steps} of its choices, the others left out:"]
    return "\n".join([*lines, outcome.history.story(violation.keys), f"again: {command}"])
