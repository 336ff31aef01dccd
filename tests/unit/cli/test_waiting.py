"""What `status` and `explain` say of those who wait."""

from __future__ import annotations

from cli.waiting import Pool, pools, whereabouts
from sightline.clock import utc_now
from sightline.errors import ServiceRefused
from sightline.pipeline.submit import submit
from tests.fakes.sightline import make_world


def test_who_runs_and_who_waits() -> None:
    world = make_world(jobs_in_flight=1)
    identities = []
    for number, namespace in enumerate(["home", "home", "home", "a b"]):
        key = f"uploads/{namespace}/{number}.mp4"
        identities.append(world.upload(key, str(number).encode()))
        submit(world.pipeline, key, f"event {number}")
        world.clock.forward(1)
    assert pools(world.state) == [Pool("cn-shanghai.default", 1, {"a b": 1, "home": 2}, "")]
    assert [whereabouts(world.state, identity) for identity in identities] == [
        "",
        "behind nobody of namespace home",
        "behind one other of namespace home",
        "behind nobody of namespace a b",
    ]


def test_a_budget_that_is_spent_is_told() -> None:
    world = make_world(daily_jobs_per_namespace=1)
    world.clock.now = utc_now()  # the command reads the real time, and a budget is a day's
    for name in "ab":
        identity = world.upload(f"uploads/home/{name}.mp4", name.encode())
        submit(world.pipeline, f"uploads/home/{name}.mp4", f"event {name}")
    told = whereabouts(world.state, identity, 1)
    assert told.startswith("behind nobody of namespace home; its 1 jobs of today are spent, more may start at 2")
    assert told.endswith("T00:00:00.000Z")
    assert whereabouts(world.state, identity) == "behind nobody of namespace home"


def test_why_nothing_moves() -> None:
    world = make_world()
    world.clock.forward(10**9)  # the command reads the real time, so the pause is put far from it
    world.tagging.refuse = ServiceRefused("IMS", "SubmitSmarttagJob", 400, "Throttling.User", "slow down")
    identity = world.upload("uploads/home/a.mp4")
    submit(world.pipeline, "uploads/home/a.mp4", "event")
    (pool,) = pools(world.state)
    assert (pool.in_flight, pool.waiting) == (0, {"home": 1})
    assert pool.paused.startswith("paused until 2058-07-30T")
    assert "Throttling.User: slow down" in pool.paused
    assert pool.paused in whereabouts(world.state, identity)
