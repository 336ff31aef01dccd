"""The ledger: facts that are appended once, in one order."""

from __future__ import annotations

import pytest

from sightline.errors import LedgerConflict
from sightline.ledger import Fact, Ledger, tell
from sightline.ledger.facts import read_line
from tests.fakes.sightline import START, FakeBucket, FakeClock

UPLOADED = Fact("uploaded", START, "E1", {"bucket": "media", "key": "uploads/a b+.mp4", "size": 3, "event": "e"})


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket("state", FakeClock())


def test_a_fact_survives_its_line() -> None:
    assert read_line(UPLOADED.to_line().strip()) == UPLOADED


def test_facts_come_back_in_order(bucket: FakeBucket) -> None:
    ledger = Ledger(bucket)
    journal = ledger.append(ledger.read("m"), [UPLOADED])
    ledger.append(journal, [Fact("submitted", START, "E1", {"job_id": "j"})])
    assert [fact.kind for fact in ledger.read("m").facts] == ["uploaded", "submitted"]


def test_an_append_to_a_ledger_that_has_grown_is_refused(bucket: FakeBucket) -> None:
    ledger = Ledger(bucket)
    stale = ledger.read("m")
    ledger.append(stale, [UPLOADED])
    with pytest.raises(LedgerConflict):
        ledger.append(stale, [UPLOADED])
    assert len(ledger.read("m").facts) == 1


def test_a_fact_of_a_newer_version_is_passed_over(bucket: FakeBucket) -> None:
    bucket.put("m/ledger.jsonl", UPLOADED.to_line() + b'{"v":2,"at":"2026-11-21T08:15:31.000Z","fact":"translated","generation":"E1"}\n')
    assert tell(Ledger(bucket).read("m").facts).stage == "uploaded"


def test_a_late_fact_of_old_content_does_not_count() -> None:
    newer = Fact("uploaded", START, "E2", {**UPLOADED.details, "event": "f"})
    story = tell([UPLOADED, newer, Fact("searchable", START, "E1")])
    assert (story.stage, story.generation) == ("uploaded", "E2")


def test_a_bucket_that_never_stands_still_is_an_error(bucket: FakeBucket) -> None:
    def race(key: str) -> None:
        bucket.contents[key] = bucket.contents.get(key, b"") + UPLOADED.to_line()

    bucket.before_append = race
    with pytest.raises(LedgerConflict, match="kept growing"):
        Ledger(bucket).update("m", lambda story: [UPLOADED])
