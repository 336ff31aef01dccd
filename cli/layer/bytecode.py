"""Compiled files (.pyc) beside their sources, as Python 3.12 looks for them."""

from __future__ import annotations

import pickle
import subprocess
from pathlib import Path, PurePosixPath

from cli.errors import CommandError
from cli.layer import compiler
from cli.layer.archive import Files

TAG = "cpython-312"
_SECONDS = 300


def with_bytecode(files: Files, root: str, python: Path) -> dict[str, bytes]:
    """`files` and the compiled file of each module among them. `root` is where they will lie (`/opt`, `/code`).

    They are trusted as they are (unchecked hashes, PEP 552): a time would have to survive zip files, uploads and mounts, and a checked
    hash has every source read at each start. Nothing changes below a read-only /opt. Raises CommandError for a source that
    Python 3.12 can't compile.
    """
    paths = sorted(path for path in files if path.endswith(".py"))
    outcome = _compile([(f"{root}/{path}", files[path]) for path in paths], python)
    return {**files, **dict(zip(map(cached, paths), outcome, strict=True))}


def cached(path: str) -> str:
    """Where Python 3.12 looks for the compiled file of a source."""
    source = PurePosixPath(path)
    return str(source.parent / "__pycache__" / f"{source.stem}.{TAG}.pyc")


def _compile(sources: list[tuple[str, bytes]], python: Path) -> list[bytes]:
    # A process without our environment: what it makes depends on its version and its input alone.
    program = [str(python), "-I", "-S", compiler.__file__]
    done = subprocess.run(program, input=pickle.dumps(sources, 4), capture_output=True, timeout=_SECONDS, check=False, env={})
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-4:]
        raise CommandError(f"Python 3.12 can't compile a module of the layer: {' '.join(map(str.strip, last))}", "mend the module")
    compiled: list[bytes] = pickle.loads(done.stdout)
    return compiled
