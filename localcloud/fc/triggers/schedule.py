"""When a timer trigger fires: `@every 4m`, or a cron expression of six fields that begins with seconds (official help, "Time triggers").

Cron runs in UTC, unless the expression begins with a time zone: `CRON_TZ=Asia/Shanghai 0 0 4 1 * *`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EVERY = re.compile(r"@every\s+(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_PART = re.compile(r"(?P<first>\*|\?|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12
}  # fmt: skip
_WEEKDAYS = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _WEEKDAYS),
)
# Every day of a cron calendar comes around within eight years: 29 February skips 1900 and 2100.
_HORIZON_DAYS = 366 * 8 + 1


@dataclass(frozen=True)
class Schedule:
    """Either an interval in seconds, or the values that the six cron fields allow in `zone`."""

    every: float = 0
    fields: tuple[frozenset[int], ...] = ()
    either_day: bool = False
    zone: tzinfo = timezone.utc

    @classmethod
    def parse(cls, expression: str) -> Schedule:
        """Raises ValueError that names the field and what it may be."""
        text = expression.strip()
        if text.startswith("@every"):
            return cls(every=_interval(text))
        parts = text.split()
        zone = _zone(parts.pop(0)) if text.startswith("CRON_TZ=") else timezone.utc
        if len(parts) != len(_FIELDS):
            raise ValueError(f"'{expression}' is neither '@every 4m' nor six cron fields (second minute hour day month weekday)")
        fields = [_values(part, *field) for part, field in zip(parts, _FIELDS, strict=True)]
        fields[5] = frozenset(weekday % 7 for weekday in fields[5])
        # As in every cron: day and weekday, when both are given, are alternatives.
        restricted = [part[0] not in "*?" for part in (parts[3], parts[5])]
        schedule = cls(fields=tuple(fields), either_day=all(restricted), zone=zone)
        if schedule.after(0) is None:
            raise ValueError(f"'{expression}' names a day that never comes")
        return schedule

    def after(self, moment: float) -> float | None:
        """The first time later than `moment`, in seconds since the epoch; None if there is none."""
        if self.every:
            return moment + self.every
        # A wall clock has hours that do not exist and hours that come twice; the help advises to stay clear of both.
        start = datetime.fromtimestamp(int(moment) + 1, self.zone)
        seconds, minutes, hours = (sorted(field) for field in self.fields[:3])
        for ahead in range(_HORIZON_DAYS):
            day = (start + timedelta(days=ahead)).replace(hour=0, minute=0, second=0) if ahead else start
            if not self._falls_on(day):
                continue
            for hour in hours:
                for minute in minutes:
                    for second in seconds:
                        then = day.replace(hour=hour, minute=minute, second=second).timestamp()
                        if (hour, minute, second) >= (day.hour, day.minute, day.second) and then > moment:
                            return then
        return None

    def _falls_on(self, day: datetime) -> bool:
        _, _, _, days, months, weekdays = self.fields
        on_day, on_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        return day.month in months and (on_day or on_weekday if self.either_day else on_day and on_weekday)


def _zone(text: str) -> tzinfo:
    name = text.partition("=")[2]
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write one such as CRON_TZ=Asia/Shanghai") from None


def _interval(text: str) -> float:
    match = _EVERY.fullmatch(text)
    hours, minutes, seconds = (int(number or 0) for number in match.groups()) if match else (0, 0, 0)
    interval = hours * 3600 + minutes * 60 + seconds
    if not interval:
        raise ValueError(f"'{text}' is no interval; write '@every 4m', '@every 30s' or '@every 1h30m'")
    return interval


def _values(text: str, name: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f"the {name} field '{text}' can't be read; use *, 5, 1-5, */15 or 1,2")
        first, last, step = match["first"], match["last"], int(match["step"] or 1)
        start = low if first in "*?" else _number(first, name, low, high, names)
        unbounded = first in "*?" or match["step"]
        end = _number(last, name, low, high, names) if last else high if unbounded else start
        if end < start or not step:
            raise ValueError(f"the {name} field '{text}' is an empty range")
        values.update(range(start, end + 1, step))
    return frozenset(values)


def _number(text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text.upper(), int(text) if text.isdigit() else -1)
    if not low <= number <= high:
        raise ValueError(f"the {name} field has '{text}'; it goes from {low} to {high}")
    return number
