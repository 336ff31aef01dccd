"""What the functions need, made where it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from cli.commands.common import cloud_option, options, target_of
from cli.deployment.target import Target
from cli.errors import CommandError
from cli.output import Output
from cli.provision.report import Provisioned
from cli.provision.run import provision
from cli.provision.wanted import CHANGEABLE, LEVELS, Changeable, from_variables


@click.command("provision")
@options
@cloud_option
@click.option("--dry-run", is_flag=True, help="Make nothing, and say what would be made.")
@click.option("--level", type=click.Choice(LEVELS), help="The index's (SIGHTLINE_INDEX_LEVEL); all but Shared are paid for by the month.")
@click.option("--people", metavar="LIBRARY", help="Have jobs call the people of this library by name (SIGHTLINE_PEOPLE_LIBRARY).")
@click.option("--pets", metavar="LIBRARY", help="Have jobs call the pets of this library by name (SIGHTLINE_PET_LIBRARY).")
@click.option("--pipeline", metavar="ID|NAME", help="The pipeline of the jobs; one of that name is made if there is none.")
@click.option(
    "--change", multiple=True, type=click.Choice(CHANGEABLE), help="Change what is there already in another shape; may be given for each."
)
def provision_command(
    data: Path | None,
    as_json: bool,
    cloud: bool,
    dry_run: bool,
    level: str | None,
    people: str | None,
    pets: str | None,
    pipeline: str | None,
    change: tuple[str, ...],
) -> None:
    """Make what is missing of what the functions need: template, recognition libraries, search library, index, callback.

    Running it again makes nothing twice. Nothing is deleted, and nothing that is there is changed unless --change names it.
    """
    target = target_of(data, cloud)
    given = {"level": level, "people": people, "pets": pets, "pipeline": pipeline}
    chosen = frozenset(cast(Changeable, name) for name in change)
    wanted = replace(from_variables(target.variables), change=chosen, dry_run=dry_run, **{name: it for name, it in given.items() if it})
    made = provision(target, wanted)
    output = Output(as_json)
    output.result({"target": target.place, "dry_run": dry_run, **made.to_json()})
    show(output, target, made, dry_run)
    if made.missing:
        first = made.missing[0]
        nothing = "" if made.acted else "; nothing was made"
        raise CommandError(f"{first.kind} {first.name} is missing{nothing}", first.fix)


def show(output: Output, target: Target, made: Provisioned, dry_run: bool) -> None:
    output.say(f"in {target.place}\n")
    output.table(("", "what", "name", ""), [(item.outcome, item.kind, item.name, item.note) for item in made.items])
    for item in made.to_mend:
        output.say(f"\n{item.kind} {item.name}: {item.note}\n  {item.fix}")
    if made.missing:
        return
    told = (target.settings.get("SMARTTAG_TEMPLATE_ID"), target.settings.get("SMARTTAG_PIPELINE_ID"))
    if made.variables and told == (made.template_id, made.pipeline_id):
        output.say("\nSIGHTLINE_TEMPLATE_ID and SIGHTLINE_PIPELINE_ID name these already")
    elif made.variables and not target.is_laptop:
        shown = " ".join(f"{name}={value}" for name, value in made.variables.items())
        output.say(f"\nbefore `s deploy` (or in the .env beside s.yaml):\n  export {shown}")
    elif made.variables and not dry_run:
        output.say("\nthe functions go on with the template and the pipeline that they have; `sightline up`, started again, chooses anew")
