"""Those who are late: an invocation that hangs while others go on, and does its last step when all has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sightline.errors import ServiceRefused
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.store.types import ObjectInfo
from tests.fakes.sightline import World, etag, make_world, raised

KEY = "uploads/home/door/clip.mp4"


class Crash(BaseException):
    """The instance is gone."""


@pytest.fixture
def world() -> World:
    return make_world()


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
        world.finish("job-2", "The new clip")
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
    world.finish("job-1")
    if old is None:
        world.media.delete(KEY)
    else:
        world.upload(KEY, old)

    def meanwhile() -> None:
        world.upload(KEY, b"new")
        submit(world.pipeline, KEY, "event-3")
        world.finish("job-2", "The new clip")

    slow_head(world, meanwhile)
    submit(world.pipeline, KEY, "event-2")
    assert world.stage(identity) == "searchable"
    assert world.library.entries[identity]["title"] == "The new clip"


def test_an_entry_that_somebody_late_took_out_is_inserted_again(world: World) -> None:
    identity = world.upload(KEY)
    world.library.states = [["Running"]]
    submit(world.pipeline, KEY, "event-1")
    assert world.finish("job-1").startswith("inserted")
    world.library.entries.clear()
    world.library.states = [[], ["Success"]]
    world.clock.forward(world.pipeline.settings.callback_seconds)
    assert sweep(world.pipeline, raised).done[identity] == "searchable"
    assert identity in world.library.entries


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
    assert world.finish("job-1") == "searchable"
    world.clock.forward(60)
    sweep(world.pipeline, raised)
    assert (len(world.tagging.jobs), len(world.pipeline.line.waiting)) == (1, 0)


def test_who_is_late_to_end_earlier_content_leaves_newer_content_alone(world: World) -> None:
    # GIVEN content that can be found, and newer content whose job fails
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event 1")
    world.finish("job-1")
    world.upload(KEY, b"second")
    submit(world.pipeline, KEY, "event 2")
    world.tagging.fail("job-2", "no picture in it")
    delete = world.library.delete

    def late(media_id: str, namespace: str) -> None:
        world.library.delete = delete  # type: ignore[method-assign]
        world.upload(KEY, b"third")
        submit(world.pipeline, KEY, "event 3")
        assert world.finish("job-3", "A dog") == "searchable"
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
