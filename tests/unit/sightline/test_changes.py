"""Content that changes, goes and comes back while others are at work, and those who are late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sightline.errors import LedgerConflict, PermissionMissing, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.errors import Permission as RamPermission
from sightline.ledger import Fact
from sightline.pipeline import collect, submit, sweep
from sightline.store import ObjectInfo
from tests.fakes.sightline import World, etag, make_world, raised

KEY = "uploads/home/door/clip.mp4"


class Crash(BaseException):
    """The instance is gone."""


@pytest.fixture
def world() -> World:
    return make_world()


def finish(world: World, job_id: str, title: str = "A person walks") -> str:
    world.tagging.succeed(job_id, title)
    return collect(world.pipeline, job_id)


def late_insert(world: World, meanwhile: Callable[[], object]) -> None:
    """The next insert into the library hangs until `meanwhile` is over, takes effect then, and its instance is gone."""
    insert = world.library.insert

    def late(*arguments: str) -> None:
        world.library.insert = insert  # type: ignore[method-assign]
        meanwhile()
        insert(*arguments)
        raise Crash

    world.library.insert = late  # type: ignore[method-assign, assignment]


def sweep_until_all_is_said(world: World) -> None:
    for _ in range(3):
        world.clock.forward(world.pipeline.settings.longest_invocation_seconds + 1)
        sweep(world.pipeline, raised)


def test_an_old_result_that_is_inserted_late_does_not_stay(world: World) -> None:
    """GIVEN a collect that hangs before its insert WHEN new content becomes searchable meanwhile, and then the old insert takes effect
    and its instance is killed before it can see what it did THEN the new result is back after the longest invocation."""
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1", "The old clip")

    def meanwhile() -> None:
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")
        finish(world, "job-2", "The new clip")
        assert world.stage(identity) == "searchable"

    late_insert(world, meanwhile)
    with pytest.raises(Crash):
        collect(world.pipeline, "job-1")
    assert world.library.entries[identity]["title"] == "The old clip"
    sweep_until_all_is_said(world)
    assert world.library.entries[identity]["title"] == "The new clip"
    assert (world.stage(identity), list(world.pipeline.ledger.pending())) == ("searchable", [])


@pytest.mark.parametrize("end", ["deleted", "refused", "failed"])
def test_a_late_insert_does_not_outlive_what_came_after_it(world: World, end: str) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1", "The old clip")

    def meanwhile() -> None:
        if end == "deleted":
            world.media.delete(KEY)
        else:
            world.upload(KEY, b"" if end == "refused" else b"broken")
        submit(world.pipeline, KEY, "event-2")
        if end == "failed":
            world.tagging.fail("job-2", "truncated")
            collect(world.pipeline, "job-2")

    late_insert(world, meanwhile)
    with pytest.raises(Crash):
        collect(world.pipeline, "job-1")
    assert identity in world.library.entries
    sweep_until_all_is_said(world)
    assert identity not in world.library.entries
    assert world.pipeline.records.get(identity) is None
    assert list(world.pipeline.ledger.pending()) == []


def test_replaced_content_whose_result_was_inserted_long_ago_costs_no_second_look(world: World) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    finish(world, "job-1")
    world.upload(KEY, b"new")
    submit(world.pipeline, KEY, "event-2")
    finish(world, "job-2")
    assert list(world.pipeline.ledger.pending()) == []
    assert world.facts(identity).count("inserted") == 2


def test_a_rename_moves_the_result(world: World) -> None:
    """OSS has no rename: it is a copy and a deletion, and their events may come in either order."""
    for order in ("copy first", "deletion first"):
        old, new = f"uploads/home/{order}/a.mp4", f"uploads/home/{order}/b.mp4"
        old_id = world.upload(old, order.encode())
        submit(world.pipeline, old, f"{order} 1")
        finish(world, f"job-{len(world.tagging.jobs)}")
        new_id = world.upload(new, order.encode())
        world.media.delete(old)
        for key in (new, old) if order == "copy first" else (old, new):
            submit(world.pipeline, key, f"{order} {key}")
        finish(world, f"job-{len(world.tagging.jobs)}")
        assert new_id in world.library.entries
        assert old_id not in world.library.entries


def test_the_same_content_at_another_key_is_another_media(world: World) -> None:
    for number in range(2):
        world.upload(f"uploads/home/door/{number}.mp4", b"the same")
        submit(world.pipeline, f"uploads/home/door/{number}.mp4", f"event {number}")
    assert len(world.tagging.jobs) == 2


def test_content_that_comes_back_is_work_again(world: World) -> None:
    """Old, new, old: the third upload has the first one's content, and neither job that ran says what is there now."""
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.upload(KEY, b"new")
    submit(world.pipeline, KEY, "event-2")
    world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-3")
    assert finish(world, "job-2", "new").startswith("ignored")
    assert finish(world, "job-1", "first").startswith("ignored: another job")
    assert finish(world, "job-3", "third") == "searchable"
    assert world.library.entries[identity]["title"] == "third"


