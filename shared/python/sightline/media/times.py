"""The time in a key, as cameras write it.

2026-11-21T08-15-30.mp4        20261121_081530.mp4      20261121081530.mp4     date, then time, with or without separators
2026-11-21T08-15-30Z.mp4       20261121T081530+0800     2026-11-21T08:15:30+08:00     ...08-15-30+08-00     with its zone
2026-11-21T08-15-30-0500.mp4   a zone west of Greenwich counts after a `T` only: elsewhere `-0001` numbers the files

A time without a zone is local time where the camera is. Where clocks are put back, a time exists twice: the earlier of the two counts.
Where they are put forward, a time does not exist: it is read as if they had not been (02:30 is 03:30).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

_TIME = re.compile(
    r"(?<!\d)(?P<year>20\d\d)-?(?P<month>\d\d)-?(?P<day>\d\d)(?P<between>[T_ -]?)"
    r"(?P<hour>\d\d)[-:_.]?(?P<minute>\d\d)[-:_.]?(?P<second>\d\d)(?!\d)"
    r"(?:[.,]\d{1,9}(?!\d))?"
    r"(?P<zone>Z(?![A-Za-z0-9])|[+-]\d\d(?:[:-]?\d\d)?(?!\d))?"
)
# The zones of the world lie between UTC-12 and UTC+14, at quarters of an hour.
_FARTHEST_WEST, _FARTHEST_EAST = timedelta(hours=-12), timedelta(hours=14)
_QUARTER = timedelta(minutes=15)


def time_in(text: str, local: tzinfo) -> datetime | None:
    """The first moment that `text` names, in UTC; `local` is the zone of a time that names none."""
    for found in _TIME.finditer(text):
        numbers = [int(found[name]) for name in ("year", "month", "day", "hour", "minute", "second")]
        try:
            moment = datetime(*numbers, tzinfo=_zone(found) or local)  # type: ignore[misc,arg-type]
            return moment.astimezone(timezone.utc)
        except (ValueError, OverflowError):
            continue
    return None


def _zone(found: re.Match[str]) -> tzinfo | None:
    text = found["zone"] or ""
    if text == "Z":
        return timezone.utc
    if not text or (text[0] == "-" and found["between"] != "T"):
        return None
    digits = re.sub(r"\D", "", text)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)) * (-1 if text[0] == "-" else 1)
    return timezone(offset) if _FARTHEST_WEST <= offset <= _FARTHEST_EAST and not offset % _QUARTER else None
