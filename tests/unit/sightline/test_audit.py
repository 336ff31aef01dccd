"""Lost upload events: what the bucket holds against what the ledgers know."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import ServiceUnreachable
from sightline.media.identity import media_id
from sightline.pipeline.audit import find_lost_uploads
from sightline.pipeline.collect import collect
from sightline.pipeline.cursor import Cursor, read_cursor
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, etag, make_world, raised
from tests.fakes.walks import Attempts, Died, Doom, die, doomed, end_states, walk_once

KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"
GRACE = 600


@pytest.fixture
def world() -> World:
    return make_world(audit_grace_seconds=GRACE, audit_keys_per_sweep=10, jobs_in_flight=0)


def audit(world: World) -> dict[str, str]:
    return walk_once(world, find_lost_uploads)


def count_reads(world: World) -> list[str]:
    """The keys that are read from the state bucket from now on."""
    reads: list[str] = []
    get = world.state.get

    def counting(key: str) -> bytes | None:
        reads.append(key)
        return get(key)

    world.state.get = counting  # type: ignore[method-assign]
    return reads


def test_an_upload_without_event_is_found(world: World) -> None:
    identity = world.upload(KEY)
    world.clock.forward(GRACE + 1)
    assert audit(world) == {KEY: "its event was lost; submitted: job job-1"}
    assert world.stage(identity) == "submitted"
    assert audit(world) == {}


def test_a_young_upload_is_left_to_its_event_and_seen_by_the_next_round(world: World) -> None:
    world.upload(KEY)
    world.clock.forward(GRACE - 1)
    assert audit(world) == {}
    world.clock.forward(2)
    assert list(audit(world)) == [KEY]


@pytest.mark.parametrize("seconds", range(0, 3 * GRACE, GRACE // 4))
def test_no_time_of_upload_falls_between_two_rounds(world: World, seconds: int) -> None:
    found: list[str] = []
    for step in range(0, 5 * GRACE, GRACE // 4):
        if step == seconds:
            world.upload(KEY)
        found += audit(world)
        world.clock.forward(GRACE // 4)
    assert found == [KEY]


def test_new_content_whose_event_was_lost_is_found(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    audit(world)
    world.clock.forward(1)
    world.upload(KEY, b"other content")
    world.clock.forward(GRACE + 1)
    assert list(audit(world)) == [KEY]
    assert world.facts(identity)[-3:] == ["uploaded", "claimed", "submitted"]


def test_an_upload_costs_one_reading_of_its_ledger_for_good(world: World) -> None:
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.clock.forward(GRACE + 1)
    reads = count_reads(world)
    for _ in range(5):
        audit(world)
        world.clock.forward(60)
    assert len([key for key in reads if key.endswith("ledger.jsonl")]) == 1


def test_what_is_no_media_costs_nothing_and_what_is_refused_is_refused_once(world: World) -> None:
    world.media.put("uploads/home/walk.event/1.jpg", b"a part")
    world.media.put("uploads/home/", b"")
    refused = world.upload("uploads/home/notes.txt")
    world.clock.forward(GRACE + 1)
    reads = count_reads(world)
    assert list(audit(world)) == ["uploads/home/notes.txt"]
    assert [key for key in reads if key.endswith("ledger.jsonl") and refused not in key] == []
    assert world.facts(refused) == ["uploaded", "refused"]
    world.clock.forward(GRACE + 1)
    assert audit(world) == {}


def test_failed_content_is_tried_again_where_it_was_uploaded_again_and_only_then(world: World) -> None:
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.fail("job-1", "no such codec")
    collect(world.pipeline, "job-1")
    world.clock.forward(GRACE + 1)
    assert audit(world) == {}
    world.upload(KEY)
    world.clock.forward(GRACE + 1)
    assert audit(world) == {KEY: "its event was lost; submitted: job job-2"}
    assert world.stage(identity) == "submitted"
    world.tagging.fail("job-2", "no such codec")
    collect(world.pipeline, "job-2")
    world.clock.forward(GRACE + 1)
    assert audit(world) == {}


def test_a_sweep_looks_at_so_many_keys_and_the_next_goes_on_behind_them(world: World) -> None:
    keys = [f"uploads/home/{number:03}.mp4" for number in range(25)]
    for key in keys:
        world.upload(key)
    world.clock.forward(GRACE + 1)
    assert [list(audit(world)) for _ in range(4)] == [keys[:10], keys[10:20], keys[20:], []]


def test_it_stops_when_its_time_is_up(world: World) -> None:
    world.upload(KEY)
    world.clock.forward(GRACE + 1)
    attempts = Attempts()
    find_lost_uploads(world.pipeline, attempts, world.clock())
    assert attempts.done == {}
    assert list(audit(world)) == [KEY]


def test_an_upload_that_could_not_be_attended_to_is_tried_again_and_holds_nobody_up(world: World) -> None:
    world.upload("uploads/home/1.mp4")
    world.upload("uploads/home/2.mp4")
    world.clock.forward(GRACE + 1)
    world.state.before_append = fail_once("a first append")
    attempts = Attempts()
    find_lost_uploads(world.pipeline, attempts, world.clock() + timedelta(seconds=60))
    assert list(attempts.errors) == ["uploads/home/1.mp4"]
    assert list(attempts.done) == ["uploads/home/2.mp4"]
    assert list(audit(world)) == ["uploads/home/1.mp4"]
    assert audit(world) == {}


def fail_once(what: str) -> Callable[[str], None]:
    failures = iter([True])

    def fail(key: str) -> None:
        if next(failures, False):
            raise ServiceUnreachable("OSS", what, "ReadTimeout")

    return fail


def test_the_first_round_leaves_what_is_older_than_the_installation_to_backfill() -> None:
    world = make_world(audit_grace_seconds=GRACE, audit_back_seconds=3600)
    world.upload("uploads/home/old.mp4")
    world.clock.forward(3600)
    world.upload("uploads/home/new.mp4")
    world.clock.forward(GRACE + 1)
    assert list(audit(world)) == ["uploads/home/new.mp4"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_our_own_clock_may_be_wrong(world: World, hours: int) -> None:
    """OSS's clock stamps uploads and the beginnings of rounds."""
    wrong = world.pipeline._replace(clock=lambda: world.clock() + timedelta(hours=hours))

    def audit_by_it() -> dict[str, str]:
        attempts = Attempts()
        find_lost_uploads(wrong, attempts, wrong.clock() + timedelta(seconds=60))
        return attempts.done

    world.upload(KEY)
    world.clock.forward(GRACE - 1)
    assert audit_by_it() == {}
    world.clock.forward(2)
    assert list(audit_by_it()) == [KEY]


