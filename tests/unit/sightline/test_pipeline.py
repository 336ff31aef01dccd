"""The core over fakes: the main way, and what happens when a step is lost, repeated or late."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.search_library import IndexState
from sightline.ims.smarttag import SmarttagJob
from sightline.line.pace import FIRST_SECONDS
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, etag, make_world, raised

KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"


@pytest.fixture
def world() -> World:
    return make_world()


def finish(world: World, job_id: str = "job-1") -> str:
    world.tagging.succeed(job_id)
    return collect(world.pipeline, job_id)


def test_an_upload_becomes_searchable(world: World) -> None:
    identity = world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-1") == "submitted: job job-1"
    assert finish(world) == "searchable"
    assert world.facts(identity) == ["uploaded", "claimed", "submitted", "understood", "inserted", "searchable"]
    entry = world.library.entries[identity]
    assert entry["address"] == f"oss://media/{KEY}"
    assert (entry["type"], entry["title"], entry["namespace"]) == ("video", "A person walks", "home")
    assert "to the right" in entry["description"]
    record = world.pipeline.records.get(identity)
    assert record is not None
    assert (record.device, record.said.labels, record.generation) == ("front_door", ["human"], etag(b"a clip"))
    assert list(world.pipeline.ledger.pending()) == []


def test_user_data_leads_home_within_its_limit(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    user_data = world.tagging.jobs["job-1"].user_data
    assert json.loads(user_data) == {"mediaId": identity, "generation": etag(b"a clip"), "kind": "smarttag"}
    assert len(user_data) <= 256  # IProduction's limit, the smaller of the two


@pytest.mark.parametrize("times", [2, 5])
def test_a_repeated_event_starts_one_job(world: World, times: int) -> None:
    world.upload(KEY)
    for _ in range(times):
        submit(world.pipeline, KEY, "event-1")
    assert len(world.tagging.jobs) == 1


def test_the_same_content_again_is_no_new_work(world: World) -> None:
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    finish(world)
    world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-2").startswith("nothing to do")
    assert len(world.tagging.jobs) == 1


def test_new_content_wins_over_a_job_that_still_runs(world: World) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.upload(KEY, b"new")
    submit(world.pipeline, KEY, "event-2")
    world.tagging.succeed("job-2", "The new clip")
    assert collect(world.pipeline, "job-2") == "searchable"
    world.tagging.succeed("job-1", "The old clip")
    assert collect(world.pipeline, "job-1") == "ignored: the content has changed since"
    assert world.library.entries[identity]["title"] == "The new clip"


def test_an_old_event_leads_to_the_content_that_is_there(world: World) -> None:
    world.upload(KEY, b"old")
    world.upload(KEY, b"new")
    submit(world.pipeline, KEY, "event-of-new")
    assert submit(world.pipeline, KEY, "event-of-old").startswith("nothing to do")
    assert len(world.tagging.jobs) == 1


def test_two_at_once_have_one_claim(world: World) -> None:
    identity = world.upload(KEY)
    rivals = iter(["event-1"])

    def faster(key: str) -> None:
        for event in rivals:
            submit(world.pipeline, KEY, event)

    world.state.before_append = faster
    assert submit(world.pipeline, KEY, "event-1") == "nothing to do: this content has been taken on"
    assert len(world.tagging.jobs) == 1
    assert world.facts(identity).count("claimed") == 1


def test_a_refused_submit_waits_in_line_through_the_pause(world: World) -> None:
    identity = world.upload(KEY)
    world.tagging.refuse = ServiceRefused("IMS", "SubmitSmarttagJob", 400, "Throttling.User", "slow down")
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: IMS SubmitSmarttagJob: 400 Throttling.User")
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: until 2026-11-21T08:15:")
    world.clock.forward(FIRST_SECONDS)
    assert submit(world.pipeline, KEY, "event-1") == "submitted: job job-1"
    assert world.facts(identity) == ["uploaded", "claimed", "released", "claimed", "submitted"]
    assert [key for key in world.state.contents if key.startswith("line/")] == [f"line/{world.pipeline.settings.pool}/slots/0000"]


def test_a_submit_without_an_answer_waits_for_its_lease(world: World) -> None:
    """GIVEN a submit that timed out but took effect WHEN it is repeated THEN nothing is sent before the claim has lapsed."""
    identity = world.upload(KEY)
    world.tagging.after_submit = ServiceUnreachable("IMS", "SubmitSmarttagJob", "ReadTimeout")
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: for the claim to lapse")
    assert submit(world.pipeline, KEY, "event-1").startswith("nothing to do")
    # The callback finds home although the job id was never written.
    assert finish(world) == "searchable"
    assert world.stage(identity) == "searchable"
    assert len(world.tagging.jobs) == 1


def test_the_sweep_takes_over_a_lapsed_claim(world: World) -> None:
    identity = world.upload(KEY)
    world.tagging.refuse = ServiceUnreachable("IMS", "SubmitSmarttagJob", "ReadTimeout")
    submit(world.pipeline, KEY, "event-1")
    assert sweep(world.pipeline, raised).done == {identity: "waiting: claimed"}
    world.clock.forward(world.pipeline.settings.claim_seconds)
    assert sweep(world.pipeline, raised).done == {"slot 0": "freed: its claim has lapsed", identity: "submitted: job job-1"}


def test_the_sweep_finishes_a_media_whose_callback_was_lost(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1")
    assert sweep(world.pipeline, raised).done == {identity: "waiting: submitted"}
    world.clock.forward(world.pipeline.settings.callback_seconds)
    assert sweep(world.pipeline, raised).done == {identity: "searchable"}
    assert sweep(world.pipeline, raised).done == {}


@pytest.mark.parametrize("key", [KEY, "uploads/home/a.jpg", "uploads/home/door/evening.event/manifest.json"])
def test_the_sweep_gives_up_a_job_that_never_ends(world: World, key: str) -> None:
    """What may take how long depends on what it is."""
    world.upload("uploads/home/door/evening.event/1.jpg")
    identity = world.upload(key, b'{"images": ["1.jpg"]}')
    submit(world.pipeline, key, "event-1")
    settings = world.pipeline.settings
    kind = world.pipeline.ledger.read(identity).story.kind
    deadline = {"video": 6 * 3600, "image": 1800, "sequence": 3600}[kind]
    assert settings.deadline_seconds(kind) == deadline
    world.clock.forward(deadline - 1)
    assert sweep(world.pipeline, raised).done[identity].startswith("nothing to do yet")
    world.clock.forward(2)
    assert "did not finish in time" in sweep(world.pipeline, raised).done[identity]
    assert world.stage(identity) == "failed"


def test_the_sweep_says_so_when_the_service_forgot_a_job(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.jobs.clear()
    world.clock.forward(world.pipeline.settings.callback_seconds)
    assert "no longer knows job job-1" in sweep(world.pipeline, raised).done[identity]


def test_one_bad_media_does_not_hold_up_the_sweep(world: World) -> None:
    other = KEY.replace("front_door", "garden")
    ids = [world.upload(KEY), world.upload(other)]
    for key in (KEY, other):
        submit(world.pipeline, key, "event")
    world.clock.forward(world.pipeline.settings.callback_seconds)
    first = sorted(ids)[0]
    bad_job = world.pipeline.ledger.read(first).story.job_id
    good_job = next(job for job in world.tagging.jobs if job != bad_job)
    world.tagging.succeed(good_job)
    query = world.tagging.query

    def broken(job_id: str) -> object:
        if job_id == bad_job:
            raise ServiceRefused("IMS", "QuerySmarttagJob", 503, "ServiceUnavailable", "later")
        return query(job_id)

    world.tagging.query = broken  # type: ignore[method-assign, assignment]
    report = sweep(world.pipeline, lambda identity, error: None)
    assert list(report.errors) == [first]
    assert list(report.done.values()) == ["searchable"]


def test_an_index_job_that_is_slow_is_confirmed_by_the_sweep(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.library.states = [["Running"]]
    assert finish(world) == "inserted: still being indexed"
    world.library.states = [["Success"]]
    assert sweep(world.pipeline, raised).done == {identity: "searchable"}
    assert world.library.inserts == 1


def test_a_failed_index_job_is_a_reason(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.library.states = [["Fail"]]
    assert finish(world).startswith("failed: the search library")
    assert world.stage(identity) == "failed"


def test_a_failed_job_keeps_its_reason_and_may_be_tried_again_by_an_upload(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.fail("job-1", "the video is truncated")
    assert collect(world.pipeline, "job-1") == "failed: the video is truncated"
    assert world.pipeline.ledger.read(identity).story.reason == "the video is truncated"
    assert submit(world.pipeline, KEY, "event-1").startswith("nothing to do")
    world.clock.forward(1)
    world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-2") == "submitted: job job-2"


def test_failed_new_content_does_not_leave_the_old_to_be_found(world: World) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    finish(world)
    world.upload(KEY, b"new and broken")
    submit(world.pipeline, KEY, "event-2")
    world.tagging.fail("job-2", "unreadable")
    collect(world.pipeline, "job-2")
    assert identity not in world.library.entries


def test_a_success_without_a_description_is_a_reason(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1")
    world.tagging.jobs["job-1"] = world.tagging.jobs["job-1"].__class__("job-1", "Success", world.tagging.jobs["job-1"].user_data)
    assert "vlEventDesc" in collect(world.pipeline, "job-1")
    assert world.stage(identity) == "failed"


def test_callbacks_repeated_early_or_foreign_change_nothing(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    assert collect(world.pipeline, "job-1") == "nothing to do yet: the job is Submitted"
    finish(world)
    before = world.state.contents.copy()
    assert collect(world.pipeline, "job-1") == "nothing to do: done before"
    world.tagging.jobs["foreign"] = world.tagging.jobs["job-1"].__class__("foreign", "Success", '{"fromICE":true,"pk":1}')
    assert collect(world.pipeline, "foreign") == "ignored: not a job of ours"
    assert world.state.contents == before
    assert world.stage(identity) == "searchable"


def test_a_deleted_object_is_never_found(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    finish(world)
    world.media.delete(KEY)
    assert submit(world.pipeline, KEY, "event-2") == "removed"
    assert identity not in world.library.entries
    assert world.pipeline.records.get(identity) is None
    assert world.facts(identity)[-1] == "removed"


def test_an_object_deleted_while_its_job_runs_is_not_indexed(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.media.delete(KEY)
    assert finish(world) == "removed"
    assert identity not in world.library.entries
    # Another collect may be about to insert it: the marker stays until none can be.
    assert "may still be inserted" in sweep(world.pipeline, raised).done[identity]
    world.clock.forward(world.pipeline.settings.longest_invocation_seconds + 1)
    assert sweep(world.pipeline, raised).done[identity] == "settled: removed"
    assert list(world.pipeline.ledger.pending()) == []


def test_deleted_and_uploaded_again_is_searchable_again(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    finish(world)
    world.media.delete(KEY)
    submit(world.pipeline, KEY, "event-2")
    world.upload(KEY)
    assert submit(world.pipeline, KEY, "event-3") == "submitted: job job-2"
    assert finish(world, "job-2") == "searchable"
    assert identity in world.library.entries


def test_what_is_no_media_is_refused_with_a_reason(world: World) -> None:
    for key, content, words in [
        ("uploads/home/notes.xyz", b"text", "the extension is none of"),
        ("uploads/home/empty.mp4", b"", "zero bytes"),
    ]:
        identity = world.upload(key, content)
        assert words in submit(world.pipeline, key, "event-1")
        assert world.stage(identity) == "refused"
        assert submit(world.pipeline, key, "event-1").startswith("refused")
        assert world.facts(identity) == ["uploaded", "refused"]
    assert world.tagging.jobs == {}


def test_a_sequence_is_one_media(world: World) -> None:
    base = "uploads/home/door/evening.event/"
    for name in ("1.jpg", "2.jpg"):
        world.upload(base + name, name.encode())
        assert submit(world.pipeline, base + name, "event").startswith("ignored: a part of an image sequence")
    identity = world.upload(base + "manifest.json", b'{"images": ["1.jpg", "2.jpg"]}')
    assert submit(world.pipeline, base + "manifest.json", "event") == "submitted: job job-1"
    assert [url.split("?")[0].rpartition("/")[2] for url in world.tagging.inputs[0].urls] == ["1.jpg", "2.jpg"]
    finish(world)
    assert world.library.entries[identity]["address"] == f"oss://media/{base}1.jpg"


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b'{"images": ["1.jpg", "missing.jpg"]}', "missing.jpg is not in the bucket"),
        (b'{"images": ["../../secret.jpg"]}', "lies outside the manifest's folder"),
        (b'{"images": []}', "images: names no image"),
        (b"not json", "is no manifest"),
        (json.dumps({"images": [f"{number}.jpg" for number in range(51)]}).encode(), "name at most 50"),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(world: World, manifest: bytes, words: str) -> None:
    base = "uploads/home/door/evening.event/"
    world.upload(base + "1.jpg")
    identity = world.upload(base + "manifest.json", manifest)
    assert words in submit(world.pipeline, base + "manifest.json", "event")
    assert world.stage(identity) == "failed"
    assert list(world.pipeline.ledger.pending()) == []


def test_a_repeated_failure_of_an_earlier_job_does_not_end_its_successor(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.fail("job-1", "the video is truncated")
    collect(world.pipeline, "job-1")
    world.clock.forward(1)
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-2")
    assert collect(world.pipeline, "job-1") == "ignored: another job of this content counts"
    assert finish(world, "job-2") == "searchable"
    assert world.stage(identity) == "searchable"


def test_a_failure_of_old_content_takes_nothing_from_the_new(world: World) -> None:
    """GIVEN a submit that hangs while new content becomes searchable WHEN it is refused THEN the new content is still found."""
    identity = world.upload(KEY, b"old")
    refuse = world.tagging.submit

    def slow(*arguments: Any) -> str:
        world.tagging.submit = refuse  # type: ignore[method-assign]
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")
        finish(world)
        raise ServiceRefused("IMS", "SubmitSmarttagJob", 400, "InvalidParameter", "no")

    world.tagging.submit = slow  # type: ignore[method-assign, assignment]
    submit(world.pipeline, KEY, "event-1")
    assert world.stage(identity) == "searchable"
    assert identity in world.library.entries


def test_old_content_that_ends_leaves_the_marker_of_the_new(world: World) -> None:
    """GIVEN an index job of old content WHEN new content is claimed meanwhile THEN the sweep still knows of it."""
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    states = world.library.index_states

    def slow(identity: str) -> Any:
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")
        return states(identity)

    world.library.index_states = slow  # type: ignore[method-assign, assignment]
    finish(world)
    assert world.stage(identity) == "submitted"
    assert list(world.pipeline.ledger.pending()) == [identity]


def test_an_object_deleted_while_it_is_inserted_is_not_found(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    insert = world.library.insert

    def slow(*arguments: Any) -> None:
        world.media.delete(KEY)
        submit(world.pipeline, KEY, "event-2")
        insert(*arguments)

    world.library.insert = slow  # type: ignore[method-assign, assignment]
    finish(world)
    assert world.stage(identity) == "removed"
    assert identity not in world.library.entries
    assert world.pipeline.records.get(identity) is None


def test_a_late_insert_of_old_content_does_not_beat_the_new(world: World) -> None:
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    insert = world.library.insert

    def slow(*arguments: Any) -> None:
        world.library.insert = insert  # type: ignore[method-assign]
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-2")
        world.tagging.succeed("job-2", "The new clip")
        collect(world.pipeline, "job-2")
        insert(*arguments)

    world.library.insert = slow  # type: ignore[method-assign, assignment]
    world.tagging.succeed("job-1", "The old clip")
    collect(world.pipeline, "job-1")
    assert world.library.entries[identity]["title"] == "The new clip"
    record = world.pipeline.records.get(identity)
    assert record is not None
    assert record.generation == etag(b"new")


@pytest.mark.parametrize("content", [b"a clip", b"another clip"])
def test_an_upload_while_its_predecessor_is_removed_is_not_lost(world: World, content: bytes) -> None:
    """GIVEN the event of a deletion under way WHEN the object is uploaded again THEN it becomes searchable."""
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    finish(world)
    world.media.delete(KEY)
    delete = world.library.delete

    def slow(media_id: str, namespace: str) -> None:
        world.library.delete = delete  # type: ignore[method-assign]
        world.upload(KEY, content)
        submit(world.pipeline, KEY, "event-3")
        delete(media_id, namespace)

    world.library.delete = slow  # type: ignore[method-assign]
    submit(world.pipeline, KEY, "event-2")
    sweep(world.pipeline, raised)
    finish(world, "job-2")
    assert world.stage(identity) == "searchable"
    assert identity in world.library.entries


def test_content_that_the_library_refuses_is_a_reason(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")

    def refuse(*_: Any) -> None:
        raise ServiceRefused("IMS", "InsertMediaToSearchLib", 400, "InvalidParameter", "no such namespace")

    world.library.insert = refuse  # type: ignore[method-assign, assignment]
    assert "no such namespace" in finish(world)
    assert world.stage(identity) == "failed"
    assert list(world.pipeline.ledger.pending()) == []


def test_a_surprise_with_one_media_does_not_hold_up_the_sweep(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1")
    world.clock.forward(world.pipeline.settings.callback_seconds)
    world.state.put("pending/0", b"media/\xff")
    report = sweep(world.pipeline, lambda identity, error: None)
    assert (list(report.errors), report.done) == (["0"], {identity: "searchable"})


def test_slow_index_jobs_share_the_time_that_a_sweep_waits(world: World) -> None:
    keys = [KEY.replace("front_door", f"door-{number}") for number in range(5)]
    world.library.states = [["Running"]]
    for number, key in enumerate(keys, 1):
        world.upload(key)
        submit(world.pipeline, key, "event")
        finish(world, f"job-{number}")
    before = world.clock.now
    sweep(world.pipeline, raised)
    assert (world.clock.now - before).total_seconds() <= world.pipeline.settings.index_wait_seconds + 2


def test_the_sweep_gives_up_an_index_job_that_never_ends(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.library.states = [["Running"]]
    finish(world)
    world.clock.forward(world.pipeline.settings.video_deadline_seconds + 1)
    assert "did not index the media in time" in sweep(world.pipeline, raised).done[identity]
    assert world.stage(identity) == "failed"
    assert list(world.pipeline.ledger.pending()) == []


def test_the_sweep_takes_on_content_whose_event_was_lost(world: World) -> None:
    """GIVEN new content while a job of the old one runs WHEN no event tells of it THEN the sweep starts its job."""
    identity = world.upload(KEY, b"old")
    submit(world.pipeline, KEY, "event-1")
    world.upload(KEY, b"new")
    assert finish(world).startswith("ignored")
    assert sweep(world.pipeline, raised).done == {identity: "submitted: job job-2"}


def test_a_submit_that_broke_inside_the_service_waits_for_its_lease(world: World) -> None:
    """A gateway's 504 does not say that nothing was started."""
    world.upload(KEY)
    world.tagging.after_submit = ServiceRefused("IMS", "SubmitSmarttagJob", 504, "GatewayTimeout", "")
    assert submit(world.pipeline, KEY, "event-1").startswith("waiting: for the claim to lapse")
    assert submit(world.pipeline, KEY, "event-1").startswith("nothing to do")
    assert len(world.tagging.jobs) == 1


