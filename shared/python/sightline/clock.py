"""Time, passed in; and the services' own time, where a machine's is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

from sightline.value import Value

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


@lru_cache(maxsize=2)  # services answer many times in a second
def http_date(text: str) -> datetime | None:
    """Of a header such as Date; None for what is none, or of another century."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc) if 2000 < moment.year < 2100 else None


class _Heard(Value):
    """A service's time, and what the machine's two clocks showed when it came."""

    moment: datetime
    machine: datetime
    counted: float


class CloudClock:
    """The machine's clock as long as the services agree with it within five seconds, else theirs.

    Services refuse what is signed more than 15 minutes off, and leases compare the times of many instances. Between two answers, the
    services' time is carried on by the monotonic clock. No document says whether that counts while Function Compute has an instance
    frozen, so every answer is compared anew, and `is_sure` tells when the time is better asked for first.
    """

    def __init__(self, machine: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._machine = machine
        self.monotonic = monotonic
        self._heard: _Heard | None = None
        self._has_heard = False
        self.corrections = 0

    def __call__(self) -> datetime:
        heard = self._heard  # read once: another thread may hear something new
        return self._machine() if heard is None else heard.moment + self._since(heard)

    @property
    def is_sure(self) -> bool:
        """Whether a service has told the time, and the machine's two clocks have gone on alike since, where it is their time that counts.

        They part where the machine stood still and one of them with it, and where somebody set the other: either may be right.
        """
        heard = self._heard
        return self._has_heard and (heard is None or abs(self._machine() - heard.machine - self._since(heard)) <= TOLERANCE)

    def _since(self, heard: _Heard) -> timedelta:
        return timedelta(seconds=self.monotonic() - heard.counted)

    def hear(self, date: str, asked: float) -> None:
        """Take in the Date header of an answer whose request was sent at `asked` on the monotonic clock."""
        said = http_date(date)
        if said is None:
            return
        self._has_heard = True
        now, machine = self.monotonic(), self._machine()
        earliest, latest = said - TOLERANCE, said + timedelta(seconds=now - asked) + TOLERANCE
        if earliest <= machine <= latest:
            self._heard = None
        elif not earliest <= self() <= latest:
            self._heard = _Heard(said, machine, now)
            self.corrections += 1
