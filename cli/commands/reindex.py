"""What has been understood, put back into the search library."""

from __future__ import annotations

from pathlib import Path

import click

from cli import explain, running
from cli.clients import Clients
from cli.commands.common import data_folder, options
from cli.commands.long import RATE, kept_progress, say_where
from cli.deployed import pipeline_of
from cli.errors import FAILED, NOT_FOUND, USAGE, CommandError
from cli.output import Output
from cli.pace import Pace
from cli.reindex import Reindexed, Reindexing, reindex_one, show
from cli.resume import Progress
from cli.tally import shown
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.reindex import Wanted, media_ids


@click.command("reindex")
@options
@click.argument("name", metavar="[KEY|MEDIA_ID]", required=False)
@click.option("--all", "chosen", multiple=True, flag_value="all", help="Every media that was understood.")
@click.option("--missing", "chosen", multiple=True, flag_value="missing", help="Those that the search library lost.")
@click.option("--failed", "chosen", multiple=True, flag_value="failed", help="Those that the search library did not take.")
@click.option("--rate", type=RATE, default=20.0, show_default=True, help="Media a second at most.")
@click.option("--restart", is_flag=True, help="Begin at the first media, wherever an earlier run ended.")
def reindex_command(data: Path | None, as_json: bool, name: str | None, chosen: tuple[Wanted, ...], rate: float, restart: bool) -> None:
    """Put media back into the search library from what is stored of them; no new job is submitted."""
    if (name is not None) + len(set(chosen)) != 1:
        raise CommandError("reindex what?", "name one KEY, or one of --all, --missing and --failed", USAGE)
    output, clients = Output(as_json), Clients.of(running.require(data_folder(data)))
    pipeline = pipeline_of(clients.running)
    if not pipeline.library.exists():
        fix = "make it, or start `sightline up` again, which does; nothing was changed"
        raise CommandError(f"there is no search library {pipeline.settings.search_library}", fix, NOT_FOUND)
    if name is not None:
        tally = reindex_one(pipeline, _known(clients, name))
    else:
        with kept_progress(Path(clients.running.data) / "reindex", chosen[0], restart) as progress:
            tally = _run(pipeline, chosen[0], progress, Pace(rate), output)
    output.result(tally.to_json())
    show(output, tally)
    if tally.failed:
        raise CommandError(f"{len(tally.failed):,} media could not be indexed", "`sightline explain MEDIA_ID` shows why", FAILED)


def _known(clients: Clients, name: str) -> str:
    identity = explain.identity_of(clients, name)
    if clients.ledger().read(identity).story.stage == "unknown":
        raise CommandError(f"nothing is known of {name}", "give a key of the media bucket as it was uploaded, or a media id", NOT_FOUND)
    return identity


def _run(pipeline: Pipeline, wanted: Wanted, progress: Progress, pace: Pace, output: Output) -> Reindexed:
    say_where(output, progress)
    work = Reindexing(pipeline, wanted, progress, pace)
    with shown(output, work.tally, lambda: sum(1 for _ in media_ids(pipeline.state_bucket, progress.after))) as (work.show, work.patience):
        work.run()
    progress.finish()
    return work.tally
