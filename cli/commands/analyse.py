"""PAI's multimedia analysis: ask a model about an image, a video or a post."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cli.analyse.access import pai_client, refusals_told
from cli.analyse.inputs import Input, check_count, check_file, lend
from cli.analyse.report import job_json, show, show_jobs, to_json, typed
from cli.analyse.run import Asked, Submitted, follow, judge, look_at, submit
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
    earlier = _earlier(asked, job, batch)
    if earlier:
        if given or chosen or text or title or to:
            raise CommandError("an earlier job has all that it needs", "give --job or --batch with --wait and --timeout alone", USAGE)
    else:
        _check(asked, given, to)
    target = target_of(data, cloud)
    call = _Call(pai_client(target), asked, Scratch.of(target), Output(as_json))
    with refusals_told(target):
        if earlier:
            call.look(earlier, (), timeout if wait else 0, must_be_over=wait)
        elif asked.service.is_job:
            call.job(given, wait, timeout)
        else:
            call.image(given[0], to)


def _earlier(asked: Asked, job: int | None, batch: int | None) -> Submitted | None:
    if job is None and batch is None:
        return None
    if not asked.service.is_job or (job is not None and batch is not None):
        problem = "there is one of --job and --batch" if asked.service.is_job else f"{asked.service.name} has no jobs"
        raise CommandError(problem, "give --job or --batch for a service of videos or posts", USAGE)
    return Submitted(job, is_batch=False) if job is not None else Submitted(batch or 0, is_batch=True)


def _check(asked: Asked, given: tuple[str, ...], to: Path | None) -> None:
    """Before anything is uploaded. Raises CommandError."""
    name = asked.service.name
    with wrong_ones_told():
        check(name, asked.options)
    check_count(asked.service, given, asked.text)
    if asked.service.makes_picture != (to is not None):
        problem = f"{name} makes a picture: where to?" if to is None else f"{name} makes no picture"
        raise CommandError(problem, "name a file with --to" if to is None else "leave --to out", USAGE)
    for each in given:
        check_file(asked.service, each)


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
        if wait:
            self._output.say(f"{submitted.name}: {self._asked.service.name}")
            self.look(submitted, inputs, timeout, must_be_over=True)
            return
        self._output.result({"service": self._asked.service.name, **submitted.to_json()})
        self._output.say(f"{submitted.name}; `sightline analyse {self._asked.service.name} --{submitted.name}` looks at it")
        if self._scratch.is_used:
            self._output.say(self._scratch.told_to_stay)

    def look(self, submitted: Submitted, inputs: Sequence[Input], seconds: float, *, must_be_over: bool) -> None:
        followed = follow(self._pai, submitted, len(inputs), self._output, seconds)
        if followed.is_over:
            self._scratch.clear()
        said = typed(inputs)
        states = [{"state": step.state, "seconds": step.seconds} for step in followed.steps]
        jobs = [job_json(job, said) for job in followed.job]
        self._output.result({"service": self._asked.service.name, **submitted.to_json(), "states": states, "jobs": jobs})
        show_jobs(self._output, followed.job, said)
        if followed.is_over or must_be_over:
            judge(followed, submitted)
