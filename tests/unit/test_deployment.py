"""The functions as they are deployed: s.yaml against the settings that they read, and against Function Compute's limits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from localcloud.fc.project.project import ENVIRONMENT_BYTES, Project
from localcloud.fc.project.rendering import render
from localcloud.fc.project.trigger import HttpConfig, HttpTrigger
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


def test_stages_share_no_name() -> None:
    """What the one stage writes, starts or sends to, the other never sees."""
    dev, prod = (json.dumps(render(FILE, {**TEMPLATE, "SIGHTLINE_STAGE": stage})["resources"]) for stage in ("dev", "prod"))
    own = r"sightline-[a-z0-9-]+|IPCamera_\w+"
    assert set(re.findall(own, dev)) & set(re.findall(own, prod)) == set()
    assert re.findall(r"layers/sightline/versions/\d+", dev) == re.findall(r"layers/sightline/versions/\d+", prod)


def test_addresses_are_those_of_the_region() -> None:
    environment = Project.read(FILE, {**TEMPLATE, "SIGHTLINE_REGION": "cn-beijing"}).functions["sightline-sweep"].environment_variables
    assert [name for name, value in environment.items() if "cn-shanghai" in value] == []
    assert environment["OSS_ENDPOINT"] == "https://oss-cn-beijing-internal.aliyuncs.com"


def test_who_may_search_is_chosen_by_a_variable() -> None:
    def access(**environment: str) -> HttpConfig:
        (trigger,) = Project.read(FILE, {**TEMPLATE, **environment}).functions["sightline-search"].triggers
        assert isinstance(trigger, HttpTrigger)
        return trigger.trigger_config

    assert access().auth_type == "anonymous"
    key = {"kty": "oct", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    guarded = access(SIGHTLINE_SEARCH_ACCESS="jwt", SIGHTLINE_JWT_KEYS=json.dumps([key]))
    assert (guarded.auth_type, guarded.methods) == ("jwt", access().methods)
    assert guarded.auth_config
    assert guarded.auth_config.jwks == {"keys": [key]}


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
