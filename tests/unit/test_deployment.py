"""The functions as they are deployed: s.yaml against the settings that they read, and against Function Compute's limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localcloud.fc.project.project import ENVIRONMENT_BYTES, Project
from sightline.pipeline.sweep import WALK_SECONDS
from sightline.settings import FIELDS, from_environment

FILE = Path(__file__).parents[2] / "s.yaml"
TEMPLATE = {"SIGHTLINE_TEMPLATE_ID": "S" * 32}
FUNCTIONS = Project.read(FILE, TEMPLATE).functions
ENVIRONMENT = FUNCTIONS["sightline-sweep"].environment_variables


def test_what_is_deployed_is_what_the_settings_say() -> None:
    """A default stands in two places; they are the same."""
    assert {name.lower() for name in ENVIRONMENT} <= set(FIELDS)
    chosen = from_environment(ENVIRONMENT)
    for name, field in FIELDS.items():
        if name.upper() in ENVIRONMENT and field.default not in (None, ""):
            assert getattr(chosen, name) == field.default, name


@pytest.mark.parametrize(
    "name",
    [
        "JOBS_IN_FLIGHT",
        "DAILY_JOBS_PER_NAMESPACE",
        "SUBMIT_ATTEMPTS",
        "IMAGE_DEADLINE_SECONDS",
        "VIDEO_DEADLINE_SECONDS",
        "FACTS_RETENTION_DAYS",
        "AUDIT_BACK_SECONDS",
        "AUDIT_KEYS_PER_SWEEP",
        "MEDIA_CHECKED_PER_SWEEP",
        "LETTER_ATTEMPTS",
        "MAX_VIDEO_BYTES",
    ],
)
def test_an_operator_sets_it_without_editing_a_file(name: str) -> None:
    functions = Project.read(FILE, {**TEMPLATE, f"SIGHTLINE_{name}": "12345"}).functions
    assert {function.environment_variables[name] for function in functions.values()} == {"12345"}


def test_the_environment_leaves_room_for_long_names() -> None:
    """All that an operator chooses freely: endpoints and names, 64 characters each."""
    names = set(re.findall(r"env\('(SIGHTLINE_\w+(?:ENDPOINT|BUCKET|TOPIC|QUEUE|LIBRARY|ID))'", FILE.read_text()))
    assert len(names) >= 12
    functions = Project.read(FILE, dict.fromkeys(names, "x" * 64)).functions
    for function in functions.values():
        size = sum(len(name) + len(value) for name, value in function.environment_variables.items())
        assert size <= ENVIRONMENT_BYTES * 3 / 4


def test_a_sweep_has_time_for_all_its_parts() -> None:
    """With a minute and more for the requests that are under way when the time of a part ends."""
    chosen = from_environment(ENVIRONMENT)
    queue = letters = chosen.letter_seconds
    parts = queue + chosen.sweep_seconds + chosen.drain_seconds + WALK_SECONDS + letters
    assert FUNCTIONS["sightline-sweep"].timeout - parts >= 60 + chosen.request_seconds


def test_no_function_runs_longer_than_the_settings_say() -> None:
    assert max(function.timeout for function in FUNCTIONS.values()) == from_environment(ENVIRONMENT).longest_invocation_seconds
