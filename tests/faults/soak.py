"""Long schedules, side by side: `python -m tests.faults.soak --seeds 200 --steps 500`; with `--seed` a single one."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

from tests.faults.schedule import run
from tests.faults.shrinking import shrink, told
from tests.faults.template import Template, template
from tests.faults.world import Setup


@dataclass(frozen=True)
class Tally:
    """Of one seed. `story` is empty where nothing broke; `reached` counts points by the fault that was met there."""

    seed: int
    stops: int
    jobs: int
    seconds: float
    story: str = ""
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)


@cache
def _template() -> Template:
    """One a process, removed when the process ends."""
    return _closing.enter_context(template())


_closing = ExitStack()


def soak(seed: int, steps: int) -> Tally:
    started, setup = time.monotonic(), Setup(_template())
    outcome = run(setup, seed, steps)
    story = ""
    if outcome.violation is not None:
        story = told(shrink(setup, outcome), f"make soak SEED={seed} STEPS={steps}")
    history = outcome.history
    reached = Counter(history.reached)
    return Tally(seed, sum(reached.values()), len(history.jobs), time.monotonic() - started, story, reached)


def _all(seeds: range, steps: int) -> Iterator[Tally]:
    if len(seeds) == 1:
        yield soak(seeds[0], steps)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(soak, seeds, [steps] * len(seeds))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--steps", type=int, default=500, help="choices of the scheduler in each")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds) if given.seed is None else range(given.seed, given.seed + 1)
    started, broken, stops, jobs, reached = time.monotonic(), 0, 0, 0, Counter[tuple[str, str]]()
    for tally in _all(seeds, given.steps):
        broken, stops, jobs = broken + bool(tally.story), stops + tally.stops, jobs + tally.jobs
        reached.update(tally.reached)
        if tally.story:
            print(tally.story, flush=True)  # noqa: T201
    faults = sum(count for (_, fault), count in reached.items() if fault != "-")
    print(  # noqa: T201
        f"{len(seeds)} seeds of {given.steps} steps: {broken} broke. {jobs:,} jobs, {stops:,} stops, {faults:,} faults at "
        f"{len({point for point, _ in reached}):,} points ({len(reached):,} different pairs), {time.monotonic() - started:,.0f} s"
    )
    return min(broken, 1)


if __name__ == "__main__":
    with _closing:
        sys.exit(main())
