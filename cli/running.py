"""The laptop cloud that runs on a data folder: who it is, and how to reach it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from cli.errors import NOT_RUNNING, CommandError

STATE_FILE = "up.json"


@dataclass(frozen=True)
class Running:
    """What `sightline up` tells once it is ready. The keys are made on this machine and open nothing else."""

    pid: int
    endpoint: str
    page: str
    region: str
    account_id: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    media_bucket: str
    state_bucket: str
    search_library: str
    template_id: str
    data: str
    pipeline_id: str = ""


def default_data() -> Path:
    return Path(os.environ.get("SIGHTLINE_DATA", ".sightline"))


def announce(running: Running) -> None:
    """Write it where the other commands look; it names a key, so it is for its owner's eyes."""
    path = Path(running.data) / STATE_FILE
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(running), file)
    partial.replace(path)


def withdraw(data: Path) -> None:
    (data / STATE_FILE).unlink(missing_ok=True)


def find(data: Path) -> Running | None:
    """None where nothing runs; a file left by a killed one counts for nothing."""
    try:
        running = Running(**json.loads((data / STATE_FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return running if is_alive(running.pid) else None


def require(data: Path) -> Running:
    running = find(data)
    if running is None:
        raise CommandError(
            f"no laptop cloud is running on {data}",
            "start one with `sightline up`, or name its folder with --data or SIGHTLINE_DATA",
            NOT_RUNNING,
        )
    return running


def is_alive(pid: int) -> bool:
    """Whether the process runs and is a laptop cloud: its number may have been given to another since."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and any("sightline" in word for word in process.cmdline())
    except psutil.Error:
        return False
