"""Media: upload them, find them, and hear their story."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from cli import explain, finding, running, upload
from cli.clients import Clients
from cli.commands.common import data_folder, options
from cli.deployed import pipeline_of, why_refused
from cli.errors import FAILED, TOO_LATE, CommandError
from cli.follow import Arrival, follow
from cli.output import Output


@click.command("upload")
@options
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--namespace", default="default", show_default=True, help="Who may find it.")
@click.option("--device", default="camera", show_default=True, help="The camera's name.")
@click.option("--wait", is_flag=True, help="Stay until each media is searchable or has failed.")
@click.option("--timeout", type=click.FloatRange(0), default=600.0, show_default=True, help="Seconds to wait at most.")
def upload_command(
    data: Path | None, as_json: bool, paths: tuple[Path, ...], namespace: str, device: str, wait: bool, timeout: float
) -> None:
    """Upload files, folders, or image sequences (folders with a manifest.json)."""
    output = Output(as_json)
    clients = Clients.of(running.require(data_folder(data)))
    pipeline = pipeline_of(clients.running)
    plan = upload.plan(paths, namespace, device, partial(why_refused, pipeline))
    uploads = []
    for planned in plan.uploads:
        sent = upload.send(clients, planned)
        if planned.is_media:
            uploads.append(sent)
            output.say(f"{sent.media_id}  {sent.key}")
    upload.say_passed_over(output, plan.passed_over)
    passed_over = [item.to_json() for item in plan.passed_over]
    if not wait:
        output.result([*({"key": sent.key, "media_id": sent.media_id} for sent in uploads), *passed_over])
        return
    arrivals = follow(clients.ledger(), uploads, output, timeout)
    output.result([*(arrival.to_json() for arrival in arrivals), *passed_over])
    _judge(arrivals)


def _judge(arrivals: list[Arrival]) -> None:
    late = [arrival for arrival in arrivals if not arrival.story.is_final]
    if late:
        raise CommandError(f"{len(late)} media are still on their way", "`sightline explain KEY` shows where; nothing is lost", TOO_LATE)
    failed = [arrival for arrival in arrivals if not arrival.is_searchable]
    if failed:
        raise CommandError(
            f"{len(failed)} media did not become searchable: {failed[0].story.reason}",
            "`sightline explain KEY` tells more; mend what it names, and upload it again",
            FAILED,
        )


@click.command("search")
@options
@click.argument("text", default="")
@click.option("--similar", default="", metavar="KEY|MEDIA_ID", help="Near-duplicates of this media, instead of a sentence.")
@click.option("--min-quality", type=click.FloatRange(0, 100), help="Only media whose quality is known and at least this.")
@click.option("--tag", "tags", multiple=True, help="Only media with this tag; several must all be there.")
@click.option("--namespace", default="default", show_default=True)
@click.option("--page", default=1, show_default=True)
@click.option("--page-size", default=10, show_default=True)
def search_command(data: Path | None, as_json: bool, **asked: Any) -> None:
    """Find media with a sentence, or media that look like another."""
    state = running.require(data_folder(data))
    finding.show(Output(as_json), finding.search(state, finding.Question(**asked)))


@click.command("explain")
@options
@click.argument("name", metavar="KEY|MEDIA_ID")
def explain_command(data: Path | None, as_json: bool, name: str) -> None:
    """Everything that happened to a media: facts, its place in the waiting line, job, index, errors, dead letters."""
    clients = Clients.of(running.require(data_folder(data)))
    explain.show(Output(as_json), explain.explain(clients, name))
