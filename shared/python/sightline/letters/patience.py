"""How often a record is tried, and how long between.

Random within half of an exponential step, as in line/pace.py: what failed together does not come back together.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from sightline.value import Value

LONGEST_PAUSE_SECONDS = 3600.0


class Patience(Value):
    """`pause_seconds` is the first pause; each next one is twice as long, up to an hour."""

    attempts: int
    pause_seconds: float

    def pause(self, attempts: int, chance: Random) -> timedelta:
        """After so many attempts."""
        step = min(self.pause_seconds * 2.0 ** min(attempts - 1, 32), LONGEST_PAUSE_SECONDS)
        return timedelta(seconds=step / 2 + chance.uniform(0, step / 2))
