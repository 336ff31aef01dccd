"""Faults 21 to 36: every function is ended, or left without its answer, at each of its side effects; afterwards everything is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.scene import KEY, Scene, scene
from tests.faults.template import Template


@pytest.fixture
def stage(provisioned: Template) -> Iterator[Scene]:
    with scene(provisioned) as one:
        yield one


def submitting(stage: Scene) -> str:
    stage.upload("good clip1")
    return stage.begin()


def submitting_again(stage: Scene) -> str:
    """While the job of what was there before runs."""
    stage.upload("good clip1")
    stage.run()
    stage.upload("good clip2")
    return stage.begin()


def collecting(stage: Scene) -> str:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    return stage.begin(f"{KEY}#1 Success")


def collecting_a_failure(stage: Scene) -> str:
    stage.upload("bad clip1")
    stage.run()
    stage.finish_job()
    return stage.begin(f"{KEY}#1 Fail")


def removing(stage: Scene) -> str:
    stage.upload("good clip1")
    stage.run()
    stage.finish_job()
    stage.run(f"{KEY}#1 Success")
    stage.do("index")
    stage.do("delete", KEY)
    return stage.begin(next(name for name in stage.world.mail if stage.world.mail[name].function == "submit"))


def sweeping(stage: Scene) -> str:
    """After a callback was lost."""
    stage.lose_a_callback()
    return stage.sweep()


SITUATIONS = [submitting, submitting_again, collecting, collecting_a_failure, removing, sweeping]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("fault", ["crash before", "crash after", "answer lost"])
def test_a_fault_at_any_side_effect_is_made_good(provisioned: Template, situation: Callable[[Scene], str], fault: str) -> None:
    number = 0
    while True:
        with scene(provisioned) as stage:
            if not stage.meet(situation(stage), number, fault):
                assert number > 1
                return
            stage.end()
            assert stage.jobs() <= 3
        number += 1


def test_22_a_job_whose_answer_was_lost_is_not_submitted_again_while_it_may_run(stage: Scene) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, "after IMS.SubmitSmarttagJob")
    stage.go(invocation, 1, "answer lost")
    stage.go(invocation)
    stage.finish_job()
    stage.run(f"{KEY}#1 Success")
    stage.end()
    assert stage.jobs() == 1


def test_22_of_two_jobs_after_a_lost_answer_one_counts(stage: Scene) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, "after IMS.SubmitSmarttagJob")
    stage.go(invocation, 1, "crash after")
    stage.do("wait", number=200)
    stage.go(stage.sweep())
    assert stage.jobs() == 2
    stage.end()
    assert stage.jobs() == 2


def test_27_an_instance_is_ended_at_its_timeout_and_another_finishes(stage: Scene) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, "before IMS.SubmitSmarttagJob")
    stage.do("wait", number=61)
    assert invocation not in stage.world.running
    stage.end()
    assert stage.jobs() == 1


def test_28_the_claim_of_one_who_died_lapses(stage: Scene) -> None:
    stage.upload("good clip1")
    event = next(iter(stage.world.mail))
    invocation = stage.begin()
    stage.go_to(invocation, "before IMS.SubmitSmarttagJob")
    stage.go(invocation, 1, "crash before")
    stage.run(event)
    assert stage.jobs() == 0
    stage.do("wait", number=91)
    stage.go(stage.sweep())
    assert stage.jobs() == 1
    stage.end()


@pytest.mark.parametrize("fault", ["throttled", "unavailable", "broken before", "connection refused"])
def test_29_a_submit_that_the_service_turns_away_is_made_later(stage: Scene, fault: str) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, "before IMS.SubmitSmarttagJob")
    stage.go(invocation, 1, fault)
    stage.go(invocation)
    assert stage.jobs() == 0
    stage.end()
    assert (stage.jobs(), stage.stage()) == (1, "searchable")


@pytest.mark.parametrize("service", ["OSS", "IMS"])
def test_34_a_service_that_is_away_for_an_hour_costs_nobody_anything(stage: Scene, service: str) -> None:
    stage.world.away = service
    for number in range(4):
        stage.upload(f"good clip{number}", f"uploads/home/{number}.jpg")
    for _ in range(8):
        for event in list(stage.world.mail):
            stage.go(stage.begin(event))
        stage.do("wait", number=450)
        stage.go(stage.sweep(), 2000)
    stage.world.away = ""
    stage.end()
    assert {stage.stage(f"uploads/home/{number}.jpg") for number in range(4)} == {"searchable"}


def test_63_a_full_disk_loses_nothing(stage: Scene) -> None:
    stage.upload("good clip1")
    invocation = stage.begin()
    stage.go_to(invocation, "before OSS.AppendObject(ledger)")
    stage.go(invocation, 1, "full disk")
    stage.go(invocation)
    stage.end()
    assert stage.stage() == "searchable"
