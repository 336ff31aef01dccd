"""What is wrong with s.yaml and template.yaml, before a deployment."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import click

from cli.check.finding import Finding, Level
from cli.check.run import check
from cli.check.stack import TEMPLATE
from cli.deployment.target import project_folder
from cli.errors import NOT_FOUND, CommandError
from cli.output import Output


@click.command("check")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="The project file (./s.yaml, else the checkout's)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def check_command(file: Path | None, as_json: bool) -> None:
    """Check a project file of Serverless Devs, offline: more than `s verify` does, for any functions of fc3.

    A ROS template.yaml beside it is checked too. Each finding names the place, the problem and the fix. Exit code 1 where there is an
    error; warnings are allowed.
    """
    file = file or _usual()
    if not file.is_file():
        raise CommandError(f"there is no {file}", "name the project file with --file", NOT_FOUND)
    output = Output(as_json)
    findings = check(file, os.environ)
    for where, finding in findings:
        output.say(f"{finding.level.value}: {_said(where, finding)}\n  -> {finding.fix}")
    output.result([_to_json(where, finding) for where, finding in findings])
    counts = Counter(finding.level for _, finding in findings)
    template = f" and {TEMPLATE}" if file.with_name(TEMPLATE).is_file() else ""
    output.say(f"{file}{template}: {_count(counts, Level.ERROR)}, {_count(counts, Level.WARNING)}")
    if counts[Level.ERROR]:
        where, first = findings[0]
        raise CommandError(f"{_count(counts, Level.ERROR)}; the first: {_said(where, first)}", first.fix)


def _said(where: Path, finding: Finding) -> str:
    return f"{where}: {finding.place or 'the file'}: {finding.problem}"


def _usual() -> Path:
    here = Path("s.yaml")
    return here if here.is_file() else project_folder() / "s.yaml"


def _count(counts: Counter[Level], level: Level) -> str:
    return f"{counts[level]} {level.value}{'' if counts[level] == 1 else 's'}"


def _to_json(file: Path, finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "file": str(file), "path": finding.place, "problem": finding.problem, "fix": finding.fix}
