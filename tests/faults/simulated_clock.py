"""The one clock of a schedule: services, functions and signatures read it, and only the scheduler moves it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

START = datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc)


class SimulatedClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """Since the epoch."""
        return self.now.timestamp()

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def skewed(self, seconds: float) -> SkewedClock:
        return SkewedClock(self, seconds)


class SkewedClock:
    """The clock of one machine, that many seconds ahead of everybody else's."""

    def __init__(self, true: SimulatedClock, seconds: float) -> None:
        self._true = true
        self.skew = seconds

    def __call__(self) -> datetime:
        return self._true.now + timedelta(seconds=self.skew)

    def monotonic(self) -> float:
        return self._true.seconds()
