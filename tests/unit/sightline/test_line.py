"""Slots, the waiting line, the pause and the budgets, each by itself."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from sightline.errors import ServiceUnreachable
from sightline.line.budget import Budget
from sightline.line.line import Line
from sightline.line.pace import LONGEST_SECONDS, Pace
from sightline.line.slots import Holder, Slots
from sightline.line.waiting import Place, WaitingLine
from tests.fakes.sightline import START, FakeBucket, FakeClock

NOBODY: frozenset[int] = frozenset()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bucket(clock: FakeClock) -> FakeBucket:
    return FakeBucket("state", clock)


def holder(media_id: str) -> Holder:
    return Holder(media_id, "E1", START)


def test_as_many_slots_as_the_limit(bucket: FakeBucket) -> None:
    slots = Slots(bucket, "slots/", 2)
    assert [slots.take(holder(name), NOBODY) for name in "abc"] == [0, 1, None]
    assert dict(slots.holders()) == {0: holder("a"), 1: holder("b")}


def test_a_slot_has_one_holder_however_many_try_at_once(bucket: FakeBucket) -> None:
    slots = Slots(bucket, "slots/", 2)
    rivals = iter(["b"])

    def faster(key: str) -> None:
        for rival in rivals:
            slots.take(holder(rival), NOBODY)

    bucket.before_append = faster
    assert slots.take(holder("a"), NOBODY) == 1
    assert slots.holder(0) == holder("b")


def test_a_slot_is_given_back_by_its_holder_only(bucket: FakeBucket) -> None:
    slots = Slots(bucket, "slots/", 1)
    slots.take(holder("a"), NOBODY)
    assert not slots.free(0, "b", "E1")
    assert not slots.free(0, "a", "E2")
    assert slots.take(holder("b"), NOBODY) is None
    assert slots.free(0, "a", "E1")
    assert slots.take(holder("b"), NOBODY) == 0


def test_a_slot_whose_answer_was_lost_is_the_holders(bucket: FakeBucket) -> None:
    append = bucket.append

    def lost(key: str, position: int, content: bytes) -> None:
        append(key, position, content)
        raise ServiceUnreachable("OSS", "POST state", "ReadTimeout")

    bucket.append = lost  # type: ignore[method-assign]
    assert Slots(bucket, "slots/", 2).take(holder("a"), NOBODY) == 0


def test_a_slot_that_was_never_taken_is_an_error(bucket: FakeBucket) -> None:
    def down(key: str, position: int, content: bytes) -> None:
        raise ServiceUnreachable("OSS", "POST state", "ConnectError", sent=False)

    bucket.append = down  # type: ignore[method-assign]
    with pytest.raises(ServiceUnreachable):
        Slots(bucket, "slots/", 2).take(holder("a"), NOBODY)


@pytest.mark.parametrize("namespace", ["home", "a b", "门/口", "..", "50%", "a+b"])
def test_the_line_of_a_namespace_is_in_order_of_arrival(bucket: FakeBucket, namespace: str) -> None:
    waiting = WaitingLine(bucket, "waiting/")
    places = [Place(namespace, START + timedelta(milliseconds=number), name) for number, name in enumerate("cab")]
    for place in reversed(places):
        waiting.join(place, f"uploads/{place.media_id}.mp4")
    waiting.join(Place("other", START, "x"), "uploads/x.mp4")
    assert sorted(waiting.namespaces()) == sorted([namespace, "other"])
    assert waiting.first(namespace) == places[0]
    assert waiting.first(namespace, places[:1]) == places[1]
    assert waiting.object_key(places[0]) == "uploads/c.mp4"
    for place in places:
        waiting.leave(place)
    assert waiting.first(namespace) is None
    assert waiting.object_key(places[0]) is None


def test_pauses_grow_and_end(bucket: FakeBucket, clock: FakeClock) -> None:
    pace = Pace(bucket, "pace.json", clock, Random(1))
    seconds = []
    for _ in range(12):
        pace.slow_down("busy")
        pause = pace.pause()
        assert pause is not None
        seconds.append((pause.until - clock()).total_seconds())
    for step, paused in enumerate(seconds):
        most = min(LONGEST_SECONDS, 2.0**step)
        assert most / 2 <= paused + 0.001
        assert paused <= most
    pace.go_on()
    assert pace.pause() is None


def test_pauses_are_not_in_step(clock: FakeClock) -> None:
    """Two that met the same busy service do not come back at the same moment."""
    untils = set()
    for seed in range(20):
        pace = Pace(FakeBucket("state", clock), "pace.json", clock, Random(seed))
        pace.slow_down("busy")
        pause = pace.pause()
        assert pause is not None
        untils.add(pause.until)
    assert len(untils) > 15


def test_a_budget_counts_work_and_not_tries(bucket: FakeBucket, clock: FakeClock) -> None:
    budget = Budget(bucket, "budget/", 2, clock)
    assert [budget.spend("home", name, "E1") for name in ("a", "a", "b", "c", "a")] == [True, True, True, False, True]
    assert not budget.allows("home")
    assert budget.spend("lab", "c", "E1")
    clock.forward((budget.begins_again() - clock()).total_seconds())
    assert budget.spend("home", "c", "E1")


def test_a_budget_holds_when_two_spend_at_once(bucket: FakeBucket, clock: FakeClock) -> None:
    budget = Budget(bucket, "budget/", 1, clock)
    rivals = iter(["b"])

    def faster(key: str) -> None:
        for rival in rivals:
            budget.spend("home", rival, "E1")

    bucket.before_append = faster
    assert not budget.spend("home", "a", "E1")


def test_past_days_are_forgotten_but_for_yesterday(bucket: FakeBucket, clock: FakeClock) -> None:
    budget = Budget(bucket, "budget/", 9, clock)
    for _ in range(4):
        budget.spend("home", "a", "E1")
        clock.forward(86_400)
    budget.forget_past_days()
    assert list(bucket.keys("budget/")) == ["budget/2026-11-24/home"]


def line(bucket: FakeBucket, clock: FakeClock, limit: int = 2, daily_jobs: int = 0) -> Line:
    return Line(bucket, "cn-shanghai.default", limit, daily_jobs, clock, Random(0))


def test_one_listing_shows_who_runs_and_that_somebody_waits(bucket: FakeBucket, clock: FakeClock) -> None:
    ours = line(bucket, clock)
    assert ours.has_room(ours.look())
    assert ours.take("a", "E1", ours.look()) == 0
    ours.waiting.join(Place("home", START, "b"), "uploads/b.mp4")
    outlook = ours.look()
    assert (outlook.taken, outlook.anyone_waits, outlook.pause) == (frozenset({0}), True, None)
    assert ours.take("b", "E1", outlook) == 1
    assert not ours.has_room(ours.look())
    ours.slots.free(0, "a", "E1")
    ours.pace.slow_down("busy")
    assert not ours.has_room(ours.look())
    clock.forward(1)
    assert ours.has_room(ours.look())


def test_namespaces_take_turns(bucket: FakeBucket, clock: FakeClock) -> None:
    ours = line(bucket, clock)
    for number in range(3):
        for namespace in ("a", "b", "c"):
            ours.waiting.join(Place(namespace, START + timedelta(seconds=number), f"{namespace}{number}"), "key")
    served = []
    while (place := ours.next(())) is not None:
        served.append(place.media_id)
        ours.waiting.leave(place)
    assert served == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_namespace_without_budget_lets_the_others_pass(bucket: FakeBucket, clock: FakeClock) -> None:
    ours = line(bucket, clock, daily_jobs=1)
    ours.budget.spend("a", "earlier", "E1")
    for namespace in ("a", "b"):
        ours.waiting.join(Place(namespace, START, namespace), "key")
    place = ours.next(())
    assert place is not None
    assert place.namespace == "b"


def test_a_pause_that_a_wrong_clock_wrote_stops_nobody(bucket: FakeBucket, clock: FakeClock) -> None:
    ours = line(bucket, clock)
    clock.forward(3 * 86400)
    ours.pace.slow_down("busy")
    clock.forward(-3 * 86400)
    assert ours.has_room(ours.look())
    ours.pace.slow_down("busy again")
    assert not ours.has_room(ours.look()), "the next one counts by the clock as it is now"


def test_what_somebody_else_puts_into_the_line_stops_nobody(bucket: FakeBucket, clock: FakeClock) -> None:
    ours = line(bucket, clock)
    ours.waiting.join(Place("home", START, "a"), "uploads/a.mp4")
    for name in ("pace.json", "slots/notes.txt", "waiting/home/000-notes", "waiting/home/README"):
        bucket.put(f"line/cn-shanghai.default/{name}", b"{")
    outlook = ours.look()
    place = ours.next(())
    assert (outlook.taken, ours.has_room(outlook), list(ours.slots.holders())) == (frozenset(), True, [])
    assert place is not None
    assert place.media_id == "a"


def test_jobs_above_a_limit_that_was_lowered_are_counted(bucket: FakeBucket, clock: FakeClock) -> None:
    wide = line(bucket, clock, limit=4)
    for name in "abcd":
        wide.take(name, "E1", wide.look())
    wide.slots.free(0, "a", "E1")
    narrow = line(bucket, clock, limit=2)
    assert not narrow.has_room(narrow.look()), "three are running"
