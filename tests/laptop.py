"""A real `sightline up` in a process of its own, on free ports and a folder of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import oss2

from cli.clients import Clients
from cli.main import run
from cli.running import Running
from sightline.ledger.story import Story
from sightline.media.identity import media_id

SIGHTLINE = Path(sys.executable).parent / "sightline"
READY_SECONDS = 60
WAY_SECONDS = 120


@dataclass
class Cloud:
    """Start, stop and kill; what a stranger would do to it, with the official SDK and the command line."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    running: Running | None = None

    def up(self) -> list[str | Path]:
        return [SIGHTLINE, "up", "--port", "0", "--json", "--data", self.data]

    def start(self) -> Cloud:
        self.process = subprocess.Popen(
            self.up(),
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"sightline up ended with {self.process.wait(READY_SECONDS)}"
        document = json.loads(line)
        assert document.pop("ready") is True
        self.running = Running(**document)
        return self

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """The exit code; of one that could not close, what its log says goes to the test's output."""
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout:
            code = self.process.wait(READY_SECONDS)
        if code > 0:
            sys.stderr.write((self.data / "logs" / "laptop-cloud.log").read_text()[-20_000:])
        return code

    @property
    def clients(self) -> Clients:
        assert self.running is not None
        return Clients.of(self.running)

    def bucket(self) -> oss2.Bucket:
        return self.clients.oss2_bucket()

    def story(self, key: str) -> Story:
        assert self.running is not None
        return self.clients.ledger().read(media_id(self.running.media_bucket, key)).story

    def wait(self, *keys: str) -> list[Story]:
        """Until every media has ended, with all its jobs."""

        def has_ended(key: str) -> bool:
            story = self.story(key)
            return story.is_final and not story.open_jobs

        wait_until(lambda: all(has_ended(key) for key in keys), WAY_SECONDS, lambda: str([self.story(key) for key in keys]))
        return [self.story(key) for key in keys]

    def search(self, text: str, namespace: str = "default", **more: Any) -> Any:
        assert self.running is not None
        return httpx.get(
            f"{self.running.page}search", params={"q": text, "namespace": namespace, **more}, timeout=40, trust_env=False
        ).json()

    def command(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the command on this cloud's data folder, and see its exit code."""
        done = subprocess.run([SIGHTLINE, *arguments, "--data", self.data], capture_output=True, text=True, timeout=WAY_SECONDS)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def here(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """The same in this process, for tests of what a command does: a process more takes seconds on a busy machine.

        `code` is None where any will do.
        """
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            returned = run([*arguments, "--data", str(self.data)])
        assert code in (None, returned), f"{arguments}: {returned}\n{out.getvalue()}\n{err.getvalue()}"
        return subprocess.CompletedProcess(arguments, returned, out.getvalue(), err.getvalue())


def wait_until(true: Callable[[], bool], seconds: float, otherwise: Callable[[], str] = lambda: "it did not happen") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.1)
