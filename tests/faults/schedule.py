"""One schedule: so many steps drawn from a seed, or a script of choices; then the end, at which everything must be right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.faults.acting import Choice, act
from tests.faults.choosing import Chooser, Rates
from tests.faults.history import History, Violation
from tests.faults.invariants import check_always
from tests.faults.settling import replay_everything, settle
from tests.faults.world import Setup, World, world

_folders = count()


@dataclass(frozen=True)
class Outcome:
    """`script` is what was chosen, up to the violation if there is one; `history` what happened."""

    seed: int
    script: Sequence[Choice]
    history: History
    violation: Violation | None

    @property
    def steps(self) -> int:
        return len(self.script)


def run(setup: Setup, seed: int, steps: int, rates: Rates = Rates()) -> Outcome:  # noqa: B008 (immutable)
    script: list[Choice] = []
    chooser = Chooser(random.Random(seed), rates)

    def drive(one: World) -> None:
        for step in range(steps):
            script.append(chooser.choose(one, step))
            act(one, script[-1])
            check_always(one)

    return _played(setup, seed, script, drive)


def replay(setup: Setup, seed: int, script: Sequence[Choice]) -> Outcome:
    played: list[Choice] = []

    def drive(one: World) -> None:
        for choice in script:
            played.append(choice)
            act(one, choice)
            check_always(one)

    return _played(setup, seed, played, drive)


def _played(setup: Setup, seed: int, script: list[Choice], drive: Callable[[World], None]) -> Outcome:
    # What draws lots in the functions (the pauses of a retry) draws the same ones again.
    random.seed(seed)
    folder = Path(setup.template.scratch, f"schedule-{next(_folders)}")
    with world(setup, folder, seed) as one:
        try:
            drive(one)
            settle(one)
            replay_everything(one)
        except Violation as violation:
            return Outcome(seed, script, one.history, violation)
        return Outcome(seed, script, one.history, None)
