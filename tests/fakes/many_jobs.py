"""A world over fakes whose uploads get jobs beside the smart tags, and short ways to drive it."""

from __future__ import annotations

from typing import Any

from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.record.model import Record
from tests.fakes.sightline import World, make_world, raised

CLIP, PHOTO = "uploads/home/door/a.mp4", "uploads/home/door/a.jpg"
PAI = {"pai_host": "http://pai.example", "pai_app_id": "app", "pai_token": "secret"}


def world_with(*jobs: Any, **settings: Any) -> World:
    """Every upload gets these jobs, as a rule names them."""
    return make_world({"rules": [{"jobs": list(jobs)}]}, **PAI, **settings)


def upload(world: World, key: str = CLIP, content: bytes = b"a clip") -> str:
    """Put the object, and submit it; the media id."""
    identity = world.upload(key, content)
    submit(world.pipeline, key, "e1")
    return identity


def record(world: World, identity: str) -> Record:
    found = world.pipeline.records.get(identity)
    assert found is not None
    return found


def later(world: World, seconds: float = 90) -> dict[str, str]:
    """A sweep after so long, in which nothing goes wrong: what was done to whom."""
    world.clock.forward(seconds)
    report = sweep(world.pipeline, raised)
    assert report.errors == {}
    return report.done
