"""When a lifecycle rule is due, and what a version id tells of its place."""

from __future__ import annotations

import pytest

from localcloud.oss.buckets.lifecycle import When
from localcloud.oss.storage.versions import new_version_id, sequence_of

DAY = 86400
NOON = 20000 * DAY + DAY / 2


@pytest.mark.parametrize(
    ("changed", "days", "due_at"),
    [(NOON, 1, 20002 * DAY), (NOON, 30, 20031 * DAY), (20000 * DAY, 1, 20001 * DAY), (20000 * DAY + 1, 1, 20002 * DAY)],
)
def test_days_end_with_the_midnight_after_them(changed: float, days: int, due_at: float) -> None:
    when = When(days=days)
    assert not when.due(changed, due_at - 1)
    assert when.due(changed, due_at)


def test_dates_are_for_objects_or_for_the_day() -> None:
    assert When(before=NOON).due(NOON - 1, 0)
    assert not When(before=NOON).due(NOON, NOON + DAY)
    assert When(on=NOON).due(NOON + 1, NOON)
    assert not When(on=NOON).due(0, NOON - 1)


def test_a_version_id_tells_its_place() -> None:
    for sequence in (1, 2, 2**40):
        one, other = new_version_id(sequence), new_version_id(sequence)
        assert sequence_of(one) == sequence_of(other) == sequence
        assert one != other
    for wrong in ("", "null", "CAEQ", "CAEQ" + "A" * 47, "CAEQ" + "A" * 49, "CAEQ" + "é" * 48, new_version_id(1)[4:]):
        assert sequence_of(wrong) is None
