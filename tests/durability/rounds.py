"""Rounds of work, kill and comparison, on one data folder. `python -m tests.durability.rounds ROUNDS SEED` runs them by themselves."""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from localcloud.identity import Credential, Keyring
from tests.durability.libraries import Recognising, Shelving
from tests.durability.messaging import Publishing, Queueing
from tests.durability.model import Lost
from tests.durability.storing import Appending, Configuring, Copies, Objects, Uploading, Versions
from tests.durability.tagging import Invoking, Media
from tests.durability.victim import Victims, kill_tree

LONGEST_SECONDS = 0.25
"""Of work in a round, from when its clients begin."""


class Client(Protocol):
    """Somebody who uses the cloud and remembers what it acknowledged."""

    def connect(self, port: int, key: Credential) -> None: ...

    def step(self) -> bool | None:
        """One request, False if there was none to make; raises whatever the SDK does once the cloud is dead."""
        ...

    def check(self) -> None:
        """Compare; raises Lost. From then on what was found counts."""
        ...


def everyone(seed: int, folder: Path) -> dict[str, Client]:
    def chance(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")

    return {
        "objects": Objects(chance("objects")),
        "copies": Copies(chance("copies")),
        "appends": Appending(chance("appends")),
        "uploads": Uploading(chance("uploads")),
        "versions": Versions(chance("versions")),
        "queue": Queueing(chance("queue")),
        "topic": Publishing(chance("topic")),
        "configurations": Configuring(chance("configurations")),
        "people": Recognising(chance("people")),
        "shelf": Shelving(chance("shelf")),
        "media": Media(chance("media")),
        "functions": Invoking(chance("functions"), folder / "ran"),
    }


@dataclass
class Report:
    seed: int
    kills: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = ", ".join(f"{count} of {name}" for name, count in sorted(self.steps.items()))
        return "\n".join([f"seed {self.seed}: {self.kills} kills; acknowledged: {done}", *self.broken])


class Killing:
    """Kills a cloud again and again. What the clients do follows from the seed; what is under way when it dies does not."""

    def __init__(self, folder: Path, seed: int, plant: str = "", names: tuple[str, ...] = ()) -> None:
        self.report = Report(seed)
        self._folder = folder
        self._random = random.Random(seed)
        self._clients = {name: client for name, client in everyone(seed, folder).items() if not names or name in names}
        self._victims = Victims(folder, plant)

    def run(self, rounds: int) -> Report:
        """As many kills, fewer if something breaks; after the last one a comparison more."""
        try:
            for _ in range(rounds):
                self._round()
                if self.report.broken:
                    return self.report
            self._last_look()
        finally:
            self._victims.close()
        return self.report

    def _round(self) -> None:
        victim = self._victims.begin()
        try:
            if self._random.random() < 0.1:
                time.sleep(self._random.uniform(0, 0.1))  # dies while it starts
                return
            self._meet(self._victims.port())
            if not self.report.broken:
                self._work(lambda: kill_tree(victim))
        finally:
            if victim.is_running():
                kill_tree(victim)
            self.report.kills += 1

    def _last_look(self) -> None:
        victim = self._victims.begin()
        try:
            self._meet(self._victims.port())
        finally:
            kill_tree(victim)

    def _meet(self, port: int) -> None:
        """Connect everyone, and let each compare what is there with what was acknowledged."""
        key = Keyring.open(self._folder / "data" / "keys.json").account
        for name, client in self._clients.items():
            try:
                client.connect(port, key)
                client.check()
            except Lost as error:
                self.report.broken.append(f"after kill {self.report.kills}: {name}: {error}")

    def _work(self, kill: Callable[[], None]) -> None:
        dying, dead = threading.Event(), threading.Event()
        workers = [threading.Thread(target=self._steps, args=(name, client, dying, dead)) for name, client in self._clients.items()]
        for worker in workers:
            worker.start()
        time.sleep(self._random.uniform(0, LONGEST_SECONDS))
        dying.set()
        kill()
        dead.set()
        for worker in workers:
            worker.join()

    def _steps(self, name: str, client: Client, dying: threading.Event, dead: threading.Event) -> None:
        while not dead.is_set():
            try:
                made = client.step() is not False
            except Exception as error:  # noqa: BLE001 - each SDK has its own way to say that a connection broke
                if not dying.is_set():
                    self.report.broken.append(f"before kill {self.report.kills + 1}: {name}: {error!r}")
                return
            self.report.steps[name] = self.report.steps.get(name, 0) + made


def main() -> None:
    rounds, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    print(f"{rounds} kills, seed {seed}", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        report = Killing(Path(folder), seed).run(rounds)
    print(report)  # noqa: T201
    sys.exit(bool(report.broken))


if __name__ == "__main__":
    main()