def test_an_append_whose_answer_was_lost_is_not_repeated(world: World) -> None:
    identity = world.upload(KEY)
    append = world.state.append

    def lost(key: str, position: int, content: bytes) -> None:
        append(key, position, content)
        raise ServiceUnreachable("OSS", "POST state", "ReadTimeout")

    world.state.append = lost  # type: ignore[method-assign]
    assert submit(world.pipeline, KEY, "event-1") == "submitted: job job-1"
    assert world.facts(identity) == ["uploaded", "claimed", "submitted"]


@pytest.mark.parametrize("user_data", ['{"kind":"smarttag"}', '{"kind":"smarttag","mediaId":"of somebody else","generation":"E"}'])
def test_a_foreign_job_with_our_kind_leaves_no_trace(world: World, user_data: str) -> None:
    world.tagging.jobs["foreign"] = SmarttagJob("foreign", "Fail", user_data)
    assert collect(world.pipeline, "foreign").startswith("ignored")
    assert world.state.contents == {}


def test_a_library_that_does_not_know_a_new_entry_yet_is_asked_again() -> None:
    world = make_world(index_wait_seconds=0)
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event 1")
    world.tagging.succeed("job-1")
    known = world.library.index_states

    def unknown(media_id: str) -> Sequence[IndexState]:
        world.library.index_states = known  # type: ignore[method-assign]
        raise ServiceRefused("IMS", "QueryMediaIndexJob", 404, "MediaNotFound", "no such media")

    world.library.index_states = unknown  # type: ignore[method-assign]
    assert collect(world.pipeline, "job-1") == "inserted: still being indexed"
    assert collect(world.pipeline, "job-1") == "searchable"
    assert world.stage(identity) == "searchable"
