"""README.md is held to what there is."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
README = (HERE / "README.md").read_text()


def test_each_of_the_65_faults_has_its_row() -> None:
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)] == list(range(1, 66))


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`([a-z0-9_/]+\.py)::(\w+)`", README)
    assert len(named) > 65
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in _read(file)]
    assert not missing


def test_every_row_names_a_test_or_a_reason() -> None:
    rows = re.findall(r"^\| (\d+) \|[^|]*\|(.*)\|$", README, re.MULTILINE)
    assert all("::" in says or says.strip().endswith(".") for _, says in rows)


def test_every_file_of_the_harness_is_described() -> None:
    described = set(re.findall(r"`(\w+\.py)`", README))
    assert {file.name for file in HERE.glob("*.py") if not file.name.startswith(("test_", "conftest"))} <= described


def _read(file: str) -> str:
    path = ROOT / file if file.startswith("tests/") else HERE / file
    return path.read_text() if path.is_file() else ""
