"""Facts go some time after their media, and never what came after them."""

from __future__ import annotations

import pytest

from sightline.errors import LedgerConflict
from sightline.pipeline.collect import collect
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.retention import forget_facts
from sightline.pipeline.submit import submit
from tests.fakes.sightline import World, make_world
from tests.fakes.walks import end_states, walk_once

KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"
DAY = 24 * 3600
LEASE = 90


@pytest.fixture
def world() -> World:
    return make_world(facts_retention_days=30, claim_seconds=LEASE, jobs_in_flight=0)


def removed(world: World, key: str = KEY) -> str:
    identity = world.upload(key)
    submit(world.pipeline, key, "event-1")
    world.media.delete(key)
    submit(world.pipeline, key, "event-2")
    assert world.stage(identity) == "removed"
    return identity


def check(world: World) -> dict[str, str]:
    return walk_once(world, find_orphans)


def test_facts_are_kept_for_their_time_and_then_nothing_is_left(world: World) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY - 1)
    assert check(world) == {}
    world.clock.forward(1)
    assert check(world) == {identity: "its facts were deleted"}
    assert [key for key in world.state.contents if key.startswith((identity, "pending/"))] == []
    assert check(world) == {}


def test_facts_of_an_object_that_is_there_are_kept(world: World) -> None:
    failed, refused = world.upload(KEY), world.upload("uploads/home/notes.txt")
    submit(world.pipeline, KEY, "event-1")
    submit(world.pipeline, "uploads/home/notes.txt", "event-2")
    world.tagging.fail("job-1", "no such codec")
    collect(world.pipeline, "job-1")
    world.clock.forward(400 * DAY)
    assert check(world) == {}
    assert (world.stage(failed), world.stage(refused)) == ("failed", "refused")


def test_what_a_crash_left_in_the_folder_and_in_the_library_goes_too(world: World) -> None:
    identity = removed(world)
    world.state.put(f"{identity}/notes.json", b"{}")
    world.library.insert(identity, f"oss://media/{KEY}", "video", "", "", "home")
    world.clock.forward(30 * DAY)
    check(world)
    assert [key for key in world.state.contents if key.startswith(identity)] == []
    assert world.library.entries == {}


def test_an_upload_meets_the_lock_and_is_taken_on_after_it(world: World) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY)

    def come_back(key: str) -> None:
        world.state.delete = delete  # type: ignore[method-assign]
        world.upload(KEY, b"other content")
        with pytest.raises(LedgerConflict):
            submit(world.pipeline, KEY, "event-3")
        delete(key)

    delete = world.state.delete
    world.state.delete = come_back  # type: ignore[method-assign]
    assert check(world) == {identity: "its facts were deleted"}
    assert submit(world.pipeline, KEY, "event-3") == "submitted: job job-2"
    assert world.facts(identity) == ["uploaded", "claimed", "submitted"]


@pytest.mark.parametrize("content", [b"a clip", b"other content"])
def test_an_object_that_came_back_before_the_lock_is_taken_on_at_once(world: World, content: bytes) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY)

    def come_back(key: str) -> None:
        world.state.before_append = lambda key: None
        world.upload(KEY, content)

    world.state.before_append = come_back
    assert forget_facts(world.pipeline, identity) == "its object came back; submitted: job job-2"
    assert world.facts(identity)[-5:] == ["forgotten", "removed", "uploaded", "claimed", "submitted"]


def test_a_new_upload_wins_where_it_is_faster_than_the_lock(world: World) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY)

    def come_back(key: str) -> None:
        world.state.before_append = lambda key: None
        world.upload(KEY, b"other content")
        submit(world.pipeline, KEY, "event-3")

    world.state.before_append = come_back
    assert forget_facts(world.pipeline, identity) == ""
    assert world.stage(identity) == "submitted"


def test_whoever_took_too_long_leaves_the_ledger_to_the_next_round(world: World) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY)
    library_delete = world.library.delete

    def slow(media_id: str, namespace: str) -> None:
        world.clock.forward(LEASE / 2)
        library_delete(media_id, namespace)

    world.library.delete = slow  # type: ignore[method-assign]
    assert forget_facts(world.pipeline, identity).startswith("its facts are to be deleted")
    assert world.stage(identity) == "forgotten"
    world.library.delete = library_delete  # type: ignore[method-assign]
    assert forget_facts(world.pipeline, identity) == ""
    world.clock.forward(LEASE / 2)
    assert forget_facts(world.pipeline, identity) == "its facts were deleted"


def test_an_upload_after_a_lapsed_lock_is_taken_on(world: World) -> None:
    """Whoever locked the ledger died; the object came back with the very content of then."""
    identity = removed(world)
    world.clock.forward(30 * DAY)
    state_delete = world.state.delete
    world.state.delete = lambda key: None  # type: ignore[method-assign]
    check(world)
    world.state.delete = state_delete  # type: ignore[method-assign]
    world.upload(KEY)
    world.clock.forward(DAY)
    check(world)
    assert world.stage(identity) == "submitted"


def test_two_sweepers_at_once_delete_it_once(world: World) -> None:
    identity = removed(world)
    world.clock.forward(30 * DAY)
    outcomes: list[str] = []

    def other(key: str) -> None:
        world.state.before_append = lambda key: None
        outcomes.append(forget_facts(world.pipeline, identity))
        world.upload(KEY, b"other content")
        submit(world.pipeline, KEY, "event-3")

    world.state.before_append = other
    outcomes.append(forget_facts(world.pipeline, identity))
    assert outcomes == ["its facts were deleted", ""]
    assert world.facts(identity) == ["uploaded", "claimed", "submitted"]


def test_a_problem_at_any_request_changes_nothing_in_the_end() -> None:
    def make() -> World:
        world = make_world(facts_retention_days=30)
        removed(world)
        world.state.put(removed(world, "uploads/home/2.mp4") + "/notes.json", b"{}")
        world.clock.forward(30 * DAY)
        return world

    ends = end_states(make, find_orphans)
    assert len(ends) > 30
    for name, end in ends:
        assert end == {"keys": [], "stages": {}, "library": {}}, name
