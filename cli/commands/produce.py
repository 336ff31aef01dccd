"""Intelligent production: have a function make something of a film or a sound."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.common import cloud_option, options, target_of
from cli.output import Output
from cli.parameters import pairs
from cli.produce.order import Words, order
from cli.produce.run import Run
from cli.scratch import Scratch
from sightline.ims.production.client import ProductionClient
from sightline.ims.production.parameters import FUNCTIONS, LEAST_PRIORITY, MOST_PRIORITY


@click.command("produce")
@options
@cloud_option
@click.argument("function", type=click.Choice(list(FUNCTIONS)), metavar="FUNCTION")
@click.argument("source", metavar="INPUT")
@click.argument("place", metavar="[OUTPUT]", required=False)
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the function; may be given for each.")
@click.option("--name", default="", help="The job's, at most 100 characters.")
@click.option(
    "--priority", type=click.IntRange(LEAST_PRIORITY, MOST_PRIORITY), help="The job's; the documents contradict each other on it."
)
@click.option("--pipeline", default="", metavar="ID", help="The pipeline; the service's default one without it.")
@click.option("--model", default="", metavar="ID", help="Another model than the function's default; VideoDetext alone has one.")
@click.option("--wait", is_flag=True, help="Stay until the job has ended; so it is where OUTPUT is a folder, or nothing.")
@click.option("--timeout", type=click.FloatRange(0), default=3600.0, show_default=True, help="Seconds to wait at most.")
def produce_command(
    data: Path | None,
    as_json: bool,
    cloud: bool,
    function: str,
    source: str,
    place: str | None,
    given: tuple[str, ...],
    name: str,
    priority: int | None,
    pipeline: str,
    model: str,
    wait: bool,
    timeout: float,
) -> None:
    """Have FUNCTION make something of INPUT, and leave it at OUTPUT (docs/production.md lists the fifteen).

    INPUT is a file, which is uploaded for the job alone, an oss:// or https:// address of an object, or the id of a media asset. OUTPUT is
    an oss:// address, a name with placeholders or a folder that ends in a slash, or a folder of this machine to download into.
    """
    words = Words(function, source, place, pairs("--param", given), name, priority, model)
    target = target_of(data, cloud)
    scratch = Scratch.of(target)
    run = Run(ProductionClient(target.ims(), pipeline), order(target, words, scratch), scratch, Output(as_json))
    job_id = run.submit()
    if wait or place is None or run.order.folder:
        run.wait(job_id, timeout)
    else:
        run.leave(job_id)
