"""PAI's multimedia analysis: ask a model about an image, a video or a post."""

from __future__ import annotations

from pathlib import Path

import click

from cli.analyse.access import pai_client, refusals_told
from cli.analyse.inputs import check_count, check_file, lend
from cli.analyse.report import job_json, show, show_jobs, to_json, typed
from cli.analyse.run import Asked, follow, judge, look_at, submit
from cli.commands.common import cloud_option, options, target_of
from cli.errors import USAGE, CommandError
from cli.output import Output
from cli.parameters import pairs, wrong_ones_told
from cli.scratch import Scratch
from sightline.pai.client import PaiClient
from sightline.pai.services import SERVICES, check


@click.command("analyse")
@options
@cloud_option
@click.argument("name", type=click.Choice(list(SERVICES)), metavar="SERVICE")
@click.argument("given", nargs=-1, metavar="[URL|FILE]...")
@click.option("--config", "chosen", multiple=True, metavar="NAME=VALUE", help="A parameter of the service; may be given for each.")
@click.option("--text", default="", help="Of a post, for multimodal_classify.")
@click.option("--title", default="", help="Of a video, for classify_label_video.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file for a picture that is made.")
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
    wait: bool,
    timeout: float,
) -> None:
    """Ask SERVICE about an image, a video or a post (docs/production.md lists the services).

    A FILE is uploaded for the call alone; an oss:// address is lent by a signed one. Several videos make a batch.
    """
    asked = Asked(SERVICES[name], pairs("--config", chosen), text, title)
    with wrong_ones_told():
        check(name, asked.options)
    check_count(asked.service, given, text)
    if asked.service.makes_picture != (to is not None):
        problem = f"{name} makes a picture: where to?" if to is None else f"{name} makes no picture"
        raise CommandError(problem, "name a file with --to" if to is None else "leave --to out", USAGE)
    for each in given:
        check_file(asked.service, each)
    target = target_of(data, cloud)
    call = _Call(pai_client(target), asked, Scratch.of(target), Output(as_json))
    with refusals_told(target):
        if asked.service.is_job:
            call.job(given, wait, timeout)
        else:
            call.image(given[0], to)


class _Call:
    def __init__(self, pai: PaiClient, asked: Asked, scratch: Scratch, output: Output) -> None:
        self._pai = pai
        self._asked = asked
        self._scratch = scratch
        self._output = output

    def image(self, given: str, to: Path | None) -> None:
        try:
            with wrong_ones_told():
                found = look_at(self._pai, self._asked, lend(self._scratch.target, self._scratch, self._asked.service, given).url)
        finally:
            self._scratch.clear()
        if to:
            to.write_bytes(found)
        self._output.result(
            {"service": self._asked.service.name, "result": {"file": str(to), "bytes": len(found)} if to else to_json(found)}
        )
        if to:
            self._output.say(f"{to}: {len(found):,} bytes")
        else:
            show(self._output, found)

    def job(self, given: tuple[str, ...], wait: bool, timeout: float) -> None:
        """What was uploaded stays where the job goes on: it may not have been fetched yet."""
        inputs = [lend(self._scratch.target, self._scratch, self._asked.service, each) for each in given]
        with wrong_ones_told():
            submitted = submit(self._pai, self._asked, inputs)
        self._output.say(f"{submitted.name}: {self._asked.service.name}")
        if not wait:
            self._output.result({"service": self._asked.service.name, **submitted.to_json()})
            if self._scratch.is_used:
                self._output.say(self._scratch.told_to_stay)
            return
        followed = follow(self._pai, submitted, len(inputs), self._output, timeout)
        if followed.is_over:
            self._scratch.clear()
        said = typed(inputs)
        states = [{"state": step.state, "seconds": step.seconds} for step in followed.steps]
        jobs = [job_json(job, said) for job in followed.job]
        self._output.result({"service": self._asked.service.name, **submitted.to_json(), "states": states, "jobs": jobs})
        show_jobs(self._output, followed.job, said)
        judge(followed, submitted)
