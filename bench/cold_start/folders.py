"""What lies on the disk of each contender, with and without `.pyc`."""

from __future__ import annotations

import filecmp
import os
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
BOOTSTRAP = PROJECT / "localcloud" / "fc" / "running" / "bootstrap.py"


def find_python() -> Path:
    """A python3.12, as Function Compute's; PYTHON312 names one where it is not found."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [os.environ.get("PYTHON312"), shutil.which("python3.12"), *sorted(versions.glob("3.12.*/bin/python3.12"))]
    program = "import sys; print(sys.executable if sys.version_info[:2] == (3, 12) else '')"
    for candidate in filter(None, candidates):
        told = subprocess.run([str(candidate), "-I", "-c", program], capture_output=True, text=True, check=False)
        if told.stdout.strip():
            return Path(told.stdout.strip())  # the program itself: a shim would cost more than what is measured
    raise SystemExit("there is no python3.12 here: name one with PYTHON312=")


def layer(python: Path, project: Path, folder: Path) -> tuple[Path, str]:
    """The layer's `python` folder, and where it is from: as `make layer` built it, unless the sources have changed since."""
    source, built, target = project / "shared" / "python", project / "build" / "layer" / "python", folder / "python"
    if _same_sources(source / "sightline", built / "sightline"):
        shutil.copytree(built, target)
        return target, "build/layer"
    shutil.copytree(_installed(python, project / "shared" / "requirements.txt"), target, ignore=shutil.ignore_patterns("bin"))
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return target, "shared/python with shared/requirements.txt"


def _same_sources(one: Path, other: Path) -> bool:
    names = {str(file.relative_to(folder)) for folder in (one, other) for file in folder.rglob("*.py")}
    return not any(filecmp.cmpfiles(one, other, names, shallow=False)[1:])


def rivals(python: Path) -> Path:
    """All that the others need, from one lock with hashes; kept in .cache."""
    return _installed(python, LOCK, "--require-hashes")


def _installed(python: Path, requirements: Path, *options: str) -> Path:
    target = CACHE / f"{requirements.stem}-{sha256(requirements.read_bytes()).hexdigest()[:12]}"
    if not target.is_dir():
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *options]
        done = subprocess.run([*pip, "--target", str(partial), "-r", str(requirements)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{requirements} can't be installed:\n{done.stderr}")
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


def copy_of(folder: Path, roots: Sequence[str], target: Path) -> Path:
    """A folder with what `roots` need, and no more."""
    for distribution in closure(folder, roots):
        for file in distribution.files or []:
            source = folder / str(file)
            if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                (target / str(file)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / str(file))
    return target


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
