"""The process that is killed, as the test sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


class Victims:
    """Starts laptop clouds on one folder, one after the other."""

    def __init__(self, folder: Path, plant: str = "") -> None:
        self._line = f"{folder}\t{plant}\n"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "shared" / "python")])}
        command = [sys.executable, "-m", "tests.durability.server"]
        self._mother = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self) -> psutil.Process:
        """Let one start; it does not serve yet."""
        assert self._mother.stdin is not None
        self._mother.stdin.write(self._line)
        self._mother.stdin.flush()
        return psutil.Process(self._number("process"))

    def port(self) -> int:
        """Of the one that was begun last, once it serves."""
        return self._number("port")

    def close(self) -> None:
        self._mother.kill()
        self._mother.communicate()

    def _number(self, what: str) -> int:
        """The next number of that name. One that died while it started may have told its port, which nobody wants any more."""
        assert self._mother.stdout is not None
        for line in self._mother.stdout:
            name, _, number = line.partition(" ")
            if name == what:
                return int(number)
        raise AssertionError("the process that starts the others has ended")


def kill_tree(process: psutil.Process) -> None:
    """SIGKILL for it and all that it started; return once none is left."""
    process.suspend()  # so that it starts nothing more
    family = [process, *process.children(recursive=True)]
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, f"{alive} survived SIGKILL"
