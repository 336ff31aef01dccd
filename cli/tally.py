"""What the counts of the long commands have in common: their words, and how failures are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from cli.meter import meter
from cli.output import Output
from cli.patience import Patience
from sightline.untrusted import plain

MOST_SHOWN = 20


class Tally(Protocol):
    """`words` are for the line of progress."""

    seen: int
    waits_for: str

    @property
    def words(self) -> str: ...


def show_nothing(_tally: Tally) -> None:
    """Nobody looks."""


def counted(parts: Mapping[str, int], waits_for: str) -> str:
    """The counts that are not 0, and what is waited for just now."""
    counts = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count)
    return f"{counts}; waiting: {waits_for}" if waits_for else counts


def show_failed(output: Output, failed: Mapping[str, str]) -> None:
    """The first of them with their reasons, both of which others may have written."""
    for name, reason in list(failed.items())[:MOST_SHOWN]:
        output.say(f"  failed: {plain(name)}: {plain(reason)}")
    if len(failed) > MOST_SHOWN:
        output.say(f"  and {len(failed) - MOST_SHOWN:,} more failed; --json names each")


@contextmanager
def shown(output: Output, tally: Tally, total: Callable[[], int]) -> Iterator[tuple[Callable[[Tally], None], Patience]]:
    """How to show a tally while work goes on, and a patience that tells why it waits; `total` is how much there is to do.

    Of work that is interrupted it says how to go on.
    """
    with meter(output, total) as step:

        def show(now: Tally) -> None:
            step(now.seen, now.words)

        def wait(reason: str) -> None:
            tally.waits_for = reason
            show(tally)

        try:
            yield show, Patience(wait)
        except KeyboardInterrupt:
            output.say(f"stopped; {tally.words or 'nothing was changed'}; the same command goes on there")
            raise
