"""Whether a deployment is whole."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import click

from cli.commands.common import cloud_option, options, target_of
from cli.deployment.target import project_folder
from cli.doctor.checks import CHECKS
from cli.doctor.finding import State
from cli.doctor.runner import Examined, run
from cli.doctor.site import Site
from cli.errors import CommandError
from cli.output import Output


@click.command("doctor")
@options
@cloud_option
def doctor_command(data: Path | None, as_json: bool, cloud: bool) -> None:
    """Check everything that a deployment needs: each check passes, warns or fails, with the command that mends it.

    Exit code 1 where something fails; warnings are allowed.
    """
    output = Output(as_json)
    target = target_of(data, cloud)
    output.say(f"{target.place}:")
    with closing(Site.of(target, project_folder())) as site:
        examined = [_shown(output, one) for one in run(CHECKS, site)]
    output.result([_to_json(one) for one in examined])
    counts = Counter(one.finding.state for one in examined)
    output.say(", ".join(f"{counts[state]} {state.value}" for state in State if counts[state]))
    if counts[State.FAIL]:
        first = next(one for one in examined if one.finding.state is State.FAIL)
        problem = f"{counts[State.FAIL]} of {len(examined)} checks failed; the first: {first.check.name}: {first.finding.found}"
        raise CommandError(problem, first.finding.fix)


def _shown(output: Output, one: Examined) -> Examined:
    finding = one.finding
    output.say(f"{finding.state.value:8} {one.check.name:24} {finding.found}")
    if finding.fix:
        output.say(f"{'':33} -> {finding.fix}")
    return one


def _to_json(one: Examined) -> dict[str, str]:
    return {"check": one.check.name, "state": one.finding.state.value, "found": one.finding.found, "fix": one.finding.fix}
