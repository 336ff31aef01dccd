"""The README is held to what there is."""

from __future__ import annotations

import re
from pathlib import Path

import click

from cli.main import VERBS, cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `sightline")]
    named = {word for row in rows for word in re.findall(r"`(?:sightline )?([a-z]+)", row.split("|")[1])}
    assert named == set(VERBS)


def test_every_verb_of_make_that_is_named_exists_and_is_listed_by_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", README)) | {"setup", "test", "lint", "fix", "bench", "lock"}
    assert named <= listed


def test_the_first_screen_has_both_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:20])
    assert "make demo" in first_screen
    assert "make test" in first_screen


def test_files_and_folders_that_are_named_are_there() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"^\| `([a-z./]+/|[a-z]+\.yaml)`", README, re.MULTILINE):
        assert (ROOT / name).exists(), name


def test_exit_codes_are_the_same_in_the_help_and_the_readme() -> None:
    codes = re.search(r"Exit codes: (.*?)\.", README.replace("\n", " "))
    help_text = " ".join((cli.help or "").split())
    assert codes is not None
    assert codes.group(1) in help_text


def test_every_command_takes_json() -> None:
    verbs = [verb for name in VERBS if (verb := cli.get_command(click.Context(cli), name))]
    assert [verb.name for verb in verbs] == list(VERBS)
    commands = [verb for verb in verbs if not isinstance(verb, click.Group)]
    groups = [verb for verb in verbs if isinstance(verb, click.Group)]
    for command in [*commands, *(each for group in groups for each in group.commands.values())]:
        assert any("--json" in option.opts for option in command.params), command.name
