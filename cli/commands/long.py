"""What the long verbs have in common: they are resumed, and may be stopped at any time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from cli.output import Output
from cli.resume import Progress, progress_of
from sightline.untrusted import plain


class _Rate(click.FloatRange):
    """Steps in a second; click takes a NaN for a number in any range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        rate: float = super().convert(value, param, ctx)
        return self.fail("nan is no number", param, ctx) if math.isnan(rate) else rate


RATE = _Rate(0.01, 10_000)


@contextmanager
def kept_progress(folder: Path, name: str, restart: bool, keep: bool = True) -> Iterator[Progress]:
    """The progress of an earlier run, unless the caller wants to `restart`. Where nothing is to be kept, one that begins anew."""
    if not keep:
        yield Progress(None, name)
        return
    with progress_of(folder, name) as progress:
        if restart:
            progress.restart()
        yield progress


def say_where(output: Output, progress: Progress) -> None:
    if progress.after:
        output.say(f"going on after {plain(progress.after)}; --restart begins at the first")
