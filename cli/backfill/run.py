"""Object after object, from where the last run ended to the end.

One at a time: what follows a copy takes its turn in the waiting line of the pipeline, where two jobs run side by side and not two hundred.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cli.backfill.plan import Plan, Planner
from cli.backfill.problems import ObjectChanged, ObjectRefused, Unavailable
from cli.backfill.report import Tally
from cli.backfill.source import Found, Source, folder_of, in_order, is_manifest
from cli.errors import CommandError
from cli.resume import Progress

# After an answer that says "not now", beyond the attempts that the clients make by themselves: about four minutes together.
PAUSES = (1.0, 4.0, 15.0, 60.0, 160.0)
# Of an object that is replaced again and again while it is read.
MOST_CHANGES = 5

_Argument = TypeVar("_Argument")
_Answer = TypeVar("_Answer")


def _show_nothing(_tally: Tally) -> None:
    """Nobody looks."""


@dataclass
class Backfill:
    """`act` carries out a plan to copy or to submit; `limit` is how often at most, None for no limit."""

    source: Source
    planner: Planner
    act: Callable[[Found, Plan], None]
    progress: Progress
    limit: int | None = None
    show: Callable[[Tally], None] = _show_nothing
    sleep: Callable[[float], None] = time.sleep
    tally: Tally = field(default_factory=Tally)

    def run(self) -> None:
        """Raises CommandError where it can't go on; the progress is kept then, and when it is interrupted."""
        try:
            for key in list(self.progress.failed):
                if self._is_enough():
                    return
                self._take(key, None)
            for found, after in in_order(self._listed(), self.progress.after):
                if self._is_enough():
                    return
                self._take(found.key, found)
                self.progress.reach(after)
            self.tally.is_complete = True
        finally:
            self.progress.save()

    def _is_enough(self) -> bool:
        return self.limit is not None and self.tally.acted >= self.limit

    def _listed(self) -> Iterator[Found]:
        """The listing, taken up where it broke off."""
        after, broken = self.progress.after, 0
        while True:
            try:
                for found in self.source.objects(after):
                    after, broken = found.key, 0
                    yield found
                return
            except Unavailable as error:
                self._pause(broken, error)
                broken += 1

    def _take(self, key: str, found: Found | None) -> None:
        plan = self._attend(key, found)
        self.tally.add(plan)
        self.progress.failed.pop(key, None)
        if plan.action == "failed":
            self.progress.failed[key] = plan.reason
        self.show(self.tally)

    def _attend(self, key: str, found: Found | None) -> Plan:
        """What was done with the object as it is now, which may be another than was `found`."""
        answer = ""
        for _ in range(MOST_CHANGES):
            try:
                found = found or self._patiently(self.source.find, key)
                return Plan("gone", key) if found is None else self._patiently(self._once, found)
            except ObjectChanged as error:
                found, answer = None, str(error)
            except ObjectRefused as error:
                return Plan("failed", key, reason=str(error))
        return Plan("failed", key, reason=f"it kept changing while it was read; the last answer was {answer}")

    def _once(self, found: Found) -> Plan:
        plan = self.planner.plan(found)
        if plan.action == "copy" and is_manifest(found.key) and self._is_spoiled(found.key):
            return replace(plan, action="failed", kind=None, reason="an image beside it could not be brought")
        if plan.action in ("copy", "submit"):
            self.act(found, plan)
        return plan

    def _is_spoiled(self, manifest: str) -> bool:
        return any(key != manifest and key.startswith(folder_of(manifest)) for key in self.progress.failed)

    def _patiently(self, call: Callable[[_Argument], _Answer], argument: _Argument) -> _Answer:
        broken = 0
        while True:
            try:
                return call(argument)
            except Unavailable as error:
                self._pause(broken, error)
                broken += 1

    def _pause(self, broken: int, error: Unavailable) -> None:
        if broken >= len(PAUSES):
            raise CommandError(str(error), "nothing is lost: the same command goes on there once it answers") from error
        self.tally.waits_for = str(error)
        self.show(self.tally)
        self.sleep(PAUSES[broken] * random.uniform(0.5, 1.0))
        self.tally.waits_for = ""
