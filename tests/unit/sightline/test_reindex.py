"""Media are put back into the library from what is stored of them, and nothing that is on its own way is touched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sightline.errors import ServiceUnreachable
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.reindex import Wanted, confirm, media_ids, reindex
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, make_world

KEY = "uploads/home/door/clip.mp4"


def finished(world: World, key: str = KEY) -> str:
    """A media that is searchable."""
    identity = world.upload(key)
    submit(world.pipeline, key, f"put {key}")
    job = world.pipeline.ledger.read(identity).story.job_id
    world.tagging.succeed(job)
    collect(world.pipeline, job)
    assert world.stage(identity) == "searchable"
    return identity


def do(world: World, identity: str, wanted: Wanted = "all") -> str:
    return reindex(world.pipeline, identity, wanted, world.clock() + timedelta(seconds=20))


def test_a_library_that_was_lost_comes_back_without_a_job() -> None:
    world = make_world()
    keys = [f"uploads/home/door/{number}.mp4" for number in range(5)]
    entries = {finished(world, key): dict(world.library.entries[media_id("media", key)]) for key in keys}
    # GIVEN a library that was dropped and made anew
    world.library.entries.clear()
    # WHEN
    outcomes = {identity: do(world, identity, "missing") for identity in media_ids(world.state)}
    # THEN every media is there as it was, and no job was submitted
    assert outcomes == dict.fromkeys(sorted(entries), "searchable")
    assert world.library.entries == entries
    assert len(world.tagging.jobs) == len(keys)
    assert not list(world.pipeline.ledger.pending())


def test_missing_leaves_what_the_library_knows() -> None:
    world = make_world()
    identity = finished(world)
    assert do(world, identity, "missing") == "left: in the library"
    assert do(world, identity, "failed") == "left: searchable"
    assert world.library.inserts == 1
    assert do(world, identity, "all") == "searchable"
    assert world.library.inserts == 2


def test_what_failed_at_the_index_is_tried_again_and_nothing_else_that_failed() -> None:
    world = make_world()
    world.library.states = [["Fail"]]
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "put")
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    assert world.pipeline.ledger.read(identity).story.step == "index"
    world.library.states = [["Success"]]
    assert do(world, identity, "missing") == "left: failed at index"
    assert do(world, identity, "failed") == "searchable"
    other = world.upload("uploads/home/door/other.mp4")
    submit(world.pipeline, "uploads/home/door/other.mp4", "put other")
    world.tagging.fail("job-2", "black")
    collect(world.pipeline, "job-2")
    assert do(world, other, "failed") == "left: failed at understand"


def test_a_media_on_its_way_is_left_alone() -> None:
    world = make_world()
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "put")
    before = world.facts(identity)
    assert do(world, identity) == "left: on its way already"
    assert world.facts(identity) == before


def test_content_that_changed_goes_its_own_way() -> None:
    world = make_world()
    identity = finished(world)
    before = world.facts(identity)
    world.upload(KEY, b"another clip")
    assert do(world, identity) == "left: its content has changed, and goes its own way"
    world.media.delete(KEY)
    assert do(world, identity) == "left: its object is gone"
    assert world.facts(identity) == before


def test_content_that_changes_between_reading_and_reopening_is_never_indexed_as_the_old() -> None:
    world = make_world()
    identity = finished(world)

    def replace_it(key: str) -> None:
        if key.endswith("ledger.jsonl"):
            world.state.before_append = lambda key: None
            world.upload(KEY, b"another clip")
            submit(world.pipeline, KEY, "put again")

    world.state.before_append = replace_it
    assert do(world, identity).startswith("ignored")
    assert world.library.inserts == 1
    assert world.stage(identity) == "submitted"


def test_a_media_without_stored_parts_is_left_with_the_way_out() -> None:
    world = make_world()
    identity = finished(world)
    for key in list(world.state.keys(f"{identity}/parts/")):
        world.state.delete(key)
    assert do(world, identity) == "left: nothing is stored of its job; upload it again"
    assert world.stage(identity) == "searchable"


def test_the_sweep_finishes_what_was_reopened_and_then_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    identity = finished(world)
    world.library.entries.clear()

    def no_answer(*arguments: str) -> None:
        raise ServiceUnreachable("IMS", "InsertMediaToSearchLib", "timeout")

    with monkeypatch.context() as patched:
        patched.setattr(world.library, "insert", no_answer)
        with pytest.raises(ServiceUnreachable):
            do(world, identity)
    assert world.stage(identity) == "understood"
    sweep(world.pipeline, lambda what, error: pytest.fail(f"{what}: {error}"))
    assert world.stage(identity) == "searchable"
    assert len(world.tagging.jobs) == 1


def test_slow_index_jobs_are_confirmed_later() -> None:
    world = make_world()
    identity = finished(world)
    world.library.states = [["Running"], ["Success"]]
    assert reindex(world.pipeline, identity, "all", world.clock()) == "inserted: still being indexed"
    assert confirm(world.pipeline, identity, world.clock()) == "searchable"
    assert confirm(world.pipeline, identity, world.clock()) == "searchable"
    assert world.library.inserts == 2


def test_only_media_ids_are_walked() -> None:
    world = make_world()
    identity = finished(world)
    for key in ("line/pool/pace.json", "sweep/orphans.json", "abc/ledger.jsonl"):
        world.state.put(key, b"{}")
    assert list(media_ids(world.state)) == [identity]
    assert list(media_ids(world.state, identity)) == []
