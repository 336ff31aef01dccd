"""A burst of uploads, through the real functions and services: BURST=1000 pytest tests/faults/test_burst.py --timeout 600

A thousand over fakes are in tests/unit/sightline/test_admission_of_jobs.py.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import httpx
import pytest

from tests.faults.acting import Choice, act
from tests.faults.injected import FAULTS
from tests.faults.invariants import check_end
from tests.faults.points import point_of
from tests.faults.scene import Scene, scene
from tests.faults.settling import finish, until_quiet
from tests.faults.template import Template

UPLOADS = int(os.environ.get("BURST", "160"))
SMALL = 40
AT_ONCE = 2


class BusyService:
    """Two jobs at a time: a third is turned away, and any by chance."""

    def __init__(self, stage: Scene) -> None:
        self._world = stage.world
        self._serve = stage.world.serve
        self._chance = Random(35)
        self.turned_away = 0

    @property
    def jobs(self) -> int:
        return self._world.services.waiting_jobs() + len(self._world.jobs_under_way)

    def serve(self, request: httpx.Request, invocation: str) -> httpx.Response:
        point = point_of(request)
        if point.operation == "SubmitSmarttagJob" and (self.jobs >= AT_ONCE or self._chance.random() < 0.2):
            self.turned_away += 1
            return FAULTS["throttled"].answer(point, request)
        return self._serve(request, invocation)


@pytest.fixture
def stage(provisioned: Template) -> Iterator[Scene]:
    with scene(provisioned) as one:
        yield one


def test_35_a_burst_drains_in_order_and_no_namespace_waits_for_another(stage: Scene) -> None:
    service = BusyService(stage)
    stage.world.serve = service.serve  # type: ignore[method-assign]
    names = ["large"] * (UPLOADS - SMALL) + [f"small{number % 4}" for number in range(SMALL)]
    keys = [f"uploads/{name}/{number:04}.jpg" for number, name in enumerate(names)]
    for number, key in enumerate(keys):
        do(stage, "upload", key, f"good clip{number}")
        do(stage, "wait", number=0.01)
        deliver_all(stage)
    while len(stage.world.history.jobs) < UPLOADS or service.jobs:
        if service.jobs:
            do(stage, "start job")
            do(stage, "finish job", stage.world.history.jobs[stage.world.jobs_under_way[0]].name)
        else:
            do(stage, "wait", number=120)
            go(stage, "sweep", "")
        deliver_all(stage)
    until_quiet(stage.world)
    check_end(stage.world)
    served = [job.key for job in stage.world.history.jobs.values()]
    assert sorted(served) == sorted(keys)
    assert service.turned_away > UPLOADS / 10
    for name in set(names):
        own = [key for key in served if key.startswith(f"uploads/{name}/")]
        assert own == sorted(own)
    first = Counter(key.split("/")[1] for key in served[: 2 * SMALL])
    assert [first[f"small{number}"] for number in range(4)] == [SMALL / 4] * 4


def do(stage: Scene, verb: str, subject: str = "", detail: str = "", number: float = 0) -> None:
    """Without a look at all that must hold: that is looked at in the end, and here it would be looked at some ten thousand times."""
    stage.step += 1
    act(stage.world, Choice(stage.step, verb, subject, detail, number))


def go(stage: Scene, verb: str, subject: str) -> None:
    do(stage, verb, subject)
    finish(stage.world, list(stage.world.running)[-1])
    stage.world.take_news()


def deliver_all(stage: Scene) -> None:
    for message in list(stage.world.mail):
        go(stage, "deliver", message)
