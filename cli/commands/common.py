"""What every verb has in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli import running
from cli.deployment import target
from cli.deployment.target import Target

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


cloud_option = click.option(
    "--cloud",
    is_flag=True,
    help="Act on the account of ALIBABA_CLOUD_ACCESS_KEY_ID and the SIGHTLINE_ variables, not on the laptop cloud.",
)


def target_of(data: Path | None, cloud: bool) -> Target:
    """The deployment that a verb acts on. Raises CommandError."""
    return target.cloud(os.environ) if cloud else target.laptop(running.require(data_folder(data)), os.environ)
