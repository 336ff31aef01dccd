"""A command line that can't be meant is told with the field, and with where to look."""

from __future__ import annotations

from errno import ENOSPC, EROFS
from pathlib import Path

import pytest

from cli.errors import CommandError, of_file
from cli.main import run
from cli.up import told
from localcloud.identity import Keyring


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


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert run(["up", "--port", "0", "--data", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.splitlines()[1] == "  name another file, or another folder with --data"


def test_a_key_that_can_t_be_read_is_told_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("hidden")
    with pytest.raises(CommandError) as raised, told(tmp_path):
        Keyring.open(file)
    assert raised.value.problem == f"{file} holds no key that can be read"
    assert "remove it" in raised.value.fix


def test_only_a_full_disk_needs_room() -> None:
    assert of_file(OSError(ENOSPC, "full"), "here", "name another").fix == "make room, or name another"
    assert of_file(OSError(EROFS, "read-only"), "here", "name another").fix == "name another"
