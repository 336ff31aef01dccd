"""A call from its check to its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.analyse.inputs import Input, check_count, check_file, lend
from cli.analyse.report import Made, job_json, show, show_jobs, to_json, typed
from cli.analyse.run import Asked, Submitted, follow, judge, look_at, submit
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.following import told_how_to_go_on
from cli.output import Output
from cli.parameters import wrong_ones_told
from cli.scratch import Scratch
from sightline.pai.client import PaiClient
from sightline.pai.services import check


def earlier_job(asked: Asked, job: int | None, batch: int | None) -> Submitted | None:
    """What --job and --batch name, None where neither does. Raises CommandError."""
    if job is None and batch is None:
        return None
    if not asked.service.is_job or (job is not None and batch is not None):
        problem = "there is one of --job and --batch" if asked.service.is_job else f"{asked.service.name} has no jobs"
        raise CommandError(problem, "give --job or --batch for a service of videos or posts", USAGE)
    return Submitted(job, is_batch=False) if job is not None else Submitted(batch or 0, is_batch=True)


def check_asked(asked: Asked, given: tuple[str, ...], to: Path | None) -> None:
    """Before anything is uploaded. Raises CommandError."""
    name = asked.service.name
    with wrong_ones_told():
        check(name, asked.options)
    check_count(asked.service, given, asked.text)
    if asked.service.makes_picture != (to is not None):
        problem = f"{name} makes a picture: where to?" if to is None else f"{name} makes no picture"
        raise CommandError(problem, "name a file with --to" if to is None else "leave --to out", USAGE)
    if to is not None and not to.parent.is_dir():
        raise CommandError(f"there is no folder {to.parent}", "make it, or name another with --to", NOT_FOUND)
    for each in given:
        check_file(asked.service, each)


class Call:
    """One call of a service. Both raise CommandError and SightlineError."""

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
            to.write_bytes(found.content)
            found = Made(str(to), len(found.content), found.notes)
        self._output.result({"service": self._asked.service.name, "result": to_json(found)})
        show(self._output, found)

    def job(self, given: tuple[str, ...], wait: bool, timeout: float) -> None:
        """What was uploaded stays where the job goes on: it may not have been fetched yet."""
        with wrong_ones_told(), self._scratch.cleared_unless_begun():
            inputs = [lend(self._scratch.target, self._scratch, self._asked.service, each) for each in given]
            submitted = submit(self._pai, self._asked, inputs)
        self._scratch.lend_to(submitted.scratch_name)
        if wait:
            self._output.say(f"{submitted.name}: {self._asked.service.name}")
            self.look(submitted, inputs, timeout, must_be_over=True)
            return
        self._output.result({"service": self._asked.service.name, **submitted.to_json()})
        self._output.say(f"{submitted.name}; {self._later(submitted)} looks at it{self._scratch.told_to_go}")

    def look(self, submitted: Submitted, inputs: Sequence[Input], seconds: float, *, must_be_over: bool) -> None:
        begun = {"service": self._asked.service.name, **submitted.to_json()}
        with told_how_to_go_on(self._output, begun, self._later(submitted)):
            followed = follow(self._pai, submitted, len(inputs), self._output, seconds)
        if followed.is_over:
            self._scratch.clear()
        said = typed(inputs)
        states = [{"state": step.state, "seconds": step.seconds} for step in followed.steps]
        jobs = [job_json(job, said) for job in followed.job]
        self._output.result({**begun, "states": states, "jobs": jobs})
        show_jobs(self._output, followed.job, said)
        if followed.is_over or must_be_over:
            judge(followed, submitted, self._later(submitted))

    def _later(self, submitted: Submitted) -> str:
        return self._scratch.target.command("analyse", self._asked.service.name, *f"--{submitted.name}".split())
