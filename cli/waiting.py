"""Who runs, who waits, and why nothing moves: the waiting lines of the state bucket, read as they lie there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from sightline.clock import to_iso, utc_now
from sightline.line.line import Line
from sightline.store.types import Bucket


@dataclass(frozen=True)
class Pool:
    """The jobs of a region and pipeline. `waiting` counts media by namespace; `paused` says until when and why, empty where it is not."""

    name: str
    in_flight: int
    waiting: dict[str, int]
    paused: str


def pools(state: Bucket) -> list[Pool]:
    return [_pool(state, name) for name in state.folders("line/")]


def whereabouts(state: Bucket, media_id: str, daily_jobs: int = 0) -> str:
    """Where a media waits and what for, in a phrase; empty where it does not. `daily_jobs`: of a namespace, 0 for any number."""
    for name in state.folders("line/"):
        line = _line(state, name, daily_jobs)
        for namespace in line.waiting.namespaces():
            for ahead, place in enumerate(line.waiting.places(namespace)):
                if place.media_id == media_id:
                    return "; ".join(filter(None, (_place(ahead, namespace), _paused(line), _spent(line, namespace))))
    return ""


def _place(ahead: int, namespace: str) -> str:
    others = {0: "nobody", 1: "one other"}.get(ahead, f"{ahead:,} others")
    return f"behind {others} of namespace {namespace}"


def _spent(line: Line, namespace: str) -> str:
    if line.budget.allows(namespace):
        return ""
    return f"its {line.budget.daily_jobs} jobs of today are spent, more may start at {to_iso(line.budget.begins_again())}"


def _pool(state: Bucket, name: str) -> Pool:
    line = _line(state, name)
    waiting = Counter({namespace: sum(1 for _ in line.waiting.places(namespace)) for namespace in line.waiting.namespaces()})
    return Pool(name, sum(1 for _ in line.slots.holders()), dict(waiting), _paused(line))


def _line(state: Bucket, name: str, daily_jobs: int = 0) -> Line:
    """To be looked at only: how many slots it has does not matter."""
    return Line(state, name, 0, daily_jobs, utc_now, Random())


def _paused(line: Line) -> str:
    pause = line.pace.pause()
    return f"paused until {to_iso(pause.until)}, because {pause.reason}" if pause and utc_now() < pause.until else ""
