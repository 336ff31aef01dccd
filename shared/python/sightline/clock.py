"""Time, passed in; and the services' own time, where a machine's is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

Clock = Callable[[], datetime]

TOLERANCE = timedelta(seconds=5)


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def to_iso(moment: datetime) -> str:
    """UTC with milliseconds: 2026-11-21T08:15:30.250Z."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The inverse of `to_iso`; also reads ISO 8601 without a zone as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def http_date(text: str) -> datetime | None:
    """Of a header such as Date; None for what is none, or of another century."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc) if 2000 < moment.year < 2100 else None


class CloudClock:
    """The machine's clock as long as the services agree with it within five seconds, else theirs.

    Services refuse what is signed more than 15 minutes off, and leases compare the times of many instances. Between two answers, the
    services' time is carried on by the monotonic clock; it may stand still while an instance is frozen, so every answer is compared anew.
    """

    def __init__(self, machine: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._machine = machine
        self.monotonic = monotonic
        self._heard: tuple[datetime, float] | None = None
        self.has_heard = False
        self.corrections = 0

    def __call__(self) -> datetime:
        heard = self._heard  # read once: another thread may hear something new
        if heard is None:
            return self._machine()
        moment, at = heard
        return moment + timedelta(seconds=self.monotonic() - at)

    def hear(self, date: str, asked: float) -> None:
        """Take in the Date header of an answer whose request was sent at `asked` on the monotonic clock."""
        said = http_date(date)
        if said is None:
            return
        self.has_heard = True
        now = self.monotonic()
        earliest, latest = said - TOLERANCE, said + timedelta(seconds=now - asked) + TOLERANCE
        if earliest <= self._machine() <= latest:
            self._heard = None
        elif not earliest <= self() <= latest:
            self._heard = (said, now)
            self.corrections += 1
