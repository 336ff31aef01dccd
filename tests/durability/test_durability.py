"""kill -9 of the whole process tree, at random moments: what was acknowledged is there, what was not is there wholly or not at all.

Through the death of processes, not through a loss of power: see `localcloud/database.py`.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.durability.rounds import Killing

KILLS = 200


def seed() -> int:
    """A new one each time; SIGHTLINE_SEED repeats one."""
    return int(os.environ.get("SIGHTLINE_SEED", random.randrange(10**6)))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")  # the SDK's counts, which have no successor yet
def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    report = Killing(tmp_path, seed()).run(KILLS)
    print(report)  # noqa: T201 - pytest shows it where the test fails
    assert not report.broken, str(report)
    assert report.kills == KILLS
    # Each kind of client had much to lose.
    assert min(report.steps.values()) > KILLS / 10, str(report)


@pytest.mark.parametrize("plant", ["late commit", "late content"])
def test_a_planted_fault_is_found(tmp_path: Path, plant: str) -> None:
    """A cloud that replies before it commits, and one that names content before it is there, are both caught."""
    report = Killing(tmp_path, 1, plant, ("objects",)).run(100)
    assert any(what.startswith("after kill") and "objects/" in what for what in report.broken), str(report)
