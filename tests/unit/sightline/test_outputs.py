"""What jobs made of a media, and what its likeness is known by: kept of the content that is there, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sightline.alike.finding import find
from sightline.alike.index import recall
from sightline.pai.results import ImageLabels
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.endings import remove
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.submit import submit
from sightline.store.types import ListedObject
from tests.fakes.many_jobs import CLIP, PHOTO, upload, world_with
from tests.fakes.sightline import World, etag

EMBEDDINGS = {content: [float(sign * (number % 7 - 3)) for number in range(512)] for content, sign in ((b"old", 1), (b"new", -1))}


def looking(world: World, content: bytes) -> ImageLabels:
    return ImageLabels([], EMBEDDINGS[content])


def found(world: World, content: bytes) -> list[str]:
    """The generations that are found by what looks like this content."""
    return [one.generation for one in find(world.state, "home", EMBEDDINGS[content], 10)]


def walk(world: World) -> None:
    world.clock.forward(700)
    find_orphans(world.pipeline, lambda _name, act: bool(act() or True), world.clock() + timedelta(hours=1))


def test_who_remembers_replaced_content_late_takes_nothing_from_the_newer() -> None:
    """PAI is slow to answer for the old content; meanwhile the new one has been uploaded and looked at."""
    world = world_with("smarttag", "pai:multi_label_image_v2")

    def slow(*_arguments: Any) -> ImageLabels:
        world.analysing.labels = lambda *_arguments: looking(world, b"new")  # type: ignore[method-assign]
        world.media.put(PHOTO, b"new")
        submit(world.pipeline, PHOTO, "e2")
        return looking(world, b"old")

    world.analysing.labels = slow  # type: ignore[method-assign, assignment]
    identity = upload(world, PHOTO, b"old")
    assert recall(world.state, identity, etag(b"new")) is not None
    assert (found(world, b"new"), found(world, b"old")) == ([etag(b"new")], [])


def test_the_likeness_of_replaced_content_goes_when_the_new_is_known() -> None:
    world = world_with("smarttag", "pai:multi_label_image_v2")
    for content in (b"old", b"new"):
        world.analysing.image_labels = looking(world, content)
        identity = upload(world, PHOTO, content)
    assert (found(world, b"new"), found(world, b"old")) == ([etag(b"new")], [])
    assert len([key for key in world.state.contents if key.startswith("similar/")]) == 13
    assert recall(world.state, identity, etag(b"old")) is None


def test_what_is_remembered_of_a_removed_media_goes_at_the_next_walk() -> None:
    world = world_with("smarttag", "pai:multi_label_image_v2")

    def slow(*_arguments: Any) -> ImageLabels:
        world.media.delete(PHOTO)
        remove(world.pipeline, PHOTO)
        return looking(world, b"old")

    world.analysing.labels = slow  # type: ignore[method-assign, assignment]
    upload(world, PHOTO, b"old")
    walk(world)
    assert not any(key.startswith("similar/") for key in world.state.contents)


def test_what_was_made_of_replaced_content_is_looked_for_once() -> None:
    world = world_with("production:VideoClip")
    upload(world)
    old = world.producing.succeed("made-1", [b"short"])
    collect_production(world.pipeline, "made-1")
    upload(world, content=b"another clip")
    new = world.producing.succeed("made-2", [b"shorter"])
    collect_production(world.pipeline, "made-2")
    listings, listed = list[str](), world.media.objects

    def objects(prefix: str, after: str = "") -> Iterator[ListedObject]:
        listings.append(prefix)
        return listed(prefix, after)

    world.media.objects = objects  # type: ignore[method-assign]
    walk(world)
    assert (world.media.head(old[0]), world.media.head(new[0]) is None) == (None, False)
    assert len([prefix for prefix in listings if prefix.startswith("derived/")]) == 1
    assert CLIP in world.media.contents
