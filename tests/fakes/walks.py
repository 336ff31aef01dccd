"""What the tests of the walks over the buckets share: attempts that are remembered, and something that happens at the n-th request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any

from sightline.errors import ServiceUnreachable, SightlineError
from sightline.ledger.ledger import Ledger
from sightline.line.line import Line
from sightline.pipeline.audit import find_lost_uploads
from sightline.pipeline.collect import collect
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.sweep import sweep
from sightline.record.shelf import RecordShelf
from tests.fakes.sightline import World, raised

Walk = Callable[..., None]


@dataclass
class Attempts:
    """As the sweep attempts: what was done, by name, and the errors that did not end the walk."""

    done: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str, act: Callable[[], str]) -> bool:
        try:
            outcome = act()
        except SightlineError as error:
            self.errors[name] = str(error)
            return not error.retryable
        if outcome:
            self.done[name] = outcome
        return True


def walk_once(world: World, walk: Walk) -> dict[str, str]:
    """One sweep's part of a walk. Fails where anything could not be attended to."""
    attempts = Attempts()
    walk(world.pipeline, attempts, world.clock() + timedelta(seconds=60))
    assert attempts.errors == {}
    return attempts.done


class Died(BaseException):
    """The instance is gone; nothing catches it."""


def die() -> None:
    raise Died


def lose_the_answer() -> None:
    raise ServiceUnreachable("OSS", "a request", "ReadTimeout")


class Doom:
    """At the n-th request something happens, before the service has it or, where `late`, after; nothing where `n` is 0."""

    def __init__(self, n: int, late: bool, happen: Callable[[], None]) -> None:
        self._n = n
        self._late = late
        self._happen = happen
        self.requests = 0

    def over(self, service: object) -> Any:
        return _Doomed(service, self)

    def meet(self, request: Callable[[], Any]) -> Any:
        self.requests += 1
        its_turn = self.requests == self._n
        if its_turn and not self._late:
            self._happen()
        answer = request()
        if its_turn and self._late:
            self._happen()
        return answer


class _Doomed:
    def __init__(self, service: object, doom: Doom) -> None:
        self._service = service
        self._doom = doom

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._service, name)
        if not callable(found) or name == "presign":
            return found
        return lambda *args, **kwargs: self._doom.meet(lambda: found(*args, **kwargs))


def doomed(world: World, doom: Doom) -> Pipeline:
    """The world's pipeline in an instance that something is about to happen to."""
    whole, settings = world.pipeline, world.pipeline.settings
    state = doom.over(world.state)
    line = Line(state, settings.pool, settings.jobs_in_flight, settings.daily_jobs_per_namespace, world.clock, whole.chance)
    return whole._replace(
        media_bucket=doom.over(world.media),
        state_bucket=state,
        ledger=Ledger(state),
        records=RecordShelf(state),
        tagging=doom.over(world.tagging),
        library=doom.over(world.library),
        line=line,
    )


def settle(world: World) -> None:
    """Everything that sweeps, callbacks and time can do."""
    for _ in range(4):
        world.clock.forward(700)
        walk_once(world, find_lost_uploads)
        walk_once(world, find_orphans)
        sweep(world.pipeline, raised)
        for job_id in list(world.tagging.jobs):
            world.tagging.succeed(job_id)
            collect(world.pipeline, job_id)
    world.clock.forward(100)


def end_state(world: World) -> dict[str, Any]:
    """All that lasts but for times: what lies in the state bucket, where each media stands, and what a search would find."""
    keys = sorted(key for key in world.state.contents if not key.startswith(("sweep/", "line/")))
    identities = {key.partition("/")[0] for key in keys if key.endswith("/ledger.jsonl")}
    return {
        "keys": keys,
        "stages": {identity: world.stage(identity) for identity in identities},
        "library": {identity: entry["title"] for identity, entry in world.library.entries.items()},
    }


def end_states(make: Callable[[], World], walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    """Where a walk ends with a problem at each of its requests, before and after the effect; first the one without any."""
    doom, end = _end(make(), walk, Doom(0, False, die))
    ends = [("no problem", end)]
    for problem, late in product((die, lose_the_answer), (False, True)):
        for n in range(1, doom.requests + 1):
            name = f"{problem.__name__} {'after' if late else 'before'} request {n}"
            ends.append((name, _end(make(), walk, Doom(n, late, problem))[1]))
    return ends


def _end(world: World, walk: Walk, doom: Doom) -> tuple[Doom, dict[str, Any]]:
    with suppress(Died, ServiceUnreachable):
        walk(doomed(world, doom), Attempts(), world.clock() + timedelta(seconds=60))
    settle(world)
    return doom, end_state(world)
