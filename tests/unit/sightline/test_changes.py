"""Content that changes, goes and comes back while others are at work."""

from __future__ import annotations

import pytest

from sightline.errors import LedgerConflict, PermissionMissing, ServiceUnreachable, UnusableAnswer
from sightline.errors import Permission as RamPermission
from sightline.ledger.facts import Fact
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, etag, make_world, raised

KEY = "uploads/home/door/clip.mp4"


@pytest.fixture
def world() -> World:
    return make_world()


def test_replaced_content_whose_result_was_inserted_long_ago_costs_no_second_look(world: World) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.finish("job-1")
    world.upload(KEY, b"new")
    submit(world.pipeline, KEY, "event-2")
    world.finish("job-2")
    assert list(world.pipeline.ledger.pending()) == []
    assert world.facts(identity).count("inserted") == 2


def test_a_rename_moves_the_result(world: World) -> None:
    """OSS has no rename: it is a copy and a deletion, and their events may come in either order."""
    for order in ("copy first", "deletion first"):
        old, new = f"uploads/home/{order}/a.mp4", f"uploads/home/{order}/b.mp4"
        old_id = world.upload(old, order.encode())
        submit(world.pipeline, old, f"{order} 1")
        world.finish(f"job-{len(world.tagging.jobs)}")
        new_id = world.upload(new, order.encode())
        world.media.delete(old)
        for key in (new, old) if order == "copy first" else (old, new):
            submit(world.pipeline, key, f"{order} {key}")
        world.finish(f"job-{len(world.tagging.jobs)}")
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
    assert world.finish("job-2", "new").startswith("ignored")
    assert world.finish("job-1", "first").startswith("ignored: another job")
    assert world.finish("job-3", "third") == "searchable"
    assert world.library.entries[identity]["title"] == "third"


def test_nobody_writes_to_a_ledger_that_is_about_to_be_deleted(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.finish("job-1")
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
    assert world.finish("job-2", "second") == "searchable"
    assert world.finish("job-1", "first") == "ignored: another job of this content counts"
    assert world.library.entries[identity]["title"] == "second"
    assert etag(b"a clip") == world.pipeline.ledger.read(identity).story.generation


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


@pytest.mark.parametrize("calls_back", [True, False])
def test_a_job_whose_id_was_not_told_is_waited_for_and_not_submitted_again(world: World, calls_back: bool) -> None:
    identity = world.upload(KEY)
    world.tagging.after_submit = UnusableAnswer("IMS", "SubmitSmarttagJob", "JobId", "is missing", retryable=False)
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: for the callback")
    world.clock.forward(world.pipeline.settings.claim_seconds * 2)
    sweep(world.pipeline, raised)
    if calls_back:
        assert world.finish("job-1") == "searchable"
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
    world.tagging.jobs["job-2"] = world.tagging.jobs["job-1"]._replace(job_id="job-2")
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