def test_nobody_writes_to_a_ledger_that_is_about_to_be_deleted(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    finish(world, "job-1")
    world.media.delete(KEY)
    submit(world.pipeline, KEY, "event-2")
    until = {"until": "2026-11-21T08:20:00.000Z"}
    world.pipeline.ledger.update(identity, lambda story: [Fact("forgotten", world.clock(), story.generation, until)])
    assert submit(world.pipeline, KEY, "event-3") == "removed"
    for content in (b"a clip", b"other", b""):
        world.upload(KEY, content)
        with pytest.raises(LedgerConflict, match="again after 08:20:00"):
            submit(world.pipeline, KEY, "event-4")
    assert world.facts(identity)[-1] == "forgotten"
    world.clock.forward(300)
    world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-5").startswith("submitted")


def test_a_missing_right_fails_no_media(world: World) -> None:
    """Somebody has to grant it; until then everything waits, with the reason."""
    identity = world.upload(KEY)
    permission = RamPermission("ice:SubmitSmarttagJob", "*")
    world.tagging.refuse = PermissionMissing("IMS", "SubmitSmarttagJob", 403, "Forbidden.RAM", "no", "r", permission)
    assert "grant ice:SubmitSmarttagJob" in submit(world.pipeline, KEY, "event-1")
    assert world.stage(identity) == "uploaded"
    assert "grant ice:SubmitSmarttagJob" in world.pipeline.ledger.read(identity).story.reason
    sweep(world.pipeline, raised)
    assert world.stage(identity) == "submitted"


def test_a_bucket_that_fails_before_the_job_gives_the_claim_back(world: World) -> None:
    manifest = "uploads/home/door/evening.event/manifest.json"
    world.upload("uploads/home/door/evening.event/1.jpg")
    identity = world.upload(manifest, b'{"images": ["1.jpg"]}')
    get = world.media.get

    def down(key: str) -> bytes | None:
        raise ServiceUnreachable("OSS", "GET media", "ConnectError")

    world.media.get = down  # type: ignore[method-assign]
    with pytest.raises(ServiceUnreachable):
        submit(world.pipeline, manifest, "event-1")
    world.media.get = get  # type: ignore[method-assign]
    assert submit(world.pipeline, manifest, "event-1") == "submitted: job job-1"
    assert world.pipeline.ledger.read(identity).story.attempt == 1


def test_two_jobs_after_a_lost_answer_and_one_counts(world: World) -> None:
    identity = world.upload(KEY)
    world.tagging.after_submit = ServiceUnreachable("IMS", "SubmitSmarttagJob", "ReadTimeout")
    submit(world.pipeline, KEY, "event-1")
    world.clock.forward(world.pipeline.settings.claim_seconds)
    sweep(world.pipeline, raised)
    assert len(world.tagging.jobs) == 2
    assert finish(world, "job-2", "second") == "searchable"
    assert finish(world, "job-1", "first") == "ignored: another job of this content counts"
    assert world.library.entries[identity]["title"] == "second"
    assert etag(b"a clip") == world.pipeline.ledger.read(identity).story.generation


def slow_head(world: World, meanwhile: Callable[[], object]) -> None:
    """The next HEAD of the media bucket answers what was there before `meanwhile`."""
    head = world.media.head

    def slow(key: str) -> ObjectInfo | None:
        world.media.head = head  # type: ignore[method-assign]
        found = head(key)
        meanwhile()
        return found

    world.media.head = slow  # type: ignore[method-assign]


def test_a_slow_submit_does_not_put_older_content_behind_newer(world: World) -> None:
    """GIVEN a submit that has seen the old content and hangs WHEN the new content's job is submitted meanwhile THEN no other is."""
    identity = world.upload(KEY, b"old")

    def meanwhile() -> None:
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")

    slow_head(world, meanwhile)
    assert submit(world.pipeline, KEY, "event-1").startswith("nothing to do")
    assert submit(world.pipeline, KEY, "event-2").startswith("nothing to do")
    assert len(world.tagging.jobs) == 1
    assert world.pipeline.ledger.read(identity).story.generation == etag(b"new")


@pytest.mark.parametrize("old", [None, b""])
def test_a_slow_refusal_or_removal_takes_nothing_from_what_came_meanwhile(world: World, old: bytes | None) -> None:
    identity = world.upload(KEY, b"earlier")
    submit(world.pipeline, KEY, "event-1")
    finish(world, "job-1")
    if old is None:
        world.media.delete(KEY)
    else:
        world.upload(KEY, old)

    def meanwhile() -> None:
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-3")
        finish(world, "job-2", "The new clip")

    slow_head(world, meanwhile)
    submit(world.pipeline, KEY, "event-2")
    assert world.stage(identity) == "searchable"
    assert world.library.entries[identity]["title"] == "The new clip"


def test_an_event_of_content_under_way_is_no_new_try_when_that_has_failed(world: World) -> None:
    """The same clip was uploaded twice; its second event comes again after the job has failed."""
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.clock.forward(1)
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-2")
    world.tagging.fail("job-1", "truncated")
    collect(world.pipeline, "job-1")
    for event in ("event-1", "event-2", "event-2"):
        assert submit(world.pipeline, KEY, event).startswith("nothing to do")
    assert world.stage(identity) == "failed"
    world.clock.forward(1)
    world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-3") == "submitted: job job-2"


def test_an_entry_that_somebody_late_took_out_is_inserted_again(world: World) -> None:
    identity = world.upload(KEY)
    world.library.states = [["Running"]]
    submit(world.pipeline, KEY, "event-1")
    assert finish(world, "job-1").startswith("inserted")
    world.library.entries.clear()
    world.library.states = [[], ["Success"]]
    world.clock.forward(world.pipeline.settings.callback_seconds)
    assert sweep(world.pipeline, raised).done[identity] == "searchable"
    assert identity in world.library.entries


def test_one_slot_that_cannot_be_judged_does_not_hold_up_the_others(world: World) -> None:
    for media_id in ("a" * 32, "b" * 32):
        world.pipeline.line.take(media_id, "E1", world.pipeline.line.look())
    world.clock.forward(world.pipeline.settings.claim_seconds)
    get = world.state.get

    def broken(key: str) -> bytes | None:
        if key.startswith("a" * 32):
            raise ServiceUnreachable("OSS", "GET state", "ReadTimeout")
        return get(key)

    world.state.get = broken  # type: ignore[method-assign]
    report = sweep(world.pipeline, lambda what, error: None)
    assert (list(report.errors), report.done) == (["slot 0"], {"slot 1": "freed: nothing runs in it"})


@pytest.mark.parametrize(
    "event", ["of the upload that the sweep found first", "of older content", "of a removal whose object is back", None]
)
def test_no_event_makes_a_new_try_of_failed_content_that_nobody_wrote_again(world: World, event: str | None) -> None:
    world.upload(KEY, b"broken")
    submit(world.pipeline, KEY, None)
    world.tagging.fail("job-1", "truncated")
    collect(world.pipeline, "job-1")
    assert submit(world.pipeline, KEY, event).startswith("nothing to do")
    world.clock.forward(1)
    world.upload(KEY, b"broken")
    assert submit(world.pipeline, KEY, event).startswith("submitted")


def test_a_throttled_submit_of_old_content_writes_nothing_over_the_new(world: World) -> None:
    """GIVEN a submit that the service keeps waiting WHEN newer content is submitted meanwhile, and then the old one is turned away
    THEN the ledger stays with the newer content, and its job counts."""
    identity = world.upload(KEY, b"old")
    start = world.tagging.submit

    def slow(*arguments: Any) -> str:
        world.tagging.submit = start  # type: ignore[method-assign]
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")
        raise ServiceRefused("IMS", "SubmitSmarttagJob", 400, "Throttling.User", "slow down")

    world.tagging.submit = slow  # type: ignore[method-assign, assignment]
    submit(world.pipeline, KEY, "event-1")
    assert world.facts(identity) == ["uploaded", "claimed", "uploaded", "claimed", "submitted"]
    assert finish(world, "job-1") == "searchable"
    world.clock.forward(60)
    sweep(world.pipeline, raised)
    assert (len(world.tagging.jobs), len(world.pipeline.line.waiting)) == (1, 0)


@pytest.mark.parametrize("calls_back", [True, False])
def test_a_job_whose_id_was_not_told_is_waited_for_and_not_submitted_again(world: World, calls_back: bool) -> None:
    identity = world.upload(KEY)
    world.tagging.after_submit = UnusableAnswer("IMS", "SubmitSmarttagJob", "JobId", "is missing", retryable=False)
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: for the callback")
    world.clock.forward(world.pipeline.settings.claim_seconds * 2)
    sweep(world.pipeline, raised)
    if calls_back:
        assert finish(world, "job-1") == "searchable"
    world.clock.forward(world.pipeline.settings.video_deadline_seconds)
    sweep(world.pipeline, raised)
    story = world.pipeline.ledger.read(identity).story
    assert story.stage == ("searchable" if calls_back else "failed")
    assert ("JobId is missing" in story.reason) is not calls_back
    assert len(world.tagging.jobs) == 1
    assert list(world.pipeline.line.slots.holders()) == []


def test_of_two_jobs_that_end_at_once_the_stored_part_is_of_the_one_that_counts() -> None:
    # GIVEN a submit whose answer was lost, a second one whose id was not written yet, and both jobs ended
    world = make_world()
    identity = world.upload(KEY)
    world.tagging.after_submit = ServiceUnreachable("IMS", "SubmitSmarttagJob", "timeout")
    submit(world.pipeline, KEY, "event 1")
    world.tagging.jobs["job-2"] = replace(world.tagging.jobs["job-1"], job_id="job-2")
    world.tagging.succeed("job-1", "What job 1 saw")
    world.tagging.succeed("job-2", "What job 2 saw")
    second: list[str] = []

    def other_callback_first(key: str) -> None:
        if key.endswith("ledger.jsonl") and not second:
            second.append("under way")
            second.append(collect(world.pipeline, "job-2"))

    # WHEN the second callback overtakes the first, between its look at the ledger and its append
    world.state.before_append = other_callback_first
    first = collect(world.pipeline, "job-1")
    # THEN one counts, in the ledger as in what is stored
    assert (first, second[1]) == ("ignored: another job of this content counts", "searchable")
    assert world.pipeline.ledger.read(identity).story.job_id == "job-2"
    (part,) = world.state.keys(f"{identity}/parts/")
    assert b"What job 2 saw" in world.state.contents[part]


def test_who_is_late_to_end_earlier_content_leaves_newer_content_alone(world: World) -> None:
    # GIVEN content that can be found, and newer content whose job fails
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event 1")
    finish(world, "job-1")
    world.upload(KEY, b"second")
    submit(world.pipeline, KEY, "event 2")
    world.tagging.fail("job-2", "no picture in it")
    delete = world.library.delete

    def late(media_id: str, namespace: str) -> None:
        world.library.delete = delete  # type: ignore[method-assign]
        world.upload(KEY, b"third")
        submit(world.pipeline, KEY, "event 3")
        assert finish(world, "job-3", "A dog") == "searchable"
        delete(media_id, namespace)

    # WHEN a third content is searchable before the one that ends the second has taken the first away
    world.library.delete = late  # type: ignore[method-assign]
    collect(world.pipeline, "job-2")
    # THEN what is stored of the third is there, and the walk puts it back into the library
    assert list(world.state.keys(f"{identity}/parts/{etag(b'third')}/"))
    world.clock.forward(world.pipeline.settings.audit_grace_seconds + 1)
    sweep(world.pipeline, raised)
    sweep(world.pipeline, raised)
    assert (world.stage(identity), world.library.entries[identity]["title"]) == ("searchable", "A dog")


def test_a_media_of_another_bucket_is_left_alone(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event 1")
    world.media.name = "another"
    world.tagging.succeed("job-1")
    world.clock.forward(world.pipeline.settings.claim_seconds + 1)
    told = "of bucket media, which is not the media bucket"
    assert collect(world.pipeline, "job-1") == f"ignored: {told}"
    done = sweep(world.pipeline, raised).done
    assert done == {identity: f"left: {told}", "slot 0": "freed: job job-1 has ended"}
    assert (world.stage(identity), world.library.entries) == ("submitted", {})
