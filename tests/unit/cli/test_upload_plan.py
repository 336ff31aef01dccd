"""Which files become which keys, and when an upload's ledger tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.follow import follow
from cli.output import Output
from cli.upload import Uploaded, plan
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from tests.fakes.sightline import etag, make_world

KEY = "uploads/home/door/clip.mp4"


def file(path: Path, content: bytes = b"a clip") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_two_files_of_one_key_are_refused_before_one_replaces_the_other(tmp_path: Path) -> None:
    paths = [file(tmp_path / "a" / "clip.mp4"), file(tmp_path / "b" / "clip.mp4", b"another")]
    with pytest.raises(CommandError, match=r"would both be uploads/home/door/clip\.mp4"):
        plan(paths, "home", "door")
    assert len(plan([paths[0], paths[0]], "home", "door")) == 2


@pytest.mark.parametrize(("namespace", "device"), [("", "door"), (" ", "door"), ("home", ""), ("a/b", "door"), ("home", "x.event")])
def test_a_name_that_would_change_the_layout_is_refused(tmp_path: Path, namespace: str, device: str) -> None:
    with pytest.raises(CommandError, match="can't be"):
        plan([file(tmp_path / "clip.mp4")], namespace, device)


def test_a_sequence_without_its_manifest_is_refused(tmp_path: Path) -> None:
    file(tmp_path / "evening.event" / "1.jpg")
    with pytest.raises(CommandError, match=r"without a manifest\.json"):
        plan([tmp_path / "evening.event"], "home", "door")


def test_a_sequence_goes_up_with_its_images_first(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.jpg"):
        file(tmp_path / "evening" / name)
    file(tmp_path / "evening" / "manifest.json", json.dumps({"images": ["1.jpg", "2.jpg"]}).encode())
    planned = plan([tmp_path / "evening"], "home", "door")
    base = "uploads/home/door/evening.event/"
    assert [(item.key, item.is_media) for item in planned] == [
        (base + "1.jpg", False),
        (base + "2.jpg", False),
        (base + "manifest.json", True),
    ]


def test_the_end_of_an_earlier_try_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    """GIVEN content that failed WHEN it is uploaded again THEN following it waits for the second try."""
    world = make_world()
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    world.tagging.fail("job-1", "unreadable")
    collect(world.pipeline, "job-1")
    world.clock.forward(1)
    world.upload(KEY)
    again = Uploaded(tmp_path / "clip.mp4", KEY, media_id("media", KEY), etag(b"a clip"), world.clock())
    [before] = follow(world.pipeline.ledger, [again], Output(as_json=True), 0)
    assert before.story.stage == "unknown"
    submit(world.pipeline, KEY, "event-2")
    [after] = follow(world.pipeline.ledger, [again], Output(as_json=True), 0)
    assert (after.story.stage, after.story.job_id) == ("submitted", "job-2")
