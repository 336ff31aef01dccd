"""The harness finds bugs of each kind, within a few seeds that find nothing where no bug is planted."""

from __future__ import annotations

import pytest

from localcloud.identity import Everything
from tests.faults.functions import Change
from tests.faults.planted import claims_off, dedupe_off, generation_check_off, record_made_once, sweep_off
from tests.faults.schedule import run
from tests.faults.template import Template
from tests.faults.world import Setup

STEPS = 250
SEEDS = range(1, 41)


@pytest.mark.parametrize(
    ("bug", "broken"),
    [
        (claims_off, {"I5"}),
        (generation_check_off, {"I3", "I4"}),
        (dedupe_off, {"I5", "I7"}),
        (sweep_off, {"I2", "I6"}),
        (record_made_once, {"I2"}),
    ],
)
def test_a_planted_bug_is_found(provisioned: Template, bug: Change, broken: set[str]) -> None:
    for seed in SEEDS:
        # A bug may read what its function has no right to.
        violation = run(Setup(provisioned, change=bug, authority=Everything()), seed, STEPS).violation
        if violation is not None and violation.invariant in broken:
            assert run(Setup(provisioned), seed, STEPS).violation is None
            return
    pytest.fail(f"{len(SEEDS)} seeds found nothing")
