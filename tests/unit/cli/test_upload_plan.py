"""Which files become which keys, and when an upload's ledger tells of it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.deployed import why_refused
from cli.errors import CommandError
from cli.follow import follow
from cli.output import Output
from cli.upload import Judge, PassedOver, Uploaded, plan, say_passed_over
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.plan import NO_JOBS
from sightline.pipeline.submit import submit
from tests.fakes.many_jobs import world_with
from tests.fakes.sightline import etag, make_world

KEY = "uploads/home/door/clip.mp4"


def file(path: Path, content: bytes = b"a clip") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def takes_all(_key: str, _size: int) -> str:
    return ""


def judged_by(rules: Any) -> Judge:
    return partial(why_refused, make_world(rules).pipeline)


def test_a_sound_in_a_folder_goes_up_where_a_rule_gives_it_a_job(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.wav", "c.txt"):
        file(tmp_path / name)
    sounds = {"match": {"kind": "audio"}, "jobs": ["production:AudioQualityAssessment"]}
    taken = plan([tmp_path], "home", "door", judged_by({"rules": [{"match": {"kind": "video"}, "jobs": ["smarttag"]}, sounds]}))
    assert [item.path.name for item in taken.uploads] == ["a.mp4", "b.wav"]
    assert [(item.path.name, item.reason.partition(" is none of ")[0]) for item in taken.passed_over] == [("c.txt", "the extension")]


def test_what_would_get_no_job_stays_where_it_is_unless_it_is_named(tmp_path: Path) -> None:
    film, sound = file(tmp_path / "a.mp4"), file(tmp_path / "b.wav")
    judge = judged_by({"rules": [{"match": {"kind": "video"}, "jobs": ["smarttag"]}]})
    (left,) = plan([tmp_path], "home", "door", judge).passed_over
    assert (left.path, left.reason) == (sound, NO_JOBS)
    assert left.to_json()["key"] == f"uploads/home/door/{tmp_path.name}/b.wav"
    assert [item.path for item in plan([film, sound], "home", "door", judge).uploads] == [film, sound]
    film.unlink()
    with pytest.raises(CommandError, match=r"nothing in there would get a job; b\.wav: no rule gives it a job"):
        plan([tmp_path], "home", "door", judge)


def test_what_may_get_a_job_by_its_length_goes_up(tmp_path: Path) -> None:
    file(tmp_path / "b.wav")
    rules = {"rules": [{"match": {"duration": {"at_least": 5}}, "jobs": ["production:AudioQualityAssessment"]}]}
    assert len(plan([tmp_path], "home", "door", judged_by(rules)).uploads) == 1


def test_what_is_passed_over_is_said_once_for_each_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = [PassedOver(tmp_path / f"{name}.wav", "key", NO_JOBS) for name in "abcde"] + [PassedOver(tmp_path / "f.mp4", "key", "too large")]
    say_passed_over(Output(as_json=False), left)
    assert capsys.readouterr().out == f"passed over: a.wav, b.wav, c.wav and 2 more: {NO_JOBS}\npassed over: f.mp4: too large\n"


def test_two_files_of_one_key_are_refused_before_one_replaces_the_other(tmp_path: Path) -> None:
    paths = [file(tmp_path / "a" / "clip.mp4"), file(tmp_path / "b" / "clip.mp4", b"another")]
    with pytest.raises(CommandError, match=r"would both be uploads/home/door/clip\.mp4"):
        plan(paths, "home", "door", takes_all)
    assert len(plan([paths[0], paths[0]], "home", "door", takes_all).uploads) == 2


@pytest.mark.parametrize(("namespace", "device"), [("", "door"), (" ", "door"), ("home", ""), ("a/b", "door"), ("home", "x.event")])
def test_a_name_that_would_change_the_layout_is_refused(tmp_path: Path, namespace: str, device: str) -> None:
    with pytest.raises(CommandError, match="can't be"):
        plan([file(tmp_path / "clip.mp4")], namespace, device, takes_all)


def test_a_sequence_without_its_manifest_is_refused(tmp_path: Path) -> None:
    file(tmp_path / "evening.event" / "1.jpg")
    with pytest.raises(CommandError, match=r"without a manifest\.json"):
        plan([tmp_path / "evening.event"], "home", "door", takes_all)


def test_a_sequence_goes_up_with_its_images_first(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.jpg"):
        file(tmp_path / "evening" / name)
    file(tmp_path / "evening" / "manifest.json", json.dumps({"images": ["1.jpg", "2.jpg"]}).encode())
    planned = plan([tmp_path / "evening"], "home", "door", takes_all).uploads
    base = "uploads/home/door/evening.event/"
    assert [(item.key, item.is_media) for item in planned] == [
        (base + "1.jpg", False),
        (base + "2.jpg", False),
        (base + "manifest.json", True),
    ]


@pytest.mark.parametrize(("jobs", "stage"), [([], "failed"), (["production:VideoClip"], "searchable")])
def test_the_end_of_an_earlier_try_is_not_taken_for_this_ones(tmp_path: Path, jobs: list[str], stage: str) -> None:
    """GIVEN content whose smart tags failed WHEN it is uploaded again THEN following it waits for the second try."""
    world = world_with("smarttag", *jobs)
    world.upload(KEY)
    submit(world.pipeline, KEY, "event-1")
    first = Uploaded(tmp_path / "clip.mp4", KEY, media_id("media", KEY), etag(b"a clip"), world.clock())
    for job_id in world.producing.jobs:
        world.producing.succeed(job_id, [b"short"])
        collect_production(world.pipeline, job_id)
    world.tagging.fail("job-1", "unreadable")
    collect(world.pipeline, "job-1")
    [ended] = follow(world.pipeline.ledger, [first], Output(as_json=True), 0)
    assert (ended.story.stage, ended.to_json()["reason"]) == (stage, "unreadable")
    world.clock.forward(1)
    world.upload(KEY)
    again = replace(first, modified=world.clock())
    [before] = follow(world.pipeline.ledger, [again], Output(as_json=True), 0)
    assert before.story.stage == "unknown"
    submit(world.pipeline, KEY, "event-2")
    [after] = follow(world.pipeline.ledger, [again], Output(as_json=True), 0)
    assert (after.story.stage, after.story.job_id) == ("submitted", "job-2")
