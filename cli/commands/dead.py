"""Dead letters: records that no retry helped, and those that the sweep still tries."""

from __future__ import annotations

from pathlib import Path

import click

from cli import running
from cli.commands.common import data_folder, options
from cli.dead import DeadLetters, show, show_all
from cli.errors import CommandError
from cli.output import Output


@click.group()
def dead() -> None:
    """Events that failed: what was wrong, since when, and another try once it is mended."""


@dead.command("list")
@options
def dead_list(data: Path | None, as_json: bool) -> None:
    """What is dead, what the sweep tries again, and why."""
    letters = _open(data)
    show_all(Output(as_json), letters.all(), letters.waiting())


@dead.command("show")
@options
@click.argument("letter_id", metavar="LETTER")
def dead_show(data: Path | None, as_json: bool, letter_id: str) -> None:
    """One letter with its original event."""
    show(Output(as_json), _open(data).get(letter_id))


@dead.command("replay")
@options
@click.argument("ids", nargs=-1, metavar="[LETTER]...")
@click.option("--all", "everything", is_flag=True, help="Every letter.")
def dead_replay(data: Path | None, as_json: bool, ids: tuple[str, ...], everything: bool) -> None:
    """Invoke the function with the original event again; a letter goes once that went well. What is right already stays as it is."""
    output, letters = Output(as_json), _open(data)
    replayed = []
    for one in letters.replay(letters.chosen(ids, everything)):
        output.say(f"{one.letter.id}  {'done' if one.went_well else 'failed'}: {one.said}")
        replayed.append(one)
    output.result([one.to_json() for one in replayed])
    failed = [one for one in replayed if not one.went_well]
    if failed:
        problem = f"not done: {len(failed)} of {len(replayed)}; the first: {failed[0].said}"
        raise CommandError(problem, "mend the cause, and replay them again")
    output.say(f"replayed: {len(replayed)}")


@dead.command("drop")
@options
@click.argument("ids", nargs=-1, metavar="[LETTER]...")
@click.option("--all", "everything", is_flag=True, help="Every letter.")
def dead_drop(data: Path | None, as_json: bool, ids: tuple[str, ...], everything: bool) -> None:
    """Throw letters away: their events are not tried again."""
    output, letters = Output(as_json), _open(data)
    chosen = letters.chosen(ids, everything)
    for letter in chosen:
        letters.drop(letter)
    output.result({"dropped": [letter.id for letter in chosen]})
    output.say(f"dropped: {len(chosen)}")


def _open(data: Path | None) -> DeadLetters:
    return DeadLetters(running.require(data_folder(data)))
