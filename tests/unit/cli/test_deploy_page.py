"""docs/deploy.md says what the commands, s.yaml and template.yaml say."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.deployment import target
from cli.deployment.target import Target
from cli.main import cli

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^sightline ([^#\n]+)", PAGE, re.MULTILINE)) | set(re.findall(r"`sightline ([a-z][^`]*)`", PAGE)))


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """With the page's own .env beside s.yaml."""
    sample = re.search(r"```sh\n(SIGHTLINE_STAGE=.*?)```", PAGE, re.DOTALL)
    assert sample
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    shutil.copy(ROOT / "s.yaml", tmp_path / "s.yaml")
    (tmp_path / ".env").write_text(sample[1])
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    return target.cloud({"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"})


def stack() -> dict[str, str]:
    """The parameters of the stack that the page creates."""
    return dict(re.findall(r"--Parameters\.\d\.ParameterKey=(\w+)\s+--Parameters\.\d\.ParameterValue=(\S+)", PAGE))


def test_there_are_commands() -> None:
    assert {command.split()[0] for command in COMMANDS} >= {"provision", "check", "plan", "doctor"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one(command: str) -> None:
    verb, *arguments = shlex.split(command)
    found = cli.get_command(click.Context(cli), verb)
    assert found is not None
    with found.make_context(verb, arguments):
        pass


def test_the_stack_is_that_of_the_stage(rendered: Target) -> None:
    template: dict[str, Any] = yaml.safe_load((ROOT / "template.yaml").read_text())
    given = stack()
    assert len(given) == 5
    for name, value in given.items():
        assert re.fullmatch(template["Parameters"][name]["AllowedPattern"], value), name
    names = rendered.names
    assert (given["MediaBucketName"], given["StateBucketName"]) == (names.media_bucket, names.state_bucket)
    assert (given["CallbackTopicName"], given["DeadQueueName"]) == (names.topic, names.dead_queue)
    assert all(function.function_name.endswith(given["Suffix"]) for function in rendered.project.functions.values())


def test_the_rights_are_on_what_the_stage_has(rendered: Target) -> None:
    names = rendered.names
    for resource in (
        f"acs:oss:*:*:{names.media_bucket}",
        f"acs:oss:*:*:{names.state_bucket}",
        f"acs:mns:*:*:/topics/{names.topic}",
        f"acs:mns:*:*:/queues/{names.dead_queue}",
    ):
        assert f'"{resource}"' in PAGE


@pytest.mark.parametrize("other", ["doctor.md", "plan.md"])
def test_the_rights_of_the_other_pages_are_there(other: str) -> None:
    wanted = set(re.findall(r"`([a-z]+:[A-Z]\w+)`", (ROOT / "docs" / other).read_text(encoding="utf-8")))
    assert wanted
    assert {right for right in wanted if f'"{right}"' not in PAGE} == set()


def test_the_layer_that_is_published_is_the_one_that_the_functions_name(rendered: Target) -> None:
    (name,) = {layer for function in rendered.project.functions.values() for layer in function.layer_names}
    assert f"--layer-name {name} --code" in PAGE
    (runtime,) = {function.runtime for function in rendered.project.functions.values()}
    assert f"--compatible-runtime {runtime}" in PAGE


def test_the_second_policy_is_wide_enough_for_the_roles(rendered: Target) -> None:
    roles = {function.role for function in rendered.project.functions.values()}
    roles |= {trigger.invocation_role for function in rendered.project.functions.values() for trigger in function.triggers} - {""}
    assert all(":role/sightline-" in role for role in roles)
    assert '"acs:ram:*:*:role/sightline-*"' in PAGE


def test_every_variable_of_the_page_is_read_somewhere() -> None:
    sources = "".join(path.read_text() for path in [ROOT / "s.yaml", *(ROOT / "cli").rglob("*.py")])
    for name in set(re.findall(r"SIGHTLINE_[A-Z_]*[A-Z]", PAGE)):
        assert name in sources, name
