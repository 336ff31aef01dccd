"""When timers fire."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from localcloud.fc.triggers.schedule import Schedule


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("expression", "now", "then"),
    [
        ("@every 4m", "2024-01-01T00:00:00", "2024-01-01T00:04:00"),
        ("@every 1h30m", "2024-01-01T00:00:00", "2024-01-01T01:30:00"),
        ("0 0 4 * * *", "2024-01-01T04:00:00", "2024-01-02T04:00:00"),
        ("0 0 4 * * *", "2024-01-01T03:59:59", "2024-01-01T04:00:00"),
        ("0 */15 * * * *", "2024-01-01T00:50:00", "2024-01-01T01:00:00"),
        ("*/20 * * * * ?", "2024-01-01T00:00:00.500000", "2024-01-01T00:00:20"),
        ("30 5 8-10 * * *", "2024-01-01T10:05:30", "2024-01-02T08:05:30"),
        ("0 0 0 1,15 * *", "2024-01-02T00:00:00", "2024-01-15T00:00:00"),
        ("0 0 0 29 2 ?", "2024-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 ? * MON-FRI", "2024-01-05T12:00:00", "2024-01-08T00:00:00"),
        ("0 0 0 ? * 7", "2024-01-01T00:00:00", "2024-01-07T00:00:00"),
        ("0 0 0 ? JAN *", "2024-01-31T00:00:00", "2025-01-01T00:00:00"),
        ("0 0 0 13 * FRI", "2024-01-01T00:00:00", "2024-01-05T00:00:00"),
        ("59 59 23 31 12 *", "2023-12-31T23:59:59", "2024-12-31T23:59:59"),
        # Official help, "Time triggers": the first of the month at 04:00 in Beijing.
        ("CRON_TZ=Asia/Shanghai 0 0 4 1 * *", "2024-01-15T00:00:00", "2024-01-31T20:00:00"),
        ("CRON_TZ=Asia/Shanghai 0 0 12 * * *", "2024-01-01T04:00:00", "2024-01-02T04:00:00"),
        ("CRON_TZ=America/New_York 0 0 9 * * *", "2024-03-09T15:00:00", "2024-03-10T13:00:00"),
        # 02:30 does not exist on that day in Berlin; the next one does.
        ("CRON_TZ=Europe/Berlin 0 30 2 * * *", "2024-03-31T01:30:00", "2024-04-01T00:30:00"),
    ],
)
def test_the_next_time(expression: str, now: str, then: str) -> None:
    assert Schedule.parse(expression).after(moment(now)) == moment(then)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("@every soon", "is no interval"),
        ("@every 0m", "is no interval"),
        ("0 4 * * *", "six cron fields"),
        ("60 * * * * *", "the second field has '60'; it goes from 0 to 59"),
        ("0 0 0 * FOO *", "the month field has 'FOO'"),
        ("0 5-1 * * * *", "empty range"),
        ("0 */0 * * * *", "empty range"),
        ("0 1- * * * *", "can't be read"),
        ("0 0 0 30 2 ?", "a day that never comes"),
        ("CRON_TZ=Mars/Base 0 0 0 * * *", "is no time zone"),
        ("CRON_TZ=../../etc/passwd 0 0 0 * * *", "is no time zone"),
        ("CRON_TZ=Asia/Shanghai", "six cron fields"),
    ],
)
def test_a_mistake_is_told(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Schedule.parse(expression)
