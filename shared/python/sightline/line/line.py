"""The four together, for one pool: the jobs of a region and pipeline, which share what the service runs at a time.

line/<pool>/pace.json                            the pause, while there is one
line/<pool>/slots/0003                           a job in flight
line/<pool>/turn                                 the namespace that was served last
line/<pool>/waiting/<namespace>/<arrival>-<id>   a media that waits
budget/<day>/<namespace>                         what a namespace started that day
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random

from sightline.clock import Clock
from sightline.line.budget import Budget
from sightline.line.pace import Pace, Pause
from sightline.line.slots import Holder, Slots, slot_numbers
from sightline.line.waiting import Place, WaitingLine
from sightline.store.types import Bucket
from sightline.value import Value


class Outlook(Value):
    """What one listing shows: which slots are taken, and whether anybody waits. `pause` may be over."""

    taken: frozenset[int]
    anyone_waits: bool
    pause: Pause | None


class Line:
    """`limit` 0 is no limit: then no slot is ever taken."""

    def __init__(self, bucket: Bucket, pool: str, limit: int, daily_jobs: int, clock: Clock, chance: Random) -> None:
        self._bucket = bucket
        self._prefix = f"line/{pool}/"
        self._clock = clock
        self.limit = limit
        self.slots = Slots(bucket, f"{self._prefix}slots/", limit)
        self.waiting = WaitingLine(bucket, f"{self._prefix}waiting/")
        self.pace = Pace(bucket, f"{self._prefix}pace.json", clock, chance)
        self.budget = Budget(bucket, "budget/", daily_jobs, clock)

    def look(self) -> Outlook:
        taken: set[int] = set()
        paused = False
        # The slots, the pause, the turn, and one that waits.
        for key in self._bucket.keys(self._prefix, page=min(self.limit + 3, 1000)):
            name = key.removeprefix(self._prefix)
            paused = paused or name == "pace.json"
            if name.startswith("slots/"):
                taken |= slot_numbers(name.removeprefix("slots/"))
            if name.startswith("waiting/"):
                return self._outlook(taken, True, paused)
        return self._outlook(taken, False, paused)

    def _outlook(self, taken: set[int], anyone_waits: bool, paused: bool) -> Outlook:
        return Outlook(frozenset(taken), anyone_waits, self.pace.pause() if paused else None)

    def is_paused(self, outlook: Outlook) -> bool:
        return outlook.pause is not None and self.pace.counts(outlook.pause)

    def has_slot(self, outlook: Outlook) -> bool:
        """Slots beyond a limit that was lowered count, too."""
        return not self.limit or len(outlook.taken) < self.limit

    def has_room(self, outlook: Outlook) -> bool:
        """Whether a job may be started now, as far as the service goes."""
        return self.has_slot(outlook) and not self.is_paused(outlook)

    def take(self, media_id: str, generation: str, outlook: Outlook) -> int | None:
        """A slot's number, or None where others were faster. Only for a line with a limit."""
        return self.slots.take(Holder(media_id, generation, self._clock()), outlook.taken)

    def next(self, passed_over: Collection[Place]) -> Place | None:
        """Who is to be served now: namespaces take turns, and in each the first that came is the first."""
        namespaces = sorted(self.waiting.namespaces())
        for namespace in _after(self._turn() if len(namespaces) > 1 else "", namespaces):
            place = self.waiting.first(namespace, passed_over)
            if place is not None and self.budget.allows(namespace):
                if len(namespaces) > 1:
                    self._bucket.put(f"{self._prefix}turn", namespace.encode(), "text/plain; charset=utf-8")
                return place
        return None

    def _turn(self) -> str:
        return (self._bucket.get(f"{self._prefix}turn") or b"").decode()


def _after(turn: str, namespaces: list[str]) -> list[str]:
    """The same, beginning behind the one whose turn it was."""
    return [name for name in namespaces if name > turn] + [name for name in namespaces if name <= turn]
