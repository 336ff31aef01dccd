"""How far a write has gone before it is acknowledged.

By default it has reached the operating system: the death of any process loses nothing. `survive_power_loss` asks for more, and from then
on each write waits until the disk says that it has it (on macOS, where fsync does not ask the disk, until it is handed over).
bench/RESULTS.md says what that costs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_waits_for_disk = False


def survive_power_loss() -> None:
    """For all of this process, and before it opens its databases: whether a machine can lose power is no matter of one service."""
    global _waits_for_disk
    _waits_for_disk = True


def synchronous() -> str:
    """SQLite's setting of that name, for a database with a write-ahead log."""
    return "FULL" if _waits_for_disk else "NORMAL"


def settle(file: BinaryIO) -> None:
    """The content of a file, before something names it."""
    if _waits_for_disk:
        file.flush()
        os.fsync(file.fileno())


def settle_name(path: Path) -> None:
    """The name of a new file: its folder's content, and that of the folder above, which may be new itself."""
    if _waits_for_disk:
        for folder in (path.parent, path.parent.parent):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
