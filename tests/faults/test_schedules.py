"""Schedules drawn from seeds: whatever is lost, late, doubled or broken, I1 to I7 hold."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.faults.planted import dedupe_off
from tests.faults.schedule import Outcome, replay, run
from tests.faults.shrinking import shrink, told
from tests.faults.template import Template
from tests.faults.world import Setup

STEPS = 200
SEEDS = range(1, 17)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_short_schedule_breaks_no_invariant(provisioned: Template, seed: int) -> None:
    setup = Setup(provisioned)
    outcome = run(setup, seed, STEPS)
    if outcome.violation is not None:
        pytest.fail(told(shrink(setup, outcome, 60), f"make soak SEED={seed} STEPS={STEPS}"), pytrace=False)


def test_the_same_seed_is_the_same_schedule(provisioned: Template) -> None:
    first, second = (run(Setup(provisioned), 1, 120) for _ in range(2))
    assert _told(first) == _told(second)


def test_a_schedule_is_repeated_from_what_was_chosen(provisioned: Template) -> None:
    drawn = run(Setup(provisioned), 2, 120)
    assert _told(replay(Setup(provisioned), 2, drawn.script)) == _told(drawn)


def test_a_schedule_through_real_sockets_is_the_same(provisioned: Template) -> None:
    """Without sockets requests are handed straight to the services; with them they travel as they do everywhere."""
    setup = Setup(provisioned)
    assert _told(run(replace(setup, sockets=True), 3, 80)) == _told(run(setup, 3, 80))


def test_what_breaks_is_told_in_few_steps_that_concern_it(provisioned: Template) -> None:
    setup = Setup(provisioned, change=dedupe_off)
    broken = next(outcome for seed in range(1, 20) if (outcome := run(setup, seed, STEPS)).violation is not None)
    short = shrink(setup, broken, 80)
    assert short.violation is not None
    assert short.steps < broken.steps / 2
    text = told(short, "make soak SEED=1")
    assert text.startswith(f"seed {broken.seed} breaks {short.violation.invariant}")
    assert "uploads" in text
    assert text.endswith("again: make soak SEED=1")


def _told(outcome: Outcome) -> list[str]:
    """What was chosen and what happened, without the random names that services give."""
    story = re.sub(r"127\.0\.0\.1:\d+", "HOST", outcome.history.story(()))
    story = re.sub(r"[0-9a-fA-F]{16,}|[0-9A-F-]{36}", "ID", story)
    return [*map(str, outcome.script), *(line[:200] for line in story.splitlines()), str(outcome.violation)[:60]]
