"""A schedule that a test writes itself: the same choices, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.acting import Choice, act
from tests.faults.functions import ROOT, Answered, Asking, Change, Ended
from tests.faults.injected import FAULTS
from tests.faults.invariants import check_always
from tests.faults.planted import no_bug
from tests.faults.points import point_of
from tests.faults.settling import replay_everything, settle
from tests.faults.template import Template
from tests.faults.world import Setup, World, every_kind_of_job, world

KEY = "uploads/home/front/a.jpg"
MANY = 200
_folders = count()


@dataclass
class Scene:
    world: World
    step: int = 0

    def do(self, verb: str, subject: str = "", detail: str = "", number: float = 0, *others: str) -> None:
        """One choice, and a look at what must always hold."""
        self.step += 1
        act(self.world, Choice(self.step, verb, subject, detail, number, others))
        check_always(self.world)

    def upload(self, content: str, key: str = KEY) -> None:
        self.do("upload", key, content)

    def begin(self, message: str = "", *others: str, skew: float = 0) -> str:
        """Invoke a function with a message, the oldest that waits where none is named; the invocation's name."""
        name = message or next(iter(self.world.mail))
        function = self.world.mail[name].function
        self.do("deliver", name, "", skew, *others)
        return f"{function}-{self.step}"

    def sweep(self) -> str:
        self.do("sweep")
        return f"sweep-{self.step}"

    def go(self, invocation: str, stops: int = MANY, fault: str = "") -> None:
        self.do("go", invocation, fault, stops)

    def go_to(self, invocation: str, point: str) -> None:
        """Until it stops before a request of this point, or after its answer: `before IMS.SubmitSmarttagJob`."""
        for _ in range(MANY):
            running = self.world.running.get(invocation)
            assert running is not None, f"{invocation} ended before it came to {point}\n{self.world.history.story(())}"
            if self.world.stops_at(running) == point:
                return
            self.go(invocation, 1)
        raise AssertionError(f"{invocation} never came to {point}")

    def meet(self, invocation: str, number: int, fault: str) -> bool:
        """Have it meet the fault at its side effect of that number, from 0; whether there is one. Index jobs run meanwhile."""
        stop = Asking if FAULTS[fault].is_before else Answered
        while (running := self.world.running.get(invocation)) is not None:
            state = running.invocation.state
            if isinstance(state, stop) and point_of(state.request).changes:
                if number == 0:
                    self.go(invocation, 1, fault)
                    return True
                number -= 1
            self.world.services.run_index_job()
            self.go(invocation, 1)
        return False

    def run(self, message: str = "", *others: str, skew: float = 0) -> Any:
        """Invoke a function, and let it come to its end without a fault: its result."""
        invocation = self.begin(message, *others, skew=skew)
        running = self.world.running[invocation].invocation
        self.go(invocation)
        assert isinstance(running.state, Ended), running.state
        if running.state.error is not None:
            raise running.state.error
        return running.state.result

    def finish_job(self) -> None:
        """The oldest job starts and ends; its messages are in the mail."""
        self.do("start job")
        self.do("finish job", self.world.history.jobs[self.world.jobs_under_way[0]].name)

    def lose_a_callback(self) -> None:
        """A job has ended, and nobody is told; by now the sweep would ask."""
        self.upload("good clip1")
        self.run()
        self.finish_job()
        for message in list(self.world.mail):
            self.do("lose", message)
        self.do("wait", number=70)

    def stage(self, key: str = KEY) -> str:
        return self.world.ledger.read(self.world.people.identity(key)).story.stage

    def reason(self, key: str = KEY) -> str:
        return self.world.ledger.read(self.world.people.identity(key)).story.reason

    def jobs(self, key: str = KEY) -> int:
        return sum(job.key == key for job in self.world.history.jobs.values())

    def end(self) -> None:
        """Everything comes to its end, all is checked, every message is replayed, and all is checked again."""
        settle(self.world)
        replay_everything(self.world)


@contextmanager
def scene(template: Template, rules: str = "smart_tags_alone.json", change: Change = no_bug) -> Iterator[Scene]:
    """`rules` beside this file say which jobs uploads get: most scenes are about one; schedules that are drawn have jobs of each kind."""
    with world(Setup(template, change=change), Path(template.scratch, f"scene-{next(_folders)}"), 1) as one:
        services = every_kind_of_job(one.services.endpoint, one.services.keyring.account)
        one.settings = {**services, "RULES_FILE": str(ROOT / "tests/faults" / rules)}
        yield Scene(one)
