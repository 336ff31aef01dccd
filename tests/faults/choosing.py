"""What the scheduler does next, drawn from what it could do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.acting import Choice
from tests.faults.injected import NAMES
from tests.faults.mail import MALFORMED_EVENTS, MALFORMED_RECORDS
from tests.faults.world import World

KEYS = (
    "uploads/home/front/a.jpg",
    "uploads/home/front/b.mp4",
    "uploads/home/c.png",
    "uploads/yard/gate/d e+f%2F%25&?#=g.jpg",
    "uploads/yard/gate/猫 на 🐈.mp4",
    "uploads/yard/e.mp4",
    "uploads/clip.mp4",
    "uploads/street/notes.txt",
)
LONGEST_RUN = 12
DAY = 86_400


@dataclass(frozen=True)
class Rates:
    """`fault` is the part of the runs between stops that end in one. Whether events of uploads may be lost, and an item be bad for good."""

    fault: float = 0.3
    loses_events: bool = True
    curses: bool = True


@dataclass
class Chooser:
    """Names contents by number, so that each is another."""

    random: Random
    rates: Rates
    keys: tuple[str, ...] = KEYS
    contents: int = 0
    earlier: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The fewer there are, the more of what happens meets.
        self.keys = tuple(self.random.sample(KEYS, self.random.choice((1, 2, 2, 3, 4, len(KEYS)))))

    def choose(self, world: World, step: int) -> Choice:
        weighted = self._possible(world)
        make = self.random.choices([make for _, make in weighted], [weight for weight, _ in weighted])[0]
        return make(world, step)

    def _possible(self, world: World) -> list[tuple[float, Callable[[World, int], Choice]]]:
        sweeping = sum(name.startswith("sweep") for name in world.running)
        return [
            (3, self._somebody),
            (16 if world.running else 0, self._go),
            (6 if world.mail and len(world.running) < 5 else 0, self._deliver),
            (1 if world.seen else 0, self._trouble_mail),
            (3 if world.services.waiting_jobs() and len(world.jobs_under_way) < world.setup.jobs_at_once else 0, self._start_job),
            (3 if world.jobs_under_way else 0, self._finish_job),
            (3 if world.services.index_jobs() else 0, self._index),
            (1 if sweeping < 2 else 0, self._sweep),
            (1.5, self._wait),
            (1, self._search),
            (0.05 if self.rates.curses and world.people.versions and not world.cursed else 0, self._curse),
        ]

    def _somebody(self, world: World, step: int) -> Choice:
        key = self.random.choice(self.keys)
        verb = self.random.choices(["upload", "upload again", "earlier", "delete", "copy", "rename"], [8, 2, 1, 3, 1, 1])[0]
        if verb in ("copy", "rename"):
            return Choice(step, "copy", key, self.random.choice(self.keys), others=("rename",) if verb == "rename" else ())
        if verb == "earlier" and self.earlier.get(key):
            return Choice(step, "upload", key, self.random.choice(self.earlier[key]))
        if verb in ("upload again", "delete"):
            return Choice(step, verb, key)
        return Choice(step, "upload", key, self._content(key))

    def _content(self, key: str) -> str:
        self.contents += 1
        kind = self.random.choices(["good", "bad", "dull", ""], [10, 2, 2, 1])[0]
        content = f"{kind} clip{self.contents}" if kind else ""
        self.earlier.setdefault(key, []).append(content)
        return content

    def _go(self, world: World, step: int) -> Choice:
        name = self.random.choice(sorted(world.running))
        stops = min(LONGEST_RUN, 1 + int(self.random.expovariate(0.25)))
        fault = self.random.choice(NAMES) if self.random.random() < self.rates.fault else ""
        return Choice(step, "go", name, fault, stops)

    def _deliver(self, world: World, step: int) -> Choice:
        now = world.clock.seconds()
        ripe = [name for name, message in world.mail.items() if message.due <= now] or list(world.mail)
        first = self.random.choice(ripe)
        others = tuple(name for name in ripe if name != first and self.random.random() < 0.2)
        malformed = [self.random.choice(sorted(MALFORMED_RECORDS)) for _ in range(self.random.choice((0, 0, 0, 0, 1, 2)))]
        skew = self.random.choice((0,) * 30 + (-1200, 1200, 60))
        return Choice(step, "deliver", first, ", ".join(malformed), skew, others)

    def _trouble_mail(self, world: World, step: int) -> Choice:
        verb = self.random.choices(["repeat", "lose", "malformed"], [4, 2, 1])[0]
        if verb == "malformed":
            return Choice(step, verb, self.random.choice(sorted(MALFORMED_EVENTS)))
        if verb == "lose":
            names = [name for name, message in world.mail.items() if message.function != "submit" or self.rates.loses_events]
            return Choice(step, verb, self.random.choice(names) if names else "")
        return Choice(step, verb, self.random.choice(sorted(world.seen)), number=self.random.choice((0, 5, 3 * DAY)))

    def _start_job(self, _world: World, step: int) -> Choice:
        return Choice(step, "start job")

    def _finish_job(self, world: World, step: int) -> Choice:
        job = world.history.jobs[self.random.choice(world.jobs_under_way)]
        return Choice(step, "finish job", job.name)

    def _index(self, _world: World, step: int) -> Choice:
        return Choice(step, "index")

    def _sweep(self, _world: World, step: int) -> Choice:
        return Choice(step, "sweep", number=self.random.choice((0,) * 10 + (1200,)))

    def _wait(self, _world: World, step: int) -> Choice:
        return Choice(step, "wait", number=self.random.choices((1, 10, 61, 130, 3 * 3600, 2 * DAY), (8, 6, 3, 3, 0.3, 0.2))[0])

    def _search(self, world: World, step: int) -> Choice:
        return Choice(step, "search", self.random.choice(world.people.namespaces() or ["default"]))

    def _curse(self, world: World, step: int) -> Choice:
        return Choice(step, "curse", self.random.choice(sorted(world.people.versions)))
