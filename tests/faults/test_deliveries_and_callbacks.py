"""Faults 1 to 19 of the field's list, each at the real functions; README.md has the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.scene import KEY, Scene, scene
from tests.faults.template import Template

OTHER = "uploads/home/front/b.mp4"
DAY = 86_400


@pytest.fixture
def stage(provisioned: Template) -> Iterator[Scene]:
    with scene(provisioned) as one:
        yield one


@pytest.mark.parametrize("seconds", [0, 3, 3 * DAY])
def test_01_an_event_that_comes_twice_is_one_job(stage: Scene, seconds: float) -> None:
    stage.upload("good clip1")
    event = next(iter(stage.world.mail))
    stage.do("repeat", event, number=seconds)
    stage.run(event)
    stage.do("wait", number=seconds)
    stage.run()
    assert stage.jobs() == 1
    stage.end()


def test_02_events_of_one_key_out_of_order_lead_to_what_is_there(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.upload("good clip2")
    older, newer = stage.world.mail
    stage.run(newer)
    stage.run(older)
    assert stage.jobs() == 1
    stage.end()


@pytest.mark.parametrize("kind", ["no record", "no key", "unknown event", "foreign bucket"])
def test_03_a_bad_record_does_not_delay_its_neighbours(stage: Scene, kind: str) -> None:
    stage.upload("good clip1")
    stage.upload("good clip2", OTHER)
    first, second = stage.world.mail
    stage.do("deliver", first, kind, 0, second)
    stage.go(f"submit-{stage.step}")
    assert (stage.jobs(), stage.jobs(OTHER)) == (1, 1)
    stage.end()


def test_04_an_event_of_bad_records_alone_holds_nobody_up(stage: Scene) -> None:
    stage.do("malformed", "only bad records")
    stage.upload("good clip1")
    stage.run(f"x{stage.step - 1}")
    stage.end()
    assert stage.stage() == "searchable"


def test_05_an_upload_whose_event_was_lost_is_found(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.do("lose", next(iter(stage.world.mail)))
    stage.end()
    assert stage.stage() == "searchable"


def test_05_a_removal_whose_event_was_lost_is_found(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.do("delete", KEY)
    stage.do("lose", next(iter(stage.world.mail)))
    stage.end()


def test_06_the_event_of_a_key_that_is_deleted_starts_nothing(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.do("delete", KEY)
    for event in list(stage.world.mail):
        stage.run(event)
    assert stage.jobs() == 0
    stage.end()


def test_07_a_rename_moves_the_result_and_a_copy_makes_another(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.end()
    stage.do("copy", KEY, "uploads/yard/e.jpg")
    stage.do("copy", KEY, OTHER, 0, "rename")
    stage.end()
    assert stage.stage() == "removed"
    assert stage.stage(OTHER) == stage.stage("uploads/yard/e.jpg") == "searchable"


def test_09_what_the_functions_write_invokes_nobody(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.end()
    assert [name for name, message in stage.world.seen.items() if message.function == "submit"] == ["e1.0"]


@pytest.mark.parametrize("kind", ["not JSON", "no events"])
def test_10_an_event_of_another_shape_is_isolated_and_delays_nobody(stage: Scene, kind: str) -> None:
    stage.do("malformed", kind)
    stage.upload("good clip1")
    stage.end()
    assert stage.stage() == "searchable"


def test_11_a_callback_that_comes_twice_changes_nothing(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    success = f"{KEY}#1 Success"
    stage.do("repeat", success)
    stage.run(success)
    stage.run(next(name for name in stage.world.mail if "again" in name))
    stage.end()


def test_12_a_callback_that_is_faster_than_its_job_s_fact_counts(stage: Scene) -> None:
    stage.upload("good clip1")
    submitting = stage.begin()
    stage.go_to(submitting, "after IMS.SubmitSmarttagJob")
    stage.finish_job()
    stage.run(f"{KEY}#1 Success")
    stage.go(submitting)
    assert stage.jobs() == 1
    stage.end()


def test_13_news_that_is_older_than_the_end_changes_nothing(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    stage.run(f"{KEY}#1 Success")
    said = stage.run(f"{KEY}#1 Processing")
    assert "nothing to do" in json.dumps(said)
    stage.end()


def test_14_a_callback_that_never_comes_is_made_up_for_by_the_sweep(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    for message in list(stage.world.mail):
        stage.do("lose", message)
    stage.end()
    assert stage.stage() == "searchable"


@pytest.mark.parametrize("kind", ["unknown job", "no job", "no callback"])
def test_15_a_callback_of_no_job_of_ours_harms_nobody(stage: Scene, kind: str) -> None:
    stage.do("malformed", kind)
    stage.upload("good clip1")
    stage.end()
    assert stage.stage() == "searchable"


def test_16_a_job_that_fails_has_its_reason(stage: Scene) -> None:
    stage.upload("bad clip1")
    stage.end()
    assert (stage.stage(), stage.reason()) == ("failed", "the content is not good")


def test_17_a_message_that_is_ahead_of_the_service_waits_for_it(stage: Scene) -> None:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    success = stage.world.mail[f"{KEY}#1 Success"].event
    stage.upload("good clip2", OTHER)
    stage.run(next(name for name in stage.world.mail if name.startswith("e")))
    stage.do("start job")
    ours, theirs = stage.world.history.jobs
    forged = replace(stage.world.mail[f"{OTHER}#1 Processing"], event=success.replace(ours.encode(), theirs.encode()))
    stage.world.mail[forged.name] = forged
    assert "nothing to do yet" in json.dumps(stage.run(forged.name))
    stage.end()
