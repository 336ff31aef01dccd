"""What has come apart: objects, ledgers, records and library entries without each other."""

from __future__ import annotations

import json

import pytest

from sightline.errors import ServiceRefused
from sightline.ims.search_library import IndexState
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, etag, make_world, raised
from tests.fakes.walks import Attempts, end_states, walk_once

KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"
GRACE = 600


@pytest.fixture
def world() -> World:
    return make_world(audit_grace_seconds=GRACE, jobs_in_flight=0)


def check(world: World) -> dict[str, str]:
    return walk_once(world, find_orphans)


def searchable(world: World, key: str = KEY, content: bytes = b"a clip") -> str:
    """Its media id, when everything about it has settled."""
    identity = world.upload(key, content)
    before = set(world.tagging.jobs)
    submit(world.pipeline, key, f"event-{len(before)}")
    (job_id,) = set(world.tagging.jobs) - before
    world.tagging.succeed(job_id)
    assert collect(world.pipeline, job_id) == "searchable"
    world.clock.forward(GRACE)
    return identity


def test_where_all_is_well_nothing_is_done(world: World) -> None:
    identity = searchable(world)
    before = dict(world.state.contents)
    assert check(world) == {}
    del world.state.contents["sweep/orphans.json"]
    assert world.state.contents == before
    assert identity in world.library.entries


def test_a_lost_removal_event_is_made_up_for(world: World) -> None:
    identity = searchable(world)
    world.media.delete(KEY)
    assert check(world) == {identity: "removed"}
    assert world.library.entries == {}
    assert [key for key in world.state.contents if key.startswith(identity)] == [f"{identity}/ledger.jsonl"]
    assert check(world) == {}


@pytest.mark.parametrize("steps", [0, 1])
def test_an_object_that_went_before_its_media_was_searchable(world: World, steps: int) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    if steps:
        world.tagging.fail("job-1", "no such codec")
        collect(world.pipeline, "job-1")
    world.media.delete(KEY)
    world.clock.forward(GRACE)
    assert check(world) == {identity: "removed"}
    assert list(world.pipeline.ledger.pending()) == []


def test_a_refused_upload_that_is_gone_leaves_a_story_that_ends(world: World) -> None:
    identity = world.upload("uploads/home/notes.txt")
    submit(world.pipeline, "uploads/home/notes.txt", "event-1")
    world.clock.forward(GRACE)
    assert check(world) == {}
    assert world.stage(identity) == "refused"
    world.media.delete("uploads/home/notes.txt")
    assert check(world) == {identity: "removed"}


def test_a_lost_library_entry_is_indexed_anew_without_a_new_job(world: World) -> None:
    identity = searchable(world)
    world.library.entries.clear()
    assert check(world) == {identity: "reopened: its library entry is lost"}
    sweep(world.pipeline, raised)
    assert world.stage(identity) == "searchable"
    assert world.library.entries[identity]["title"] == "A person walks"
    assert len(world.tagging.jobs) == 1
    assert list(world.pipeline.ledger.pending()) == []


def test_a_reopened_media_keeps_its_marker_whoever_saw_it_final(world: World) -> None:
    identity = searchable(world)
    world.library.entries.clear()

    def clear(key: str) -> None:
        world.pipeline.ledger.clear_pending(identity)

    world.state.before_append = clear
    check(world)
    assert list(world.pipeline.ledger.pending()) == [identity]


@pytest.mark.parametrize("exists", [True, False])
def test_an_unknown_media_is_told_from_an_unknown_library(world: World, exists: bool) -> None:
    identity = searchable(world)

    def unknown(media_id: str) -> list[IndexState]:
        raise ServiceRefused("IMS", "QueryMediaIndexJob", 404, "ResourceNotFound", "no such thing")

    world.library.index_states = unknown  # type: ignore[method-assign]
    world.library.exists = lambda: exists  # type: ignore[method-assign]
    attempts = Attempts()
    find_orphans(world.pipeline, attempts, world.clock().replace(year=2030))
    assert list(attempts.done if exists else attempts.errors) == [identity]
    assert world.stage(identity) == ("understood" if exists else "searchable")


def test_an_index_job_that_failed_later_is_repeated(world: World) -> None:
    identity = searchable(world)
    world.library.states = [["Success", "Fail"]]
    assert check(world) == {identity: "reopened: its index job failed later"}
    world.library.states = [["Success"]]
    sweep(world.pipeline, raised)
    assert world.stage(identity) == "searchable"


