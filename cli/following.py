"""Jobs of a service, followed from state to state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cli.output import Output
from sightline.untrusted import plain

FIRST_PAUSE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 5.0
_GROWTH = 1.3
_LONGEST_STATE = 200

Job = TypeVar("Job")


@dataclass(frozen=True)
class Step:
    """`seconds` from the start of following."""

    state: str
    seconds: float


@dataclass(frozen=True)
class Followed(Generic[Job]):
    """The job as it was looked at last, and the states that it was seen in."""

    job: Job
    steps: list[Step]
    is_over: bool


@dataclass(frozen=True)
class Following(Generic[Job]):
    """`look` asks how the job stands, `state` says it in a phrase, `is_over` tells whether it has ended."""

    look: Callable[[], Job]
    state: Callable[[Job], str]
    is_over: Callable[[Job], bool]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, output: Output, seconds: float) -> Followed[Job]:
        """Until it has ended or `seconds` are over, with ever longer pauses; a line whenever its state changes."""
        start, pause, steps = self.monotonic(), FIRST_PAUSE_SECONDS, list[Step]()
        while True:
            job, passed = self.look(), self.monotonic() - start
            state = plain(self.state(job), _LONGEST_STATE)
            if not steps or steps[-1].state != state:
                steps.append(Step(state, round(passed, 1)))
                output.say(f"{passed:6.1f} s  {state}")
            if self.is_over(job) or passed >= seconds:
                return Followed(job, steps, self.is_over(job))
            self.sleep(min(pause, max(seconds - passed, 0)))
            pause = min(pause * _GROWTH, LONGEST_PAUSE_SECONDS)


@contextmanager
def told_how_to_go_on(output: Output, job: Mapping[str, Any], command: str) -> Iterator[None]:
    """Who leaves with Ctrl-C ends the waiting, and not the job; a program is told of that as if it had not waited."""
    try:
        yield
    except KeyboardInterrupt:
        output.result(job)
        output.say(f"the job goes on; {command} looks at it")
        raise
