"""What the long verbs have in common: they are resumed, and may be stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.output import Output
from cli.resume import Progress, progress_of
from sightline.untrusted import plain


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


@contextmanager
def told_when_stopped(output: Output, words: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.say(f"stopped; {words() or 'nothing was changed'}; the same command goes on there")
        raise