@pytest.mark.parametrize("state", ["lost", "of another generation"])
def test_a_record_that_is_lost_is_made_again_from_the_parts(world: World, state: str) -> None:
    identity = searchable(world)
    key = f"{identity}/record.json"
    good = world.state.contents[key]
    if state == "lost":
        world.state.delete(key)
    else:
        world.state.put(key, json.dumps({**json.loads(good), "generation": "A" * 32}).encode())
    assert check(world) == {identity: "reopened: its record is lost"}
    sweep(world.pipeline, raised)
    assert world.state.contents[key] == good


def test_without_parts_a_record_is_not_made_empty(world: World) -> None:
    identity = searchable(world)
    world.library.entries.clear()
    world.state.delete(f"{identity}/parts/{etag(b'a clip')}/smarttag.json")
    assert check(world) == {identity: "reopened: its library entry is lost"}
    sweep(world.pipeline, raised)
    assert world.stage(identity) == "failed"
    assert "smarttag.json is not there" in world.pipeline.ledger.read(identity).story.reason
    # AND uploading the same content again is another try
    world.clock.forward(1)
    assert searchable(world) == identity
    assert world.stage(identity) == "searchable"


def test_parts_of_earlier_content_are_deleted(world: World) -> None:
    identity = searchable(world)
    old = f"{identity}/parts/{etag(b'a clip')}/smarttag.json"
    searchable(world, content=b"other content")
    assert old in world.state.contents
    assert check(world) == {}
    assert old not in world.state.contents
    assert f"{identity}/parts/{etag(b'other content')}/smarttag.json" in world.state.contents


def test_a_record_without_ledger_is_deleted_or_begins_anew(world: World) -> None:
    gone, there = searchable(world, "uploads/home/gone.mp4"), searchable(world, "uploads/home/there.mp4")
    for identity in (gone, there):
        world.state.delete(f"{identity}/ledger.jsonl")
    world.media.delete("uploads/home/gone.mp4")
    assert check(world) == {gone: "deleted: a record without a ledger", there: "it has no ledger; submitted: job job-3"}
    assert [key for key in world.state.contents if key.startswith(gone)] == []
    assert list(world.library.entries) == [there]


def test_facts_of_a_newer_version_are_left_alone(world: World) -> None:
    identity = media_id("media", KEY)
    line = b'{"v":2,"at":"2026-11-21T08:15:30.000Z","fact":"praised","generation":"A"}\n'
    world.state.put(f"{identity}/ledger.jsonl", line)
    assert check(world) == {}
    assert world.state.contents[f"{identity}/ledger.jsonl"] == line


def test_an_older_version_that_was_brought_back_is_taken_on(world: World) -> None:
    """Its LastModified lies before every window of the audit."""
    identity = searchable(world)
    searchable(world, content=b"other content")
    world.media.put(KEY, b"a clip")
    assert list(check(world)) == [identity]
    assert world.facts(identity)[-3:] == ["uploaded", "claimed", "submitted"]


def test_an_object_that_came_back_after_its_removal_is_taken_on(world: World) -> None:
    identity = searchable(world)
    world.media.delete(KEY)
    check(world)
    world.media.put(KEY, b"a clip")
    world.clock.forward(GRACE)
    assert list(check(world)) == [identity]
    assert world.stage(identity) == "submitted"


def test_what_a_crash_left_of_a_removed_media_goes(world: World) -> None:
    """The inserter was late: he stored a record and an entry after the removal, and died before he could take them out again."""
    identity = searchable(world)
    record, entry = world.state.contents[f"{identity}/record.json"], dict(world.library.entries)
    world.media.delete(KEY)
    submit(world.pipeline, KEY, "event-2")
    world.state.put(f"{identity}/record.json", record)
    world.library.entries.update(entry)
    world.clock.forward(GRACE)
    check(world)
    assert world.library.entries == {}
    assert [key for key in world.state.contents if key.startswith(identity)] == [f"{identity}/ledger.jsonl"]


def test_failed_content_that_was_uploaded_again_meanwhile_is_tried_again(world: World) -> None:
    """The audit passed it by while its job still ran."""
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.clock.forward(1)
    world.upload(KEY)
    world.tagging.fail("job-1", "no such codec")
    collect(world.pipeline, "job-1")
    world.clock.forward(GRACE)
    assert check(world) == {identity: "its event was lost; submitted: job job-2"}


