"""What is to exist, beside what `s.yaml` names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from cli.errors import USAGE, CommandError

Changeable = Literal["template", "index", "pipeline", "callback"]
CHANGEABLE: tuple[Changeable, ...] = get_args(Changeable)
LEVELS = ("Shared", "S.large", "S.2xlarge", "S.4xlarge", "S.8xlarge", "S.16xlarge")
LONGEST_LIBRARY_NAME = 64
"""In bytes; CreateRecognitionLib, API reference."""


@dataclass(frozen=True)
class Wanted:
    """`level` is the index's, the service's own default where it is None. `people` and `pets` are names of recognition libraries.

    `pipeline` is an id or a name; where it is None, one is chosen. `change` names what may be changed although it is there already.
    """

    level: str | None = None
    people: str | None = None
    pets: str | None = None
    pipeline: str | None = None
    change: frozenset[Changeable] = frozenset()
    dry_run: bool = False

    def __post_init__(self) -> None:
        for variable, name in (("SIGHTLINE_PEOPLE_LIBRARY", self.people), ("SIGHTLINE_PET_LIBRARY", self.pets)):
            if name is not None and not 1 <= len(name.encode()) <= LONGEST_LIBRARY_NAME:
                raise CommandError(f"{variable} is no name of a library", f"give it 1 to {LONGEST_LIBRARY_NAME} bytes", USAGE)
        if self.level is not None and self.level not in LEVELS:
            raise CommandError(f"SIGHTLINE_INDEX_LEVEL is {self.level!r}", f"use one of {', '.join(LEVELS)}", USAGE)


def from_variables(variables: Mapping[str, str]) -> Wanted:
    """What the SIGHTLINE_ variables ask for. Raises CommandError."""
    level, people, pets = (variables.get(f"SIGHTLINE_{name}") or None for name in ("INDEX_LEVEL", "PEOPLE_LIBRARY", "PET_LIBRARY"))
    return Wanted(level, people, pets)
