"""The end of a schedule: nothing goes wrong any more, every message arrives, every job ends, and the sweep comes as its timer says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.acting import Choice, act
from tests.faults.functions import Ended, Sleeping
from tests.faults.history import Violation
from tests.faults.invariants import check_always, check_end, check_unchanged, expected_stage, is_ended, is_untagged, snapshot
from tests.faults.invoking import begin, one_stop
from tests.faults.people import is_media
from tests.faults.searching import found, search_namespace
from tests.faults.world import World

SWEEP_SECONDS = 120
LATER_SECONDS = 1200
MOST_SWEEPS = 240
"""Within so many every good upload is at its end, though a cursed one is still in trouble."""
MOST_STOPS = 20_000


def settle(world: World) -> None:
    """Raises Violation."""
    world.step += 1
    world.tell("from now on nothing goes wrong")
    until_quiet(world)
    if world.cursed:
        world.tell(f"the curse is taken from {world.cursed!r}", world.cursed)
        world.cursed = ""
        until_quiet(world)
    check_end(world)
    for namespace in world.people.namespaces():
        search_namespace(world, namespace)
    _check_found(world)


def replay_everything(world: World) -> None:
    """I7: every message that there ever was, once more and in another order. Raises Violation."""
    world.step += 1
    world.tell("every message is replayed")
    before, names = snapshot(world), sorted(world.seen)
    world.chance.shuffle(names)
    for name in names:
        world.mail[name] = world.seen[name].again(world.clock.seconds())
    until_quiet(world)
    check_unchanged(world, before)
    check_end(world)


def _check_found(world: World) -> None:
    shown = {hit["key"] for namespace in world.people.namespaces() for hit in found(world, namespace) or ()}
    for key, content in world.people.present():
        story = world.ledger.read(world.people.identity(key)).story
        # What has no smart tags is found by its captions, where it has any.
        is_known = not is_untagged(key) and not story.tags_failed
        if is_known and is_media(key) and expected_stage(key, content) == story.stage == "searchable" and key not in shown:
            raise Violation("I2", f"{key} is searchable, and a search does not find it", [key])


def until_quiet(world: World) -> None:
    """Raises Violation where the sweeps do not bring everything that is good to its end."""
    for number in range(MOST_SWEEPS):
        _deliver_all(world)
        world.clock.forward(SWEEP_SECONDS)
        report = _sweep(world, number)
        _deliver_all(world)
        if not _late(world) and (world.cursed or (_is_idle(report) and _stays_idle(world, number))):
            return
    late = _late(world)
    if late:
        raise Violation("I6" if world.cursed else "I2", f"after {MOST_SWEEPS} sweeps these are not at their end: {late}", late)


def _stays_idle(world: World, number: int) -> bool:
    """Some of what a sweep does has to wait until nobody can be late any more."""
    world.clock.forward(LATER_SECONDS)
    is_idle = _is_idle(_sweep(world, number, "later"))
    _deliver_all(world)
    return is_idle


def _is_idle(report: Mapping[str, Any]) -> bool:
    """Whether a sweep had nothing to do, and nothing that it could not do."""
    media = report.get("media", {})
    return not (media.get("done") or media.get("errors") or media.get("error"))


def _late(world: World) -> list[str]:
    return [key for key, _ in world.people.present() if is_media(key) and key != world.cursed and not is_ended(world, key)]


def _deliver_all(world: World) -> None:
    """Until nobody has anything to do, but for the timer."""
    while True:
        for name in list(world.running):
            finish(world, name)
        world.take_news()
        if world.mail:
            act(world, Choice(world.step, "deliver", next(iter(world.mail))))
        elif not _work(world):
            return
        check_always(world)


def _work(world: World) -> bool:
    """Whether the service had something to do."""
    if world.jobs_under_way:
        act(world, Choice(world.step, "finish job", world.history.jobs[world.jobs_under_way[0]].name))
    elif world.services.waiting_jobs():
        act(world, Choice(world.step, "start job"))
    else:
        return world.services.run_index_job()
    return True


def _sweep(world: World, number: int, when: str = "timer") -> Mapping[str, Any]:
    running = begin(world, f"sweep-{world.step}-{number}-{when}", "sweep", None)
    finish(world, running.invocation.name)
    ended = running.invocation.state
    assert isinstance(ended, Ended)
    if ended.error is not None:
        raise Violation("I6", f"the sweep fails: {ended.error!r}")
    result: Mapping[str, Any] = ended.result
    return result


def finish(world: World, name: str) -> None:
    for _ in range(MOST_STOPS):
        running = world.running.get(name)
        if running is None:
            return
        if isinstance(running.invocation.state, Sleeping):
            # It waits for an index job.
            world.services.run_index_job()
        one_stop(world, name, running, "")
    raise Violation("I6", f"{name} does not end", world.running[name].keys)
