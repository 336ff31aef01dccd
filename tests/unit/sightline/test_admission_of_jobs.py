"""Jobs in flight are limited: who does not fit waits, in order, and everybody is served."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.smarttag import SmarttagInput
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import FakeTagging, World, make_world, raised

BUSY = ServiceRefused("IMS", "SubmitSmarttagJob", 400, "Throttling.User", "slow down")


def key(namespace: str, number: int) -> str:
    return f"uploads/{namespace}/door/{number:04}.mp4"


def upload(world: World, namespace: str, number: int) -> str:
    world.clock.forward(0.003)
    world.upload(key(namespace, number), f"{namespace} {number}".encode())
    return submit(world.pipeline, key(namespace, number), f"event {namespace} {number}")


def waiting(world: World) -> int:
    return len(world.pipeline.line.waiting)


def taken(world: World) -> int:
    return len(list(world.pipeline.line.slots.holders()))


def test_no_more_jobs_than_slots() -> None:
    world = make_world(jobs_in_flight=2)
    outcomes = [upload(world, "home", number) for number in range(5)]
    assert outcomes == ["submitted: job job-1", "submitted: job job-2", *["waiting: for others to finish"] * 3]
    assert (len(world.tagging.jobs), waiting(world)) == (2, 3)


def test_whoever_finishes_starts_the_next() -> None:
    world = make_world(jobs_in_flight=1)
    for number in range(3):
        upload(world, "home", number)
    for job in ("job-1", "job-2", "job-3"):
        assert len(world.tagging.jobs) == int(job[-1])
        world.tagging.succeed(job)
        assert collect(world.pipeline, job) == "searchable"
    assert (waiting(world), taken(world), len(world.library.entries)) == (0, 0, 3)


def test_without_a_limit_nobody_waits() -> None:
    world = make_world(jobs_in_flight=0)
    for number in range(20):
        assert upload(world, "home", number).startswith("submitted")
    assert list(world.state.keys("line/")) == []


def test_a_job_that_fails_gives_its_slot_back() -> None:
    world = make_world(jobs_in_flight=1)
    upload(world, "home", 0)
    upload(world, "home", 1)
    world.tagging.fail("job-1", "truncated")
    collect(world.pipeline, "job-1")
    assert len(world.tagging.jobs) == 2


def test_a_media_that_cannot_be_submitted_gives_its_slot_back() -> None:
    world = make_world(jobs_in_flight=1)
    world.tagging.refuse = ServiceRefused("IMS", "SubmitSmarttagJob", 400, "InvalidParameter", "no")
    assert upload(world, "home", 0).startswith("failed")
    assert upload(world, "home", 1).startswith("submitted")


def test_new_content_waits_for_a_slot_of_its_own_while_the_old_job_runs() -> None:
    """The service still works at the old job: its slot is freed when that ends."""
    world = make_world(jobs_in_flight=1)
    upload(world, "home", 0)
    world.upload(key("home", 0), b"new content")
    assert submit(world.pipeline, key("home", 0), "event 2") == "waiting: for others to finish"
    world.tagging.succeed("job-1", "old")
    assert collect(world.pipeline, "job-1").startswith("ignored")
    world.tagging.succeed("job-2", "new")
    assert collect(world.pipeline, "job-2") == "searchable"
    assert [entry["title"] for entry in world.library.entries.values()] == ["new"]
    assert taken(world) == 0


def test_what_is_deleted_while_it_waits_is_not_started() -> None:
    world = make_world(jobs_in_flight=1)
    for number in range(3):
        upload(world, "home", number)
    world.media.delete(key("home", 1))
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    assert [source.urls[0].split("?")[0][-8:] for source in world.tagging.inputs] == ["0000.mp4", "0002.mp4"]
    assert waiting(world) == 0


def test_the_same_upload_waits_once() -> None:
    world = make_world(jobs_in_flight=1)
    upload(world, "home", 0)
    for _ in range(3):
        assert upload(world, "home", 1) == "waiting: for others to finish"
    assert waiting(world) == 1


def test_a_surprise_at_the_head_of_the_line_does_not_hold_up_those_behind() -> None:
    world = make_world(jobs_in_flight=1)
    for number in range(3):
        upload(world, "home", number)
    head = world.media.head

    def broken(name: str) -> object:
        if name == key("home", 1):
            raise ValueError("a surprise")
        return head(name)

    world.media.head = broken  # type: ignore[method-assign, assignment]
    world.tagging.succeed("job-1")
    reported: list[str] = []
    pipeline = world.pipeline._replace(report=lambda what, error: reported.append(str(error)))
    assert collect(pipeline, "job-1") == "searchable"
    assert reported == ["a surprise"]
    assert len(world.tagging.jobs) == 2
    assert waiting(world) == 1


def test_slots_of_lost_callbacks_free_themselves() -> None:
    world = make_world(jobs_in_flight=1)
    upload(world, "home", 0)
    upload(world, "home", 1)
    world.tagging.succeed("job-1")
    world.clock.forward(world.pipeline.settings.callback_seconds)
    sweep(world.pipeline, raised)
    assert len(world.tagging.jobs) == 2


@pytest.mark.parametrize("end", ["lost callback", "still running", "forgotten by the service"])
def test_the_slot_of_replaced_content_is_freed_when_its_job_has_ended(end: str) -> None:
    world = make_world(jobs_in_flight=2)
    upload(world, "home", 0)
    world.upload(key("home", 0), b"new content")
    submit(world.pipeline, key("home", 0), "event 2")
    if end == "lost callback":
        world.tagging.succeed("job-1")
    if end == "forgotten by the service":
        del world.tagging.jobs["job-1"]
    world.clock.forward(world.pipeline.settings.claim_seconds)
    sweep(world.pipeline, raised)
    assert taken(world) == (2 if end == "still running" else 1)
    world.clock.forward(world.pipeline.settings.video_deadline_seconds)
    sweep(world.pipeline, raised)
    assert taken(world) == 0


def test_a_slot_that_was_taken_and_never_claimed_frees_itself() -> None:
    """A crash between the two."""
    world = make_world(jobs_in_flight=1)
    world.pipeline.line.take("0" * 32, "E1", world.pipeline.line.look())
    assert upload(world, "home", 0) == "waiting: for others to finish"
    world.clock.forward(world.pipeline.settings.claim_seconds)
    report = sweep(world.pipeline, raised)
    assert report.done["slot 0"] == "freed: nothing runs in it"
    assert len(world.tagging.jobs) == 1


def test_a_service_that_never_answers_is_given_up_at_last() -> None:
    """Each submit without an answer may have started a job that costs money: there is an end to that, with a reason."""
    world = make_world(submit_attempts=3)
    start = world.tagging.submit

    def silent(*arguments: Any) -> str:
        start(*arguments)
        raise ServiceUnreachable("IMS", "SubmitSmarttagJob", "ReadTimeout")

    world.tagging.submit = silent  # type: ignore[method-assign, assignment]
    upload(world, "home", 0)
    identity = media_id("media", key("home", 0))
    for _ in range(6):
        world.clock.forward(1000)
        sweep(world.pipeline, raised)
    assert len(world.tagging.jobs) == 3
    story = world.pipeline.ledger.read(identity).story
    assert (story.stage, story.step) == ("failed", "submit")
    assert "3 submits at most" in story.reason
    assert (taken(world), waiting(world)) == (0, 0)


def test_a_long_outage_uses_up_nobodys_attempts() -> None:
    """Nothing was sent: however long it lasts, everything is submitted once when it is over."""
    world = make_world(jobs_in_flight=2)
    start = world.tagging.submit

    def down(*arguments: Any) -> str:
        raise ServiceUnreachable("IMS", "SubmitSmarttagJob", "ConnectError", sent=False)

    world.tagging.submit = down  # type: ignore[method-assign, assignment]
    for number in range(6):
        upload(world, "home", number)
    for _ in range(100):
        sweep(world.pipeline, raised)
        world.clock.forward(120)
    assert (len(world.tagging.jobs), waiting(world), taken(world)) == (0, 6, 0)
    world.tagging.submit = start  # type: ignore[method-assign]
    drain(world)
    assert len(world.library.entries) == len(world.tagging.jobs) == 6


def test_a_daily_budget_holds_over_the_next_day() -> None:
    world = make_world(daily_jobs_per_namespace=2)
    outcomes = [upload(world, "home", number) for number in range(3)]
    assert outcomes[2] == "waiting: namespace home has had its jobs of today; again from 2026-11-22T00:00:00.000Z"
    assert upload(world, "lab", 0).startswith("submitted")
    for _ in range(3):
        sweep(world.pipeline, raised)
    assert len(world.tagging.jobs) == 3
    world.clock.forward(16 * 3600)
    sweep(world.pipeline, raised)
    assert len(world.tagging.jobs) == 4


def drain(world: World) -> None:
    for _ in range(40):
        for job in world.tagging.jobs:
            if world.tagging.jobs[job].state == "Submitted":
                world.tagging.succeed(job)
        sweep(world.pipeline, raised)
        world.clock.forward(120)


@dataclass
class BusyTagging(FakeTagging):
    """Runs two jobs at a time, some seconds each; refuses a third, and any at random, as a throttled service does."""

    chance: Random = field(default_factory=lambda: Random(5))
    running: dict[str, float] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    refusals: int = 0

    def submit(self, title: str, source: SmarttagInput, device: str | None, user_data: str) -> str:
        if len(self.running) == 2 or self.chance.random() < 0.2:
            self.refusals += 1
            raise BUSY
        job_id = super().submit(title, source, device, user_data)
        self.running[job_id] = self.chance.uniform(1, 5)
        self.order.append(source.urls[0].split("?")[0].removeprefix("https://media.example/"))
        return job_id

    def second(self) -> list[str]:
        """One passes; the jobs that ended."""
        self.running = {job: left - 1 for job, left in self.running.items()}
        ended = [job for job, left in self.running.items() if left <= 0]
        for job in ended:
            del self.running[job]
            self.succeed(job)
        return ended


def test_a_burst_of_a_thousand_drains_in_order_and_nobody_starves() -> None:
    """GIVEN a service that runs two at a time and throttles WHEN 1,000 clips of seven namespaces arrive at once, 940 of them of one
    THEN all become searchable by one job each, in order of arrival in each namespace, and the small ones are not behind the large one."""
    world = make_world()
    tagging = BusyTagging()
    ended: list[str] = []

    def sleep(seconds: float) -> None:
        for _ in range(math.ceil(seconds)):
            world.clock.forward(1)
            ended.extend(tagging.second())

    pipeline = world.pipeline._replace(tagging=tagging, sleep=sleep)
    world.pipeline = pipeline
    namespaces = ["large"] * 940 + [f"small{number % 6}" for number in range(60)]
    for number, namespace in enumerate(namespaces):
        upload(world, namespace, number)
    chance = Random(9)
    for second in range(30_000):
        sleep(1)
        while ended:
            job = ended.pop()
            if chance.random() < 0.9:  # the other callbacks are lost
                collect(pipeline, job)
        if second % 120 == 0:
            sweep(pipeline, raised)
        if len(world.library.entries) == 1000 and not tagging.running:
            break
    sweep(pipeline, raised)
    assert len(world.library.entries) == len(tagging.jobs) == 1000
    assert tagging.refusals > 100
    assert (waiting(world), taken(world), list(pipeline.ledger.pending())) == (0, 0, [])
    for namespace in set(namespaces):
        served = [name for name in tagging.order if name.startswith(f"uploads/{namespace}/")]
        assert served == sorted(served)
    first = Counter(name.split("/")[1] for name in tagging.order[:90])
    assert all(first[f"small{number}"] == 10 for number in range(6))


def test_a_media_that_is_uploaded_again_while_it_waits_keeps_its_one_place() -> None:
    world = make_world(jobs_in_flight=1)
    for number in range(3):
        upload(world, "home", number)
    for version in range(5):
        world.clock.forward(1)
        world.upload(key("home", 1), f"version {version}".encode())
        submit(world.pipeline, key("home", 1), f"again {version}")
    assert waiting(world) == 2
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    assert key("home", 1) in world.tagging.inputs[-1].urls[0], "it came before the third"
    assert (waiting(world), len(world.tagging.jobs)) == (1, 2)


def test_every_upload_of_content_that_fails_is_of_the_budget() -> None:
    world = make_world(daily_jobs_per_namespace=2)
    for number in range(4):
        world.clock.forward(1)
        world.upload("uploads/home/door/a.mp4")
        submit(world.pipeline, "uploads/home/door/a.mp4", f"event {number}")
        for job in world.tagging.jobs:
            world.tagging.fail(job, "no picture in it")
            collect(world.pipeline, job)
    assert len(world.tagging.jobs) == 2
