"""Faults 37, 38, 41 to 49, 51, 61 and 64 at the real functions; README.md has the table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.choosing import KEYS
from tests.faults.scene import KEY, Scene, scene
from tests.faults.template import Template


@pytest.fixture
def stage(provisioned: Template) -> Iterator[Scene]:
    with scene(provisioned) as one:
        yield one


@pytest.mark.parametrize("point", ["before OSS.HeadObject(upload)", "before IMS.SubmitSmarttagJob"])
def test_37_a_key_that_expires_in_a_warm_instance_fails_no_media(stage: Scene, point: str) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, point)
    stage.go(invocation, 1, "credentials expire")
    stage.go(invocation)
    stage.end()
    assert stage.stage() == "searchable"


@pytest.mark.parametrize("skew", [-1200, 1200, 86_400])
def test_38_a_clock_that_is_wrong_fails_no_media(stage: Scene, skew: float) -> None:
    stage.upload("good clip1")
    stage.run(skew=skew)
    stage.finish_job()
    stage.run(f"{KEY}#1 Success", skew=skew)
    stage.end()
    assert (stage.jobs(), stage.stage()) == (1, "searchable")


@pytest.mark.parametrize(
    "key", [*KEYS[:-1], "uploads/ö/o\u0308 é\u0301.jpg", "uploads/%2e%2e/..%2Fx.jpg", "uploads/home/" + "x" * 1000 + ".jpg"]
)
def test_41_to_43_odd_keys_are_analysed_found_and_removed(stage: Scene, key: str) -> None:
    stage.upload("good clip1", key)
    stage.end()
    assert stage.stage(key) == "searchable"
    stage.do("delete", key)
    stage.end()
    assert stage.stage(key) == "removed"


def test_45_new_content_wins_while_the_old_job_runs(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.do("start job")
    stage.upload("good clip2")
    stage.run(next(name for name in stage.world.mail if stage.world.mail[name].function == "submit"))
    stage.do("finish job", f"{KEY}#1")
    stage.run(f"{KEY}#1 Success")
    stage.do("search", "home")
    stage.end()
    assert stage.jobs() == 2


def test_45_what_was_said_of_old_content_is_not_shown_with_the_new(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.end()
    stage.upload("good clip2")
    stage.do("search", "home")
    stage.end()


def test_46_the_same_content_at_another_key_is_another_media(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.upload("good clip1", "uploads/home/c.png")
    stage.end()
    assert (stage.jobs(), stage.jobs("uploads/home/c.png")) == (1, 1)


def test_45_the_same_content_again_is_no_second_job(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.end()
    stage.do("upload again", KEY)
    stage.end()
    assert stage.jobs() == 1


def test_47_of_two_who_submit_the_same_upload_one_does(stage: Scene) -> None:
    stage.upload("good clip1")
    event = next(iter(stage.world.mail))
    stage.do("repeat", event)
    first, second = (stage.begin(name) for name in list(stage.world.mail))
    while stage.world.running:
        stage.go(first, 1)
        stage.go(second, 1)
    assert stage.jobs() == 1
    stage.end()


def test_47_a_slow_submit_of_old_content_does_not_step_before_the_new(stage: Scene) -> None:
    stage.upload("good clip1")
    slow = stage.begin()
    stage.go_to(slow, "before OSS.GetObject(ledger)")
    stage.upload("good clip2")
    stage.run()
    stage.go(slow)
    stage.end()
    assert len(stage.world.history.jobs_of(KEY, stage.world.people.versions[KEY][-1].generation)) == 1


def test_48_what_is_deleted_while_its_job_runs_is_not_found(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.do("start job")
    stage.do("delete", KEY)
    stage.do("finish job", f"{KEY}#1")
    for message in list(stage.world.mail):
        stage.run(message)
    stage.do("search", "home")
    stage.end()


def test_49_what_is_deleted_and_uploaded_again_is_found_again(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.end()
    stage.do("delete", KEY)
    stage.do("search", "home")
    stage.upload("good clip1")
    stage.end()
    assert stage.stage() == "searchable"


def test_51_an_address_that_expired_before_the_job_began_is_a_reason(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.do("wait", number=6 * 3600 + 60)
    stage.finish_job()
    stage.end()
    assert stage.stage() in ("searchable", "failed")
    assert stage.stage() == "searchable" or "HTTP 403" in stage.reason() or "in time" in stage.reason()


def test_51_an_archived_object_has_a_reason(stage: Scene) -> None:
    stage.world.people.put(0, KEY, b"good clip1", {"x-oss-storage-class": "Archive"})
    stage.do("wait", number=1)
    stage.end()
    assert stage.stage() == "failed"
    assert "HTTP 403" in stage.reason()


def test_64_two_sweepers_at_once_do_no_harm(stage: Scene) -> None:
    stage.lose_a_callback()
    first, second = stage.sweep(), stage.sweep()
    while stage.world.running:
        stage.go(first, 1)
        stage.go(second, 1)
        stage.do("index")
    stage.end()
    assert stage.jobs() == 1
