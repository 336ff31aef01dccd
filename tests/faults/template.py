"""A provisioned data folder, made once a process and copied for each schedule, in memory where the system has such a place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.provision.report import Provisioned
from tests.faults.laptop_services import provisioned_folder

IN_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Template:
    """`scratch` is a folder for the copies."""

    folder: Path
    scratch: Path
    made: Provisioned


@contextmanager
def template() -> Iterator[Template]:
    with tempfile.TemporaryDirectory(prefix="sightline-faults-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        data = Path(folder, "template")
        yield Template(data, Path(folder), provisioned_folder(data))