def test_a_failed_media_does_not_keep_the_record_of_earlier_content(world: World) -> None:
    identity = searchable(world)
    record, entry = world.state.contents[f"{identity}/record.json"], dict(world.library.entries)
    world.upload(KEY, b"other content")
    submit(world.pipeline, KEY, "event-2")
    world.tagging.fail("job-2", "no such codec")
    collect(world.pipeline, "job-2")
    world.state.put(f"{identity}/record.json", record)
    world.library.entries.update(entry)
    world.clock.forward(GRACE)
    check(world)
    assert world.library.entries == {}
    assert world.stage(identity) == "failed"


def test_an_unfinished_media_whose_marker_is_lost_gets_one(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.state.delete(f"pending/{identity}")
    world.clock.forward(GRACE)
    check(world)
    assert list(world.pipeline.ledger.pending()) == [identity]


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_media_that_waits_keeps_its_place_or_gets_it_back(is_lost: bool) -> None:
    world = make_world(audit_grace_seconds=GRACE, jobs_in_flight=1)
    for name in ("1", "2", "3"):
        world.upload(f"uploads/home/{name}.mp4")
        submit(world.pipeline, f"uploads/home/{name}.mp4", f"event-{name}")
        world.clock.forward(1)
    before = [key for key in world.state.contents if "/waiting/" in key]
    assert len(before) == 2
    if is_lost:
        world.state.delete(before[0])
    world.clock.forward(GRACE)
    check(world)
    assert sorted(key for key in world.state.contents if "/waiting/" in key) == before


def test_what_moved_a_moment_ago_is_left_alone(world: World) -> None:
    identity = searchable(world)
    world.library.entries.clear()
    world.clock.forward(-1)
    assert check(world) == {}
    world.clock.forward(1)
    assert list(check(world)) == [identity]


def test_media_of_another_bucket_are_left_alone(world: World) -> None:
    searchable(world)
    world.media.name = "another"
    world.media.delete(KEY)
    assert check(world) == {}


def test_a_sweep_checks_so_many_and_the_next_goes_on_behind_them() -> None:
    world = make_world(audit_grace_seconds=GRACE, jobs_in_flight=0, media_checked_per_sweep=3)
    identities = sorted(searchable(world, f"uploads/home/{number}.mp4") for number in range(7))
    for number in range(7):
        world.media.delete(f"uploads/home/{number}.mp4")
    found = [list(check(world)) for _ in range(4)]
    assert found == [identities[:3], identities[3:6], identities[6:], []]


def test_two_sweepers_at_once_do_no_harm(world: World) -> None:
    lost, gone = searchable(world, "uploads/home/lost.mp4"), searchable(world, "uploads/home/gone.mp4")
    del world.library.entries[lost]
    world.media.delete("uploads/home/gone.mp4")
    interrupted = False

    def other(key: str) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            check(world)

    world.state.before_append = other
    check(world)
    sweep(world.pipeline, raised)
    assert world.facts(gone).count("removed") == 1
    assert world.facts(lost).count("reopened") == 1
    assert (world.stage(lost), world.stage(gone)) == ("searchable", "removed")
    assert list(world.library.entries) == [lost]


def test_a_problem_at_any_request_changes_nothing_in_the_end() -> None:
    def make() -> World:
        world = make_world(audit_grace_seconds=GRACE)
        searchable(world, "uploads/home/well.mp4")
        del world.library.entries[searchable(world, "uploads/home/lost.mp4")]
        searchable(world, "uploads/home/gone.mp4")
        world.media.delete("uploads/home/gone.mp4")
        world.state.delete(searchable(world, "uploads/home/bare.mp4") + "/ledger.jsonl")
        world.media.delete("uploads/home/bare.mp4")
        searchable(world, "uploads/home/new.mp4")
        searchable(world, "uploads/home/new.mp4", b"other content")
        return world

    ends = end_states(make, find_orphans)
    assert len(ends) > 60
    (_, expected), *others = ends
    assert sorted(expected["stages"].values()) == ["removed", "searchable", "searchable", "searchable"]
    assert len(expected["library"]) == 3
    for name, end in others:
        assert end == expected, name
