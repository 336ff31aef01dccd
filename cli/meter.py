"""How far a long command is, and how long it will take: a bar on a terminal, a line now and then otherwise, nothing for programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.output import Output
from sightline.untrusted import plain

LINE_EVERY_SECONDS = 5.0

Show = Callable[[int, str], None]
"""Takes how many are done, and a few words."""


@contextmanager
def meter(output: Output, total: Callable[[], int], monotonic: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """`total` is asked only where somebody looks: counting costs a listing."""
    if output.as_json:
        yield _say_nothing
    elif output.console.is_terminal:
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[words]}", markup=False))
        with Progress(*columns, console=output.console) as bar:
            task = bar.add_task("", total=total(), words="")
            yield lambda done, words: bar.update(task, completed=done, words=plain(words))
    else:
        yield _Lines(output, total(), monotonic)


def _say_nothing(_done: int, _words: str) -> None:
    """Programs read the end."""


class _Lines:
    def __init__(self, output: Output, total: int, monotonic: Callable[[], float]) -> None:
        self._output = output
        self._total = total
        self._monotonic = monotonic
        self._start = self._said = monotonic()

    def __call__(self, done: int, words: str) -> None:
        now = self._monotonic()
        if now - self._said >= LINE_EVERY_SECONDS:
            self._said = now
            rate = done / (now - self._start)
            left = f", {spoken_seconds((self._total - done) / rate)} left" if rate and done <= self._total else ""
            self._output.say(f"{done:,} of {self._total:,}, {rate:.1f} a second{left}; {words}")


def spoken_seconds(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
