"""Small function projects, run by the real Function Compute of the laptop cloud; its neighbours are faked."""

from __future__ import annotations

import json
import textwrap
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import yaml

from localcloud.fc.project.project import Project
from localcloud.fc.running.instances import Limits
from localcloud.fc.service import FunctionCompute
from localcloud.identity import Credential, Keyring
from localcloud.place import Place
from localcloud.ports import QueueMessage

KEYRING = Keyring(Credential("LTAItest", "the secret"))
PLACE = Place()


class InMemoryQueues:
    """MNS as Function Compute sees it: a received message is hidden until it is deleted or shown again."""

    def __init__(self) -> None:
        self.queues: dict[str, list[QueueMessage]] = {}
        self.topics: dict[str, list[str]] = defaultdict(list)
        self._hidden: dict[str, QueueMessage] = {}
        self._changed = threading.Condition()

    def create(self, queue: str) -> None:
        self.queues[queue] = []

    def bodies(self, queue: str) -> list[str]:
        return [message.body for message in self.queues[queue]]

    def publish(self, topic: str, body: str) -> None:
        self.topics[topic].append(body)

    def send(self, queue: str, body: str) -> None:
        with self._changed:
            number = f"message-{sum(map(len, self.queues.values())) + len(self._hidden)}"
            self.queues[queue].append(QueueMessage(number, body, number, 1_700_000_000.0, 0))
            self._changed.notify_all()

    def receive(self, queue: str, count: int, wait_seconds: float) -> list[QueueMessage]:
        with self._changed:
            if not self.queues[queue]:
                self._changed.wait(wait_seconds)
            taken, self.queues[queue] = self.queues[queue][:count], self.queues[queue][count:]
            received = [QueueMessage(m.message_id, m.body, m.receipt_handle, m.enqueue_time, m.dequeue_count + 1) for m in taken]
            self._hidden.update({message.receipt_handle: message for message in received})
            return received

    def delete(self, queue: str, receipt_handle: str) -> None:
        with self._changed:
            self._hidden.pop(receipt_handle)

    def hidden(self) -> list[str]:
        return sorted(self._hidden)

    def show_hidden_again(self, queue: str) -> None:
        with self._changed:
            self.queues[queue] += self._hidden.values()
            self._hidden.clear()
            self._changed.notify_all()


def write_project(folder: Path, source: str, **props: Any) -> Path:
    """A project with one function, called `work`, whose code is `source`."""
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "index.py").write_text(textwrap.dedent(source), encoding="utf-8")
    defaults = {"functionName": "work", "region": "cn-shanghai", "runtime": "python3.12", "handler": "index.handler", "code": "./code"}
    defaults["timeout"] = 10  # type: ignore[assignment]  # a first import is slow on a busy machine
    document = {"edition": "3.0.0", "name": "laptop", "resources": {"work": {"component": "fc3", "props": {**defaults, **props}}}}
    file = folder / "s.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


class Laptop:
    """A Function Compute over one data folder. `start` may be called again after `stop`: a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.queues = InMemoryQueues()
        self.running: list[FunctionCompute] = []

    def start(
        self,
        source: str,
        *,
        layer_folders: dict[str, Path] | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        retry_delay: Callable[[int], float] = lambda _failures: 0.01,
        bare: bool = False,
        **props: Any,
    ) -> FunctionCompute:
        project = Project.read(write_project(self.folder, source, **props), {})
        made = FunctionCompute(
            self.folder / "data",
            PLACE,
            KEYRING,
            project,
            layer_folders or {},
            self.queues,
            clock=clock,
            limits=limits,
            retry_delay=retry_delay,
            bare=bare,
        )
        made.start()
        self.running.append(made)
        return made

    def stop(self) -> None:
        while self.running:
            self.running.pop().stop()

    def log(self) -> list[str]:
        return (self.folder / "data" / "logs" / "work.log").read_text(encoding="utf-8").splitlines()


def eventually(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true value of `condition`, polled until a deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{condition} did not become true within {seconds} seconds")


def has_ended(process: int) -> bool:
    """Also while its parent has not asked how."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def answer(function_compute: FunctionCompute, event: object = None) -> Any:
    """What the function makes of an event that is JSON, read as JSON."""
    invocation = function_compute.invoke("work", json.dumps(event).encode())
    assert not invocation.error_type, invocation.payload
    return json.loads(invocation.payload)
