"""What a deploy would change, and what a month costs."""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from cli.commands.common import Command, cloud_option, options, target_of
from cli.deployment.target import Target, rendered
from cli.errors import USAGE, WOULD_CHANGE, CommandError
from cli.output import Output
from cli.plan.changes import would_change
from cli.plan.deploy import deploy_changes
from cli.plan.estimate import Estimate
from cli.plan.load import Load
from cli.plan.report import changes_json, cost_json, show_changes, show_cost
from cli.price_file import prices_of, template, template_json
from sightline.credentials import Credentials

MOST = 10**9


def number(text: object) -> Decimal:
    """Not negative, and with as many places as anybody gives it."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise click.BadParameter(f"{text} is no number from 0 to {MOST:,}")
    return amount


def share(text: object) -> Decimal:
    amount = number(text)
    if amount > 1:
        raise click.BadParameter(f"{text} is more than 1, which is all of them")
    return amount


AMOUNTS = {
    "uploads_per_day": "Media a day; without it no cost is shown.",
    "video_minutes": "The length of a video.",
    "video_megabytes": "Its size.",
    "image_megabytes": "The size of an image.",
    "derived_megabytes": "The size of each file that a job makes, such as a cover.",
    "searches_per_day": "",
    "hits_per_search": "Each is shown with a picture.",
    "views_per_search": "Media that are then watched, in whole.",
    "thumbnail_kilobytes": "The size of such a picture.",
    "request_milliseconds": "What a function waits for one request, in the cloud.",
    "index_seconds": "What `collect` waits for an index job, in the cloud.",
}
DEFAULTS = {one.name: one.default for one in fields(Load)}


def load_options(command: Command) -> Command:
    for name, said in reversed(AMOUNTS.items()):
        default = None if name == "uploads_per_day" else DEFAULTS[name]
        command = click.option(f"--{name.replace('_', '-')}", type=number, default=default, show_default=default is not None, help=said)(
            command
        )
    for option in (
        click.option("--video-share", type=share, default=DEFAULTS["video_share"], show_default=True, help="From 0 to 1; images else."),
        click.option("--retention-days", type=click.IntRange(1), default=DEFAULTS["retention_days"], show_default=True, help="Of media."),
        click.option("--log-days", type=click.IntRange(1), default=DEFAULTS["log_days"], show_default=True, help="How long logs are kept."),
        click.option(
            "--analysis",
            type=click.Choice(["minutes", "jobs", "orders"]),
            default=DEFAULTS["analysis"],
            show_default=True,
            help="What smart tags are paid by.",
        ),
        click.option(
            "--production",
            type=click.Choice(["jobs", "minutes"]),
            default=DEFAULTS["production"],
            show_default=True,
            help="What production jobs are paid by.",
        ),
    ):
        command = option(command)
    return command


@click.command("plan")
@options
@cloud_option
@click.option("--offline", is_flag=True, help="The cost alone; ask no service.")
@click.option(
    "--exit-code", "tell", is_flag=True, help=f"Exit with {WOULD_CHANGE} where a deploy would change something, or that can't be known."
)
@click.option("--prices", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A file with prices (SIGHTLINE_PRICES).")
@click.option("--prices-days", type=click.IntRange(0), default=180, show_default=True, help="Warn of prices that are older.")
@click.option("--price-template", is_flag=True, help="Print an empty file of prices, and end.")
@load_options
def plan_command(
    data: Path | None,
    as_json: bool,
    cloud: bool,
    offline: bool,
    tell: bool,
    prices: Path | None,
    prices_days: int,
    price_template: bool,
    **load: Any,
) -> None:
    """What a deploy would change, and what a month costs at --uploads-per-day."""
    output = Output(as_json)
    if price_template:
        output.say("\n".join(template()))
        output.result(template_json())
        return
    asked = load["uploads_per_day"] is not None
    if offline and (cloud or tell or not asked):
        raise CommandError("--offline shows the cost alone", "pass --uploads-per-day with it, and neither --cloud nor --exit-code", USAGE)
    where = _target(data, cloud=cloud, offline=offline)
    priced = prices_of(where.variables, prices)
    changes = [] if offline else deploy_changes(where)
    today = datetime.now(timezone.utc).date()
    estimate = Estimate.of(Load(**load), where.project, priced) if asked else None
    output.result({**({} if offline else changes_json(changes)), "cost": estimate and cost_json(estimate, today, prices_days)})
    if not offline:
        show_changes(output, where.place, changes, how="`sightline up`, started again," if where.is_laptop else "`s deploy`")
    if estimate:
        show_cost(output, estimate, today, prices_days)
    else:
        output.say("pass --uploads-per-day to see what a month costs")
    if tell and would_change(changes):
        click.get_current_context().exit(WOULD_CHANGE)


def _target(data: Path | None, *, cloud: bool, offline: bool) -> Target:
    """Offline nothing is asked, so nobody's keys are needed."""
    return rendered(os.environ, Credentials("", ""), is_laptop=False) if offline else target_of(data, cloud)
