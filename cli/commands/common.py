"""What every verb has in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli import running

Command = Callable[..., Any]


def options(command: Command) -> Command:
    """Adds --json and --data."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
        click.option("--data", type=click.Path(path_type=Path), default=None, help="The data folder (SIGHTLINE_DATA, else ./.sightline)."),
    ):
        command = option(command)
    return command


def data_folder(data: Path | None) -> Path:
    return data or running.default_data()
