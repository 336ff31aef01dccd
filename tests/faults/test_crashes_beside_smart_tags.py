"""Jobs of production and of analysis: whoever collects what they told is ended after each of his writes in turn, and nothing is lost.

The kills of drawn schedules seldom fall between two certain writes. Here each is met, so that an order in which the ledger says more than
is stored is found for certain.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.functions import Change
from tests.faults.history import Violation
from tests.faults.planted import no_bug, part_after_the_fact
from tests.faults.scene import KEY, Scene, scene
from tests.faults.template import Template

FILM, JUDGED = "uploads/home/front/b.mp4", "uploads/home/judged/b.mp4"


def submitting_a_photograph(stage: Scene) -> str:
    """What PAI says of it is answered at once."""
    stage.upload("good clip1", KEY)
    return stage.begin()


def collecting_captions(stage: Scene) -> str:
    """Of a film that is found already."""
    _find(stage, FILM)
    stage.finish_job()
    return stage.begin(f"{FILM}#2 Success")


def collecting_captions_first(stage: Scene) -> str:
    """Before the smart tags have ended."""
    stage.upload("good clip1", FILM)
    stage.run()
    stage.do("start job")
    stage.do("start job")
    stage.do("finish job", f"{FILM}#2")
    return stage.begin(f"{FILM}#2 Success")


def asking_for_captions(stage: Scene) -> str:
    """Since the callback was lost."""
    _find(stage, FILM)
    stage.finish_job()
    for message in list(stage.world.mail):
        stage.do("lose", message)
    stage.do("wait", number=70)
    return stage.sweep()


def asking_what_a_film_shows(stage: Scene) -> str:
    """PAI calls nobody back."""
    _find(stage, JUDGED)
    stage.do("index")
    stage.do("wait", number=70)
    return stage.sweep()


def hearing_that_smart_tags_failed(stage: Scene) -> str:
    """Of a film whose captions are known: it is found by them."""
    stage.upload("dull clip1", FILM)
    stage.run()
    stage.do("start job")
    stage.do("start job")
    for job in (f"{FILM}#2", f"{FILM}#1"):
        stage.do("finish job", job)
    stage.run(f"{FILM}#2 Success")
    return stage.begin(f"{FILM}#1 Fail")


def collecting_captions_of_a_film_without_smart_tags(stage: Scene) -> str:
    stage.upload("dull clip1", FILM)
    stage.run()
    stage.finish_job()
    stage.run(f"{FILM}#1 Fail")
    assert stage.stage(FILM) == "untagged"
    stage.finish_job()
    return stage.begin(f"{FILM}#2 Success")


def collecting_the_last_failure(stage: Scene) -> str:
    """Of a film of which nobody can tell anything."""
    stage.upload("bad clip1", FILM)
    stage.run()
    stage.finish_job()
    stage.run(f"{FILM}#1 Fail")
    stage.finish_job()
    return stage.begin(f"{FILM}#2 Fail")


def _find(stage: Scene, key: str) -> None:
    stage.upload("good clip1", key)
    stage.run()
    stage.finish_job()
    stage.do("index")
    stage.run(f"{key}#1 Success")
    assert stage.stage(key) in ("inserted", "searchable")


SITUATIONS = [
    submitting_a_photograph,
    collecting_captions,
    collecting_captions_first,
    collecting_captions_of_a_film_without_smart_tags,
    asking_for_captions,
    asking_what_a_film_shows,
]
Situation = Callable[[Scene], str]


@pytest.mark.parametrize("situation", [*SITUATIONS, hearing_that_smart_tags_failed, collecting_the_last_failure])
def test_a_crash_after_any_write_loses_nothing_that_was_told(provisioned: Template, situation: Situation) -> None:
    broken, writes = _crashed_at_each(provisioned, situation, no_bug)
    assert broken is None, broken
    assert writes >= 2


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_part_that_is_stored_after_its_fact_is_found(provisioned: Template, situation: Situation) -> None:
    broken, _ = _crashed_at_each(provisioned, situation, part_after_the_fact)
    assert broken is not None
    assert "has no gap, or one too many" in str(broken)


def _crashed_at_each(template: Template, situation: Situation, change: Change) -> tuple[Violation | None, int]:
    """What broke, and after how many writes somebody was ended until then."""
    number = 0
    while True:
        with scene(template, "one_job_beside.json", change) as stage:
            invocation = situation(stage)
            if not stage.meet(invocation, number, "crash after"):
                return None, number
            try:
                stage.end()
            except Violation as violation:
                return violation, number
        number += 1
