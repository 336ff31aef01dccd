"""docs/doctor.md lists every check, as the code describes it."""

from __future__ import annotations

from pathlib import Path

from cli.doctor.checks import CHECKS

PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"
HEAD = "| check | passes where | needs |\n|---|---|---|\n"


def test_the_page_ends_with_the_checks() -> None:
    rows = [f"| {one.name} | {one.says} | {', '.join(need.name for need in one.needs)} |\n" for one in CHECKS]
    table = HEAD + "".join(rows)
    assert PAGE.read_text(encoding="utf-8").endswith(table), f"it has to end with:\n{table}"
