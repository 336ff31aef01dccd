"""Intelligent production: have a function make something of a film or a sound."""

from __future__ import annotations

from pathlib import Path

import click

from cli.commands.common import cloud_option, options, target_of
from cli.deployment.target import Target
from cli.errors import USAGE, CommandError, of_refusal
from cli.output import Output
from cli.parameters import pairs
from cli.produce.order import Words, folder_of, order
from cli.produce.run import Run, scratch_name
from cli.scratch import Scratch
from sightline.errors import ServiceRefused
from sightline.ims.production.client import ProductionClient
from sightline.ims.production.parameters import FUNCTIONS, LEAST_PRIORITY, MOST_PRIORITY


@click.command("produce")
@options
@cloud_option
@click.argument("function", type=click.Choice(list(FUNCTIONS)), metavar="FUNCTION")
@click.argument("source", metavar="INPUT", default="")
@click.argument("place", metavar="[OUTPUT]", required=False)
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the function; may be given for each.")
@click.option("--name", default="", help="The job's, at most 100 characters.")
@click.option(
    "--priority", type=click.IntRange(LEAST_PRIORITY, MOST_PRIORITY), help="The job's; the documents contradict each other on it."
)
@click.option("--pipeline", default="", metavar="ID", help="The pipeline; the service's default one without it.")
@click.option("--model", default="", metavar="ID", help="Another model than the function's default; VideoDetext alone has one.")
@click.option("--job", default="", metavar="ID", help="Look at a job of an earlier command; only a folder to download into may follow.")
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
    job: str,
    wait: bool,
    timeout: float,
) -> None:
    """Have FUNCTION make something of INPUT, and leave it at OUTPUT (docs/production.md lists the fifteen).

    INPUT is a file, which is uploaded for the job alone, an oss:// or https:// address of an object, or the id of a media asset. OUTPUT is
    an oss:// address, a name with placeholders or a folder that ends in a slash, or a folder of this machine to download into.
    """
    words = Words(function, source, place, pairs("--param", given), name, priority, model)
    folder = _folder_of_earlier(words, pipeline) if job else None
    target, output = target_of(data, cloud), Output(as_json)
    client = ProductionClient(target.ims(), pipeline)
    try:
        if job:
            run = Run(client, function, folder, Scratch.of_job(target, scratch_name(job)), output)
            run.look(job, timeout if wait else 0, must_be_over=wait)
        else:
            _submitted(client, target, words, output, timeout, wait)
    except ServiceRefused as error:
        raise of_refusal(error) from error


def _submitted(client: ProductionClient, target: Target, words: Words, output: Output, timeout: float, wait: bool) -> None:
    scratch = Scratch.of(target)
    ordered = order(target, words, scratch)
    run = Run(client, words.function, ordered.folder, scratch, output)
    job_id = run.submit(ordered)
    if wait or words.place is None or ordered.folder:
        run.look(job_id, timeout, must_be_over=True)
    else:
        run.leave(job_id, ordered)


def _folder_of_earlier(words: Words, pipeline: str) -> Path | None:
    """Of an earlier job nothing is left to be said but where to download to: the word that is INPUT of a new one. Raises CommandError."""
    ordered = words.place or words.parameters or words.name or words.priority or words.model or pipeline
    if ordered or "://" in words.source:
        fix = "give --job with a folder to download into, --wait and --timeout alone"
        raise CommandError("an earlier job has all that it needs", fix, USAGE)
    return folder_of(words.source) if words.source else None
