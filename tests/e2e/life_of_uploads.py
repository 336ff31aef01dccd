"""A life in which every function does everything that it ever does: uploads, searches, deletions, what is lost on the way, and the end.

The real functions run in this process against the real services of the laptop cloud, on the harness of the fault tests; each with a key
of the role that s.yaml names. Whatever fails, the life goes on: what a missing right leads to is what is looked at.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from localcloud.identity import Authority
from tests.faults.acting import Choice, act
from tests.faults.functions import Ended, Sleeping
from tests.faults.invoking import begin, one_stop
from tests.faults.mail import Message
from tests.faults.searching import ask
from tests.faults.template import Template
from tests.faults.world import Setup, World, world

DOOR = "uploads/home/door/a.jpg"
YARD = "uploads/home/yard/b.jpg"
STAIRS = "uploads/home/stairs/c.jpg"
CELLAR = "uploads/home/cellar/d.jpg"
GATE = "uploads/home/gate/e.jpg"
HALL = "uploads/home/hall/f.mp4"
ROOF = "uploads/home/roof/g.mp4"
# These get no smart tags.
DRIVE = "uploads/yard/gate/h.mp4"
FENCE = "uploads/yard/gate/i.mp4"
DAY_SECONDS = 86_400
MOST_STOPS = 5_000
_folders = count()


@dataclass
class Life:
    """`said` is everything that people can read of it: results, errors, answers, and the logs of functions and of the cloud."""

    world: World
    said: list[str] = field(default_factory=list)
    step: int = 0

    def live(self, until: str = "") -> bool:
        """Chapter by chapter, to the end or until something is said that contains this text; whether it was."""
        chapters = (
            self.one_is_found,
            self.one_goes_while_its_job_runs,
            self.events_and_callbacks_are_lost,
            self.entries_are_lost,
            self.more_is_made_of_films,
            self.events_are_given_up,
            self.all_is_removed,
        )
        for chapter in chapters:
            chapter()
            if until and any(until in said for said in self.said):
                return True
        return False

    def one_is_found(self) -> None:
        """Before anything is there, too. Of two uploads one waits for the other's slot, and whoever ends that starts it."""
        self.search()
        self.upload(DOOR)
        self.upload(YARD)
        self.deliver()
        self.job()
        self.deliver()
        self.sweep(after=120)
        self.search()

    def one_goes_while_its_job_runs(self) -> None:
        """It was found before, and nobody is told that it has gone."""
        self.job()
        self.deliver()
        self.upload(YARD, "good again")
        self.deliver()
        self.job()
        callbacks = dict(self.world.mail)
        self.delete(YARD)
        self.world.mail = callbacks
        self.deliver()
        self.sweep(after=120)

    def events_and_callbacks_are_lost(self) -> None:
        self.upload(STAIRS)
        self.lose()
        self.sweep(after=1_200)
        self.job()
        self.lose()
        self.sweep(after=120)
        self.sweep(after=120)
        self.search()

    def entries_are_lost(self) -> None:
        """One while it is inserted, one long after: IMS knows nothing of them then, and is asked whether there is a library at all."""
        self.upload(CELLAR)
        self.deliver()
        self.job()
        for name in list(self.world.mail):
            self.invoke(self.world.mail.pop(name), "before IMS.QueryMediaIndexJob", lambda: self.lose_entry(CELLAR))
        self.sweep(after=120)
        self.lose_entry(STAIRS)
        self.sweep(after=1_200)
        self.sweep(after=120)

    def more_is_made_of_films(self) -> None:
        """One waits in line for a picture's slot, so whoever ends that starts all its jobs; of another nobody hears but the sweep."""
        self.upload(DOOR, "good other")
        self.upload(HALL)
        self.deliver()
        for _ in range(4):
            self.job()
            self.deliver()
        self.upload(ROOF)
        self.lose()
        self.sweep(after=1_200)
        for _ in range(3):
            self.job()
            self.lose()
        for _ in range(2):
            self.sweep(after=120)
        self.upload(DRIVE)
        for name in list(self.world.mail):
            self.invoke(self.world.mail.pop(name), "before IMS.QueryMediaIndexJob", lambda: self.lose_entry(DRIVE, "yard"))
        self.upload(FENCE)
        self.deliver()
        for _ in range(2):
            self.job()
            self.deliver()
        self.search()

    def events_are_given_up(self) -> None:
        """Every attempt finds OSS away, and Function Compute sends to the queue of failed events: one of submit, then one of collect."""
        self.upload(GATE)
        self.fail()
        self.sweep(after=120)
        self.sweep(after=600)
        self.job()
        self.fail()
        self.sweep(after=120)
        self.sweep(after=600)

    def fail(self) -> None:
        self.world.away = "OSS"
        self.deliver()
        self.world.away = ""

    def all_is_removed(self) -> None:
        for key in (DOOR, HALL, FENCE):
            self.delete(key)
            self.deliver()
        for key in (STAIRS, ROOF, DRIVE):
            self.delete(key)
        self.lose()
        self.sweep(after=1_200)
        for _ in range(2):
            self.sweep(after=91 * DAY_SECONDS)
        self.search()

    def upload(self, key: str, content: str = "good") -> None:
        self.act("upload", key, f"{content} {key.rpartition('/')[2][0]}")

    def delete(self, key: str) -> None:
        self.act("delete", key)

    def act(self, verb: str, subject: str = "", detail: str = "") -> None:
        self.step += 1
        act(self.world, Choice(self.step, verb, subject, detail))

    def lose(self) -> None:
        self.world.mail.clear()

    def lose_entry(self, key: str, namespace: str = "home") -> None:
        """Somebody takes it out of the library by hand."""
        self.world.account.library().delete(self.world.people.identity(key), namespace)

    def job(self) -> None:
        """The oldest that waits runs to its end, if there is one."""
        self.act("start job")
        if self.world.jobs_under_way:
            self.act("finish job", self.world.history.jobs[self.world.jobs_under_way[0]].name)

    def deliver(self) -> None:
        """Everything in the mail, and again what failed, as often as Function Compute tries."""
        while self.world.mail:
            self.invoke(self.world.mail.pop(next(iter(self.world.mail))))
            self.world.take_news()

    def sweep(self, after: float) -> None:
        self.world.clock.forward(after)
        self.invoke(None)
        self.world.take_news()

    def invoke(self, message: Message | None, point: str = "", then: Callable[[], None] | None = None) -> None:
        """`then` is done once, where the invocation stops at `point`."""
        self.step += 1
        function = message.function if message else "sweep"
        name = f"{function}-{self.step}"
        running = begin(self.world, name, function, message)
        for _ in range(MOST_STOPS):
            if isinstance(running.invocation.state, Ended):
                break
            if isinstance(running.invocation.state, Sleeping):
                self.world.services.run_index_job()
            if then is not None and self.world.stops_at(running) == point:
                then()
                then = None
            one_stop(self.world, name, running, "")
        ended = running.invocation.state
        assert isinstance(ended, Ended), f"{name} does not end"
        self.said.append(f"{function}: {json.dumps(ended.result)} {ended.error or ''}")
        self.look_at_the_line()

    def search(self) -> None:
        status, document = ask(self.world, q="a person walks past", namespace="home")
        self.said.append(f"search: {status} {json.dumps(document)}")
        for hit in document.get("hits", []):
            for made in hit.get("found", {}).get("derived", []):
                self.world.services.serve(httpx.Request("GET", made["url"]))
        if document.get("hits"):
            status, document = ask(self.world, similar=self.world.people.identity(DOOR), namespace="home")
            self.said.append(f"similar: {status} {json.dumps(document)}")

    def look_at_the_line(self) -> None:
        """Why it pauses, as `sightline status` shows it: whoever waits there has no other reason of its own."""
        for key in self.world.state.keys("line/"):
            if key.endswith("/pace.json"):
                self.said.append(f"line: {self.world.state.get(key)!r}")

    def stage(self, key: str) -> str:
        return self.world.ledger.read(self.world.people.identity(key)).story.stage


class _Heard(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.INFO)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(f"{record.name}: {self.format(record)}")


@contextmanager
def life(template: Template, authority: Authority) -> Iterator[Life]:
    """`authority` says what the roles may do."""
    loggers = [logging.getLogger(name) for name in ("sightline", "localcloud")]
    with world(Setup(template, authority=authority), Path(template.scratch, f"life-{next(_folders)}"), 1) as made:
        made.settings["JOBS_IN_FLIGHT"] = "1"
        one = Life(made)
        heard = _Heard(one.said)
        for logger in loggers:
            logger.addHandler(heard)
        try:
            yield one
        finally:
            for logger in loggers:
                logger.removeHandler(heard)
