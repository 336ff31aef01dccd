"""PAI's multimedia analysis: ask a model about an image, a video or a post."""

from __future__ import annotations

from pathlib import Path

import click

from cli.analyse.access import pai_client, refusals_told
from cli.analyse.call import Call, check_asked, earlier_job
from cli.analyse.run import Asked
from cli.commands.common import cloud_option, options, target_of
from cli.errors import USAGE, CommandError
from cli.output import Output
from cli.parameters import pairs
from cli.scratch import Scratch
from sightline.pai.services import SERVICES


@click.command("analyse")
@options
@cloud_option
@click.argument("name", type=click.Choice(list(SERVICES)), metavar="SERVICE")
@click.argument("given", nargs=-1, metavar="[URL|FILE]...")
@click.option("--config", "chosen", multiple=True, metavar="NAME=VALUE", help="A parameter of the service; may be given for each.")
@click.option("--text", default="", help="Of a post, for multimodal_classify.")
@click.option("--title", default="", help="Of a video, for classify_label_video.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file for a picture that is made.")
@click.option("--job", type=click.IntRange(0), metavar="ID", help="Look at a job of an earlier call.")
@click.option("--batch", type=click.IntRange(0), metavar="ID", help="Look at a batch of an earlier call.")
@click.option("--wait", is_flag=True, help="Stay until a job has ended; images are answered at once.")
@click.option("--timeout", type=click.FloatRange(0), default=600.0, show_default=True, help="Seconds to wait at most.")
def analyse_command(
    data: Path | None,
    as_json: bool,
    cloud: bool,
    name: str,
    given: tuple[str, ...],
    chosen: tuple[str, ...],
    text: str,
    title: str,
    to: Path | None,
    job: int | None,
    batch: int | None,
    wait: bool,
    timeout: float,
) -> None:
    """Ask SERVICE about an image, a video or a post (docs/production.md lists the services).

    A FILE is uploaded for the call alone; an oss:// address is lent by a signed one. Several videos make a batch.
    """
    asked = Asked(SERVICES[name], pairs("--config", chosen), text, title)
    earlier = earlier_job(asked, job, batch)
    if earlier:
        if given or chosen or text or title or to:
            raise CommandError("an earlier job has all that it needs", "give --job or --batch with --wait and --timeout alone", USAGE)
    else:
        check_asked(asked, given, to)
    target = target_of(data, cloud)
    pai = pai_client(target)
    scratch = Scratch.of_job(target, earlier.scratch_name) if earlier else Scratch.of(target)
    call = Call(pai, asked, scratch, Output(as_json))
    with refusals_told(target):
        if earlier:
            call.look(earlier, (), timeout if wait else 0, must_be_over=wait)
        elif asked.service.is_job:
            call.job(given, wait, timeout)
        else:
            call.image(given[0], to)
