"""Object after object, from where the last run ended to the end.

One at a time: what follows a copy takes its turn in the waiting line of the pipeline, where two jobs run side by side and not two hundred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cli.backfill.plan import Plan, Planner
from cli.backfill.problems import ObjectChanged, ObjectRefused
from cli.backfill.report import Tally
from cli.backfill.source import Found, Source, folder_of, in_order, is_manifest
from cli.patience import GivenUp, Patience
from cli.resume import Progress
from cli.tally import show_nothing

# Of an object that is replaced again and again while it is read.
MOST_CHANGES = 5


@dataclass
class Backfill:
    """`act` carries out a plan to copy or to submit; `limit` is how often at most, None for no limit."""

    source: Source
    planner: Planner
    act: Callable[[Found, Plan], None]
    progress: Progress
    limit: int | None = None
    show: Callable[[Tally], None] = show_nothing
    patience: Patience = field(default_factory=Patience)
    tally: Tally = field(default_factory=Tally)

    def run(self) -> None:
        """Raises CommandError where it can't go on; the progress is kept then, and when it is interrupted."""
        try:
            for key in list(self.progress.failed):
                if self._is_enough():
                    return
                self._take(key, None)
            listed = self.patience.walk(self.source.objects, lambda found: found.key, self.progress.after)
            for found, after in in_order(listed, self.progress.after):
                if self._is_enough():
                    return
                self._take(found.key, found)
                self.progress.reach(after)
            self.tally.is_complete = True
        finally:
            self.progress.save()

    def _is_enough(self) -> bool:
        return self.limit is not None and self.tally.acted >= self.limit

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
                found = found or self.patience.with_(self.source.find, key)
                return Plan("gone", key) if found is None else self.patience.with_(self._once, found)
            except ObjectChanged as error:
                found, answer = None, str(error)
            except (ObjectRefused, GivenUp) as error:
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
