"""A command line that can't be meant is told with the field, and with where to look."""

from __future__ import annotations

import pytest

from cli.main import run


@pytest.mark.parametrize(
    ("arguments", "problem", "fix"),
    [
        (["reindex"], "reindex what?", "one of --all, --missing and --failed"),
        (["reindex", "--all", "--failed"], "reindex what?", "one of --all, --missing and --failed"),
        (["reindex", "a key", "--all"], "reindex what?", "one of --all, --missing and --failed"),
        (["reindex", "--all", "--rate", "nan"], "--rate", "see `sightline reindex --help`"),
        (["backfill", "s3://bucket", "--rate", "inf"], "--rate", "see `sightline backfill --help`"),
        (["backfill", "s3://bucket", "--rate", "1e-300"], "--rate", "see `sightline backfill --help`"),
        (["backfill", "s3://bucket", "--limit", "0"], "--limit", "see `sightline backfill --help`"),
        (["dead", "show"], "LETTER", "see `sightline dead show --help`"),
        (["frobnicate"], "No such command", "see `sightline --help`"),
    ],
)
def test_it_is_told_in_two_lines(arguments: list[str], problem: str, fix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert problem in first
    assert fix in second


@pytest.mark.parametrize("group", ["dead", "models"])
def test_a_group_without_a_verb_shows_its_verbs(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group]) == 2
    assert capsys.readouterr().err.startswith(f"Usage: sightline {group}")
