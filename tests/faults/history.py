"""What happened, in order: the material of the invariants, and of the story that a violation is told in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


class Violation(Exception):
    """`invariant` is I1 to I7 of DESIGN.md; `keys` are the uploads that it is about."""

    def __init__(self, invariant: str, text: str, keys: Iterable[str] = ()) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
        self.keys = tuple(keys)


@dataclass(frozen=True)
class Happening:
    """`keys` are the uploads that it concerns, none for one that concerns all."""

    step: int
    text: str
    keys: tuple[str, ...]


@dataclass
class Job:
    """A job that the service accepted; `kind` is its name in the rules.

    `is_known` once the invocation that submitted it has written its name down, `is_excused` once a fault fell between the two. `read` is
    the content that was there when the service fetched it.
    """

    id: str
    name: str
    key: str
    generation: str
    invocation: str
    kind: str = "smarttag"
    is_known: bool = False
    is_excused: bool = False
    read: bytes | None = None


@dataclass
class History:
    happenings: list[Happening] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)
    """Key and generation of whatever a ledger called failed, refused or removed at some time."""
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often each point was met by each fault, `-` for none."""

    def add(self, step: int, text: str, keys: Iterable[str] = ()) -> None:
        self.happenings.append(Happening(step, text, tuple(keys)))

    def jobs_of(self, key: str, generation: str, kind: str = "") -> list[Job]:
        """Of one kind, or of all."""
        return [job for job in self.jobs.values() if (job.key, job.generation) == (key, generation) and kind in ("", job.kind)]

    def read_instead(self, key: str, generation: str) -> list[bytes]:
        """What jobs of this content read in its place: it was replaced when they fetched it, and is there again.

        The one thing that is not promised (docs/reliability.md): the bucket tells of the content that is there, not of what a job fetched.
        """
        return [job.read for job in self.jobs_of(key, generation) if job.read is not None]

    def unnamed_job_of(self, invocation: str) -> Job | None:
        """A job that this invocation has submitted, and told nobody of."""
        return next((job for job in self.jobs.values() if job.invocation == invocation and not job.is_known), None)

    def story(self, keys: Iterable[str]) -> str:
        """The steps that concern these uploads."""
        wanted = set(keys)
        chosen = [each for each in self.happenings if not wanted or wanted & set(each.keys)]
        return "\n".join(f"  step {each.step:4}  {each.text}" for each in chosen)
