"""A pause for all after the service was busy or broken, longer each time, of random length so that nobody comes back in step.

Random within half of an exponential step: "equal jitter" of Marc Brooker's "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random

from sightline.clock import Clock, from_iso, to_iso
from sightline.store.types import Bucket
from sightline.value import Value

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 300.0


class Pause(Value):
    """`step` counts the times that the service was busy in a row."""

    until: datetime
    step: int
    reason: str


class Pace:
    """One object, written by whoever met the busy service last; two at once cost a step, not a job."""

    def __init__(self, bucket: Bucket, key: str, clock: Clock, chance: Random) -> None:
        self._bucket = bucket
        self.key = key
        self._clock = clock
        self._chance = chance

    def pause(self) -> Pause | None:
        """The last one, over or not; None where the service has answered since, or where nobody can read what is there."""
        try:
            document = json.loads(self._bucket.get(self.key) or b"null")
            return Pause(from_iso(document["until"]), int(document["step"]), str(document["reason"]))
        except (ValueError, KeyError, TypeError):
            return None

    def counts(self, pause: Pause) -> bool:
        """Whether it is not over yet. One that ends later than any may was written by a clock that went wrong, and stops nobody."""
        now = self._clock()
        return now < pause.until <= now + timedelta(seconds=LONGEST_SECONDS)

    def slow_down(self, reason: str) -> None:
        last = self.pause()
        step = last.step + 1 if last else 0
        most = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(step, 20))
        until = self._clock() + timedelta(seconds=most * self._chance.uniform(0.5, 1))
        document = {"until": to_iso(until), "step": step, "reason": reason}
        self._bucket.put(self.key, json.dumps(document, ensure_ascii=False).encode(), "application/json")

    def go_on(self) -> None:
        self._bucket.delete(self.key)
