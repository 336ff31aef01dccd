"""The ledger: facts that are appended once, in one order."""

from __future__ import annotations

import json

import pytest

from sightline.errors import LedgerConflict, ServiceUnreachable
from sightline.ims.smarttag import SmarttagJob
from sightline.ledger.facts import Fact, read_line
from sightline.ledger.ledger import RECENT_BYTES, Ledger
from sightline.ledger.story import tell
from sightline.pipeline.collect import collect
from tests.fakes.sightline import START, FakeBucket, FakeClock, etag, make_world

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


# Lines as the deploys before this one wrote them; they stay as they are, whatever becomes of the format.
OF_VERSION_1 = b"""\
{"v":1,"at":"2026-11-21T08:15:30.250Z","fact":"uploaded","generation":"E1","bucket":"media","key":"uploads/a.mp4","size":3,"event":"e"}
{"v":1,"at":"2026-11-21T08:15:30.300Z","fact":"claimed","generation":"E1","attempt":1,"until":"2026-11-21T08:17:00.300Z"}
{"v":1,"at":"2026-11-21T08:15:31.000Z","fact":"submitted","generation":"E1","job_id":"job-1"}
"""


def test_a_deploy_in_the_middle_of_a_job_reads_the_facts_of_the_one_before(bucket: FakeBucket) -> None:
    bucket.put("m/ledger.jsonl", OF_VERSION_1)
    story = Ledger(bucket).read("m").story
    assert (story.stage, story.job_id, story.attempt, story.slot, story.kind) == ("submitted", "job-1", 1, None, "video")
    world = make_world()
    identity = world.upload("uploads/a.mp4", b"a clip")
    world.state.put(f"{identity}/ledger.jsonl", OF_VERSION_1.replace(b'"E1"', f'"{etag(b"a clip")}"'.encode()))
    user_data = json.dumps({"mediaId": identity, "generation": etag(b"a clip"), "kind": "smarttag"})
    world.tagging.jobs["job-1"] = SmarttagJob("job-1", "Submitted", user_data)
    world.tagging.succeed("job-1")
    assert collect(world.pipeline, "job-1") == "searchable"


@pytest.mark.parametrize("line", [b"no JSON", b"[]", b"null", b"{}", b"\xff\xfe", b'{"fact":"uploaded"}', b"[" * 100_000])
def test_a_line_that_nobody_can_read_does_not_hide_the_others(bucket: FakeBucket, line: bytes) -> None:
    bucket.put("m/ledger.jsonl", line + b"\n" + UPLOADED.to_line())
    ledger = Ledger(bucket)
    assert ledger.read("m").story.stage == "uploaded"
    ledger.update("m", lambda story: [Fact("removed", START, "E1")])
    assert ledger.read("m").story.stage == "removed"


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


def _upload(number: int) -> Fact:
    return Fact("uploaded", START, f"E{number}", {**UPLOADED.details, "event": "e" * 1000})


def test_reading_a_ledger_costs_the_same_after_a_thousand_uploads(bucket: FakeBucket) -> None:
    bucket.put("m/ledger.jsonl", b"".join(_upload(number).to_line() for number in range(1000)))
    ledger = Ledger(bucket)
    journal = ledger.read("m")
    assert (journal.story.generation, journal.position) == ("E999", len(bucket.contents["m/ledger.jsonl"]))
    assert len(journal.end) <= RECENT_BYTES
    assert len(ledger.read_all("m").facts) == 1000


def test_a_media_that_has_tried_for_days_still_knows_its_upload(bucket: FakeBucket) -> None:
    tries = [Fact("released", START, "E1", {"reason": "busy " * 200}) for _ in range(200)]
    bucket.put("m/ledger.jsonl", b"".join(fact.to_line() for fact in [UPLOADED, *tries]))
    story = Ledger(bucket).read("m").story
    assert (story.stage, story.key) == ("uploaded", "uploads/a b+.mp4")


def test_a_lost_answer_is_understood_in_a_long_ledger_too(bucket: FakeBucket) -> None:
    class Deaf(FakeBucket):
        def append(self, key: str, position: int, content: bytes) -> None:
            super().append(key, position, content)
            raise ServiceUnreachable("OSS", "POST state", "timeout")

    deaf = Deaf("state", FakeClock())
    deaf.put("m/ledger.jsonl", b"".join(_upload(number).to_line() for number in range(300)))
    ledger = Ledger(deaf)
    journal = ledger.extend(ledger.read("m"), [_upload(300)])
    assert journal.story.generation == "E300"
    assert deaf.contents["m/ledger.jsonl"].count(b"E300") == 1
