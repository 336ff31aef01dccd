"""Finds a Python 3.12 on this machine: bytecode is only good for the version that made it, and Function Compute runs python3.12."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import which

from cli.errors import NOT_FOUND, CommandError

MAGIC = bytes.fromhex("cb0d0d0a")
"""How the bytecode of every final 3.12 begins (3531, "Known values" in CPython's importlib._bootstrap_external)."""
VARIABLE = "PYTHON312"
_ANSWER_SECONDS = 30
_PROGRAM = "import sys, importlib.util as u; print(sys.implementation.name, u.MAGIC_NUMBER.hex(), sys.executable)"


def find(environment: Mapping[str, str], this: str = sys.executable) -> Path:
    """PYTHON312, `this` Python itself, `python3.12` on the PATH, or one that pyenv or uv has installed. Raises CommandError."""
    named = environment.get(VARIABLE)
    if named:
        found = _examined(named)
        if found is None:
            raise CommandError(f"{VARIABLE}: {named} is not a Python 3.12 that runs", f"name one, or unset {VARIABLE}", NOT_FOUND)
        return found
    for candidate in (this, *_candidates(environment)):
        found = _examined(candidate)
        if found is not None:
            return found
    raise CommandError(
        "no Python 3.12 was found, and the functions run on it",
        f"install one (apt install python3.12, pyenv install 3.12, uv python install 3.12), or name it: {VARIABLE}=/path/to/python",
        NOT_FOUND,
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    on_path = which("python3.12", path=environment.get("PATH", os.defpath))
    if on_path:
        yield on_path
    home = Path(environment.get("HOME", Path.home()))
    folders = (
        Path(environment.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(environment.get("XDG_DATA_HOME", home / ".local/share")) / "uv/python",
    )
    for folder in folders:
        yield from map(str, sorted(folder.glob("*3.12*/bin/python3.12")))


def _examined(program: str) -> Path | None:
    """Its own executable if it is what it should be. A pyenv shim is found on the PATH, and fails where no 3.12 is chosen."""
    try:
        done = subprocess.run([program, "-I", "-S", "-c", _PROGRAM], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=True)
        name, magic, executable = done.stdout.rstrip("\n").split(" ", 2)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Path(executable) if (name, magic) == ("cpython", MAGIC.hex()) else None
