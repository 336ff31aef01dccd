"""Rules: are they good, and what would an upload get?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from cli import journal, running
from cli.commands.common import cloud_option, data_folder, options, target_of
from cli.deployment.target import Target, rendered
from cli.errors import FAILED, USAGE, CommandError
from cli.output import Output
from cli.price_file import prices_of
from cli.rules import explain as explaining
from cli.rules import source
from cli.rules.check import check
from cli.rules.report import show_check, show_explained
from sightline import settings
from sightline.credentials import Credentials
from sightline.errors import BadSetting
from sightline.settings import Settings
from sightline.store.oss import OssBucket

file_type = click.Path(path_type=Path, dir_okay=False)


@click.group("rules")
def rules() -> None:
    """Which jobs uploads get (docs/rules.md)."""


@rules.command("check")
@options
@click.argument("file", required=False, type=file_type)
def check_command(data: Path | None, as_json: bool, file: Path | None) -> None:  # noqa: ARG001 - every verb has --data
    """Is anything wrong with the rules in FILE, else in SIGHTLINE_RULES_FILE, else in the layer?"""
    output = Output(as_json)
    found = source.read(file, os.environ.get(source.SETTING, ""))
    findings = check(found.rules)
    output.result({"file": str(found.file), "rules": len(found.rules.rules), "findings": [finding.to_json() for finding in findings]})
    show_check(output, found, findings)
    wrong = sum(finding.is_wrong for finding in findings)
    if wrong:
        raise CommandError(f"{wrong} jobs of these rules would fail", "mend them: each is named above with its fix", FAILED)


@rules.command("explain")
@options
@cloud_option
@click.argument("key")
@click.option("--size", type=click.IntRange(0), help="Bytes, of an upload that is not there yet.")
@click.option("--duration", type=click.FloatRange(0), help="Seconds, of a film or a sound that is not there yet.")
@click.option("--rules", "file", type=file_type, default=None, help="Other rules than those of the deployment.")
@click.option("--prices", type=file_type, default=None, help="A file with prices (SIGHTLINE_PRICES).")
@click.option("--offline", is_flag=True, help="Ask no service; needs --size.")
def explain_command(
    data: Path | None,
    as_json: bool,
    cloud: bool,
    key: str,
    size: int | None,
    duration: float | None,
    file: Path | None,
    prices: Path | None,
    offline: bool,
) -> None:
    """What would an upload at KEY get, why, and what would it cost?"""
    if offline and (cloud or size is None):
        raise CommandError("--offline asks no service", "pass --size with it, and no --cloud", USAGE)
    target = rendered(os.environ, Credentials("", ""), is_laptop=False) if offline else target_of(data, cloud)
    chosen = _settings(target, data, is_offline=offline)
    found = source.read(file, chosen.rules_file)
    upload = explaining.Upload(key, size, duration)
    explained = explaining.explain(upload, None if offline else _media_bucket(target), found, chosen, prices_of(target.variables, prices))
    output = Output(as_json)
    output.result({"file": str(found.file), **explained.to_json()})
    show_explained(output, found, explained)


def _settings(target: Target, data: Path | None, *, is_offline: bool) -> Settings:
    """Those that a laptop's functions run with, and else those that `s deploy` would give them. Raises CommandError."""
    if target.is_laptop:
        told = {**target.settings, **journal.environment_of(running.require(data_folder(data)), "submit")}
    else:
        # What `provision` makes, a deployment that nobody asks need not have.
        told = {**target.settings, **({"SMARTTAG_TEMPLATE_ID": "none"} if is_offline else {})}
    try:
        return settings.from_environment(told)
    except BadSetting as error:
        raise CommandError(f"{error.field} {error.problem}", error.fix, USAGE) from error


def _media_bucket(target: Target) -> OssBucket:
    return OssBucket(target.host, lambda: target.credentials, target.region, target.endpoints.oss, target.names.media_bucket)
