"""What lies on the disk of each contender, with and without `.pyc`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path

PROJECT = Path(__file__).parents[2]
LOCK = PROJECT / "requirements" / "rivals.lock"
CACHE = PROJECT / ".cache" / "cold-start"


def rivals(python: Path) -> Path:
    """All that the others need, from one lock with hashes; kept in .cache."""
    target = CACHE / f"rivals-{sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if not target.is_dir():
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--require-hashes"]
        command = [*pip, "--target", str(partial), "-r", str(LOCK)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{LOCK} can't be installed:\n{done.stderr}")
        partial.rename(target)
    return target


def closure(folder: Path, roots: Sequence[str]) -> list[Distribution]:
    """The installed distributions that `roots` need, themselves included."""
    known = {_plain(found.metadata["Name"]): found for found in distributions(path=[str(folder)])}
    wanted, needed = [_plain(name) for name in roots], dict[str, Distribution]()
    while wanted:
        name = wanted.pop()
        if name in known and name not in needed:
            needed[name] = known[name]
            wanted += [_plain(text) for text in known[name].requires or [] if "extra ==" not in text]
    return list(needed.values())


def _plain(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def copy_of(folder: Path, roots: Sequence[str], target: Path) -> None:
    """Fill a folder with what `roots` need, and no more."""
    for distribution in closure(folder, roots):
        for file in distribution.files or []:
            source = folder / str(file)
            if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                (target / str(file)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / str(file))


def without_pyc(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True))


def compiled(python: Path, folder: Path, target: Path) -> Path:
    """A copy with `.pyc` that are taken as they are, as a layer's must be: its files' times change on the way to the cloud."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    command = [str(python), "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(target)]
    subprocess.run(command, check=False, capture_output=True)  # some packages carry files for other versions of Python
    return target


def size(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
