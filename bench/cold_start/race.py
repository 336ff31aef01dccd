"""All contenders in turns, each in fresh processes, so that what else the machine does hits all alike."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.cold_start.contenders import OTHERS, OURS, Contender, Disk
from bench.cold_start.process import Taken, first_answer
from bench.cold_start.recorder import Recorder, Step
from bench.cold_start.scenes import Scene, Stage, check

RECORDINGS = 3


@dataclass(frozen=True)
class Variant:
    """`reach` are the variables that lead to the cloud."""

    name: str
    has_pyc: bool
    reach: Mapping[str, str]


def reach(endpoint: str) -> dict[str, str]:
    """Where the services are."""
    return dict.fromkeys(("OSS_ENDPOINT", "IMS_ENDPOINT", "MNS_ENDPOINT"), endpoint)


class Race:
    """Of one function."""

    def __init__(self, function: str, stage: Stage, disk: Disk, recorder: Recorder) -> None:
        self._function = function
        self._stage = stage
        self._disk = disk
        self.others = [other for other in OTHERS if function in other.functions]
        self._recorder = recorder
        self._recorded = Variant("recorded", True, reach(f"http://127.0.0.1:{recorder.port}"))
        self._record()  # the first sweep of all finds no state of an earlier one
        # The fewest: an index job may want a second look.
        self.steps, self._template = min((self._record() for _ in range(RECORDINGS)), key=lambda recorded: len(recorded[0]))
        for other in self.others:
            recorder.clear()
            self.other(other, self._recorded)
            if other.makes_the_same_requests and _told(recorder.steps) != _told(self.steps):
                raise RuntimeError(f"{other.name} makes other requests: {_told(recorder.steps)}, ours {_told(self.steps)}")

    def _record(self) -> tuple[Sequence[Step], str]:
        """The requests that ours makes, and what fits on another scene of them."""
        self._recorder.clear()
        scene = self._stage.scene(self._function)
        self.ours(self._recorded, scene)
        return self._recorder.steps, self._recorder.template(scene.names)

    def run(self, variants: Sequence[Variant], rounds: int) -> dict[tuple[str, str], list[Taken]]:
        """By the names of the variant and of the contender."""
        taken: dict[tuple[str, str], list[Taken]] = {}
        for number in range(rounds):
            for variant in variants:
                for name, start in self._in_turn(variant, number):
                    taken.setdefault((variant.name, name), []).append(start())
        if all(_told(self._record()[0]) != _told(self.steps) for _ in range(RECORDINGS)):
            raise RuntimeError(f"{self._function} makes other requests by now than the rivals did: {_told(self.steps)}")
        return taken

    def _in_turn(self, variant: Variant, number: int) -> Sequence[tuple[str, Callable[[], Taken]]]:
        """Another one begins in each round."""
        starts: list[tuple[str, Callable[[], Taken]]] = [(OURS, lambda: self.ours(variant))]
        starts += [(other.name, lambda other=other: self.other(other, variant)) for other in self.others]  # type: ignore[misc]
        first = number % len(starts)
        return [*starts[first:], *starts[:first]]

    def ours(self, variant: Variant, scene: Scene | None = None, options: Sequence[str] = ()) -> Taken:
        scene = scene or self._stage.scene(self._function)
        taken = self._start(self._function, variant, scene.event, options)
        check(self._function, taken.answer)
        scene.finish()
        return taken

    def other(self, other: Contender, variant: Variant, options: Sequence[str] = ()) -> Taken:
        scene = self._stage.scene(self._function) if other.makes_the_same_requests else Scene("")
        taken = self._start(other.name, variant, other.event(self._stage, scene, self._template), options)
        scene.finish()
        return taken

    def _start(self, name: str, variant: Variant, event: str, options: Sequence[str]) -> Taken:
        host = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        public = {"OSS_PUBLIC_ENDPOINT": self._stage.environment["OSS_ENDPOINT"]}
        environment = {**host, "LANG": "C.UTF-8", "TZ": "UTC", **self._stage.environment, **public, **variant.reach}
        return first_answer(self._disk.runtime, self._disk.programs[name, variant.has_pyc], environment, event, options)


def _told(steps: Sequence[Step]) -> list[Any]:
    """What is the same of the same requests for two media: everything but keys, texts and times. In any order: ours makes some at once."""
    return sorted(
        json.dumps([step["service"], step.get("action") or step["method"], step.get("bucket", ""), step["status"]]) for step in steps
    )
