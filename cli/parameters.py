"""Parameters of jobs on a command line: `--param name=value`, and what is said of a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cli.errors import USAGE, CommandError
from sightline.errors import BadInput


def pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    """Raises CommandError for what is no pair, and for a name that comes twice."""
    read: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise CommandError(f"{option} {text!r} is no pair", f"write {option} name=value", USAGE)
        if name in read:
            raise CommandError(f"{option} {name} is given twice", "give it once", USAGE)
        read[name] = value
    return read


@contextmanager
def wrong_ones_told() -> Iterator[None]:
    """What the layer finds wrong with an input is a wrong command line here. Raises CommandError."""
    try:
        yield
    except BadInput as error:
        raise CommandError(f"{error.field}: {error.problem}", error.fix, USAGE) from error
