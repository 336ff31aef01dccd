"""What is in a bucket already, brought to the pipeline."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click

from cli import running
from cli.backfill.address import Address
from cli.backfill.assemble import Assembly, Order, count_of, first_look
from cli.backfill.report import Tally, show
from cli.backfill.target import Target
from cli.clients import Clients
from cli.commands.common import data_folder, options
from cli.commands.long import RATE, kept_progress, say_where
from cli.errors import FAILED, CommandError
from cli.output import Output
from cli.patience import Unavailable
from cli.price_file import prices_of
from cli.resume import Progress
from cli.tally import shown


@click.command()
@options
@click.argument("address", metavar="oss://BUCKET/FOLDER|s3://BUCKET/FOLDER")
@click.option("--namespace", default=None, help="Who may find them. Else the first folder below FOLDER is the namespace.")
@click.option("--device", default=None, help="The camera's name. Else the second folder is the device.")
@click.option("--endpoint-url", default=None, help="Where an S3-compatible service answers; Amazon's own when left out.")
@click.option("--dry-run", is_flag=True, help="Write nothing: count objects, jobs, refusals, bytes and cost.")
@click.option("--rate", type=RATE, default=20.0, show_default=True, help="Objects a second at most.")
@click.option("--restart", is_flag=True, help="Begin at the first object, wherever an earlier run ended.")
@click.option("--limit", type=click.IntRange(1), default=None, help="End after this many copies and submissions.")
def backfill(
    data: Path | None,
    as_json: bool,
    address: str,
    namespace: str | None,
    device: str | None,
    endpoint_url: str | None,
    dry_run: bool,
    rate: float,
    restart: bool,
    limit: int | None,
) -> None:
    """Bring what a bucket has already; ended in the middle, the same command goes on there."""
    output, priced = Output(as_json), prices_of(os.environ)
    clients = Clients.of(running.require(data_folder(data)))
    order = Order(Address.parse(address), namespace, device, endpoint_url, rate, limit, dry_run)
    assembly = Assembly(clients, order)
    with kept_progress(Path(clients.running.data) / "backfill", assembly.name, restart, keep=not dry_run) as progress:
        tally = _run(clients, assembly, progress, output)
        document = {"source": str(order.source), "target": assembly.target, "dry_run": dry_run, **tally.to_json()}
        output.result({**document, "cost": priced.estimate(tally.jobs).to_json()} if dry_run else document)
        show(output, tally, dry_run, priced)
    _judge(tally, dry_run)


def _run(clients: Clients, assembly: Assembly, progress: Progress, output: Output) -> Tally:
    source, target = assembly.source(), Target(clients.oss2_bucket(), progress)
    first_look(source, progress)
    say_where(output, progress)
    work = assembly.backfill(source, target, progress)
    with shown(output, work.tally, count_of(source, progress)) as (work.show, work.patience):
        work.run()
    if work.tally.is_complete:
        with suppress(Unavailable):  # else the next run takes them away
            target.abandon_uploads()
            progress.finish()
    return work.tally


def _judge(tally: Tally, dry_run: bool) -> None:
    if tally.failed:
        problem = f"{len(tally.failed):,} of {tally.seen:,} objects {'can' if dry_run else 'could'} not be brought"
        raise CommandError(problem, "mend what stands beside each key, and run the same command again", FAILED)