def test_two_sweepers_at_once_find_each_upload_and_start_one_job(world: World) -> None:
    keys = [f"uploads/home/{number:03}.mp4" for number in range(25)]
    for key in keys:
        world.upload(key)
    world.clock.forward(GRACE + 1)
    for _ in range(3):
        stale = world.state.contents.get("sweep/audit.json")
        audit(world)
        newer = world.state.contents["sweep/audit.json"]
        if stale is not None:
            world.state.contents["sweep/audit.json"] = stale  # the other one began where this one did
        audit(world)
        world.state.contents["sweep/audit.json"] = newer
    assert len(world.tagging.jobs) == 25


STEPS = ("upload", "upload again", "wait", "wait", "sweep", "interrupted sweep", "crashed sweep")


@given(st.lists(st.sampled_from(STEPS), max_size=40), st.randoms())
@settings(max_examples=200, deadline=None)
def test_whatever_the_order_of_uploads_and_sweeps_no_upload_is_left(steps: list[str], chance: Random) -> None:
    """Two sweepers, of which one may stop between any two requests while the other goes on, and may then write its older cursor."""
    world = make_world(audit_grace_seconds=GRACE, audit_keys_per_sweep=3, jobs_in_flight=0, video_deadline_seconds=10**6)
    keys: list[str] = []
    for number, step in enumerate(steps):
        world.clock.forward(chance.randrange(3))
        if step == "upload":
            keys.append(f"uploads/home/{chance.randrange(1000):03}-{number}.mp4")
            world.upload(keys[-1], str(number).encode())
        elif step == "upload again" and keys:
            world.upload(chance.choice(keys), str(number).encode())
        elif step == "wait":
            world.clock.forward(chance.randrange(GRACE))
        elif step.endswith("sweep"):
            _sweep_with(world, step, chance)
    for _ in range(30):  # as many as two rounds take
        world.clock.forward(GRACE)
        sweep(world.pipeline, raised)
    for key in keys:
        story = world.pipeline.ledger.read(media_id("media", key)).story
        assert (story.generation, story.stage) == (etag(world.media.contents[key]), "submitted")
    facts = [fact for key in keys for fact in world.facts(media_id("media", key))]
    assert facts.count("submitted") <= len(world.tagging.jobs) <= facts.count("submitted") + steps.count("crashed sweep")


def _sweep_with(world: World, step: str, chance: Random) -> None:
    def another_sweeps() -> None:
        for _ in range(chance.randrange(4)):
            audit(world)

    happen = die if step == "crashed sweep" else another_sweeps
    doom = Doom(chance.randrange(1, 12) if step != "sweep" else 0, chance.random() < 0.5, happen)
    with suppress(Died):
        find_lost_uploads(doomed(world, doom), Attempts(), world.clock() + timedelta(seconds=60))


def test_a_cursor_that_cannot_be_read_begins_anew(world: World) -> None:
    world.upload(KEY)
    world.clock.forward(GRACE + 1)
    world.state.put("sweep/audit.json", b"{'after': 7")
    assert list(audit(world)) == [KEY]


def test_a_cursor_survives_its_writing() -> None:
    cursor = Cursor(after="uploads/Überwachung\n", again=("uploads/1",))
    assert read_cursor(json.dumps(cursor.to_json()).encode()) == cursor._replace(again=["uploads/1"])


def test_a_problem_at_any_request_changes_nothing_in_the_end() -> None:
    def make() -> World:
        world = make_world(audit_grace_seconds=GRACE)
        world.upload(KEY)
        submit(world.pipeline, KEY, "event-1")
        world.upload("uploads/home/lost.mp4")
        world.upload("uploads/home/lost.txt")
        world.clock.forward(GRACE + 1)
        return world

    ends = end_states(make, find_lost_uploads)
    assert len(ends) > 30
    (_, expected), *others = ends
    assert sorted(expected["stages"].values()) == ["refused", "searchable", "searchable"]
    for name, end in others:
        assert end == expected, name
