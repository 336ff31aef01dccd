"""The dependencies of the layer: wheels for Function Compute's platform, taken by hash, and of them what an import can read."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from cli.errors import NOT_FOUND, CommandError
from cli.layer.archive import write_file

PLATFORM = (
    "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64",  # two names of one platform, and pip knows them apart
    "--python-version", "3.12", "--implementation", "cp", "--only-binary", ":all:",
)  # fmt: skip
"""What FC's python3.12 takes, whatever machine this is. Its runtime images are Debian's, whose C library is newer than manylinux2014's."""
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*", re.MULTILINE)
_LICENCES = ("license*", "licence*", "copying*", "notice*", "authors*")
_UNREAD = (
    "*.pyc", "*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*/py.typed", "*/tests/*", "*/__main__.py",
    # zoneinfo opens the file of one zone. Only a list of all zones would read `zones`, and nothing here asks for one.
    "tzdata/zones", "tzdata/zoneinfo/*.tab", "tzdata/zoneinfo/*.zi", "tzdata/zoneinfo/leapseconds",
)  # fmt: skip


def fetched(requirements: Path, lock: Path, cache: Path) -> dict[str, bytes]:
    """The wheels that `lock` names: content by file name. Those in `cache` are taken without asking an index, by their hash too.

    Raises CommandError where the lock is behind the requirements, a hash differs, or there is no wheel for the platform.
    """
    _check_lock(requirements, lock)
    if not _names(lock):
        return {}
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if _pip(lock, folder, "--no-index", "--find-links", str(cache)).returncode != 0:
            done = _pip(lock, folder)
            if done.returncode != 0:
                raise _explained(done.stdout + done.stderr, lock)
        wheels = {path.name: path.read_bytes() for path in sorted(folder.glob("*.whl"))}
    for file, content in wheels.items():
        write_file(cache / file, content)
    return wheels


def unpacked(wheels: dict[str, bytes]) -> dict[str, bytes]:
    """What of the wheels goes into a layer, by its path below /opt: what can be imported, and the licences."""
    files: dict[str, bytes] = {}
    for name, content in wheels.items():
        for path, part in _parts(name, content):
            if files.setdefault(path, part) != part:
                raise CommandError(f"{name} and another dependency both bring {path}", "drop one of them from shared/requirements.txt")
    return files


def _parts(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        for path in wheel.namelist():
            place = None if path.endswith("/") else _place(path)
            if place is not None:
                yield place.format(distribution="-".join(name.split("-")[:2])), wheel.read(path)


def _place(path: str) -> str | None:
    """Where a file of a wheel goes, or None for what no import reads: metadata, scripts, headers, typing stubs."""
    top, _, rest = path.partition("/")
    if top.endswith(".dist-info"):
        is_licence = rest.startswith("licenses/") or any(fnmatch(rest.lower(), pattern) for pattern in _LICENCES)
        return f"licenses/{{distribution}}/{rest.removeprefix('licenses/')}" if is_licence else None
    if top.endswith(".data"):
        scheme, _, path = rest.partition("/")
        if scheme not in ("purelib", "platlib"):
            return None
    return None if any(fnmatch(path, pattern) for pattern in _UNREAD) else f"python/{path}"


def _pip(lock: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
    arguments = [*program, *PLATFORM, *more, "--dest", str(folder), "-r", str(lock)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def _explained(said: str, lock: Path) -> CommandError:
    if "DO NOT MATCH THE HASHES" in said:
        problem = f"a wheel is not the one that {lock.name} has the hash of"
        return CommandError(problem, "find out who changed it before you trust it; `make lock` takes the hashes anew")
    if "No matching distribution found" in said:
        missing = said.rpartition("No matching distribution found for ")[2].split()[0]
        problem = f"there is no wheel of {missing} for Python 3.12 on x86_64 Linux that can be reached from here"
        return CommandError(problem, "choose a version that has one and run `make lock`, or see to the network or the index")
    if "No module named pip" in said:
        return CommandError("this Python has no pip", "run `make layer`, which makes an environment that has it")
    reasons = [line for line in said.splitlines() if line.startswith("ERROR: ")] or said.strip().splitlines()
    return CommandError(f"pip could not fetch the wheels of {lock.name}: {reasons[-1] if reasons else 'it does not say why'}", "mend that")


def _check_lock(requirements: Path, lock: Path) -> None:
    if not lock.is_file():
        raise CommandError(f"there is no {lock}", "make it with `make lock`", NOT_FOUND)
    if re.search(r"^[^#\n]*;", lock.read_text(encoding="utf-8"), re.MULTILINE):
        # pip would answer it for the machine and the Python that it runs on.
        raise CommandError(f"{lock.name} has a package on a condition", "run `make lock`, which resolves for Function Compute alone")
    missing = sorted(_names(requirements) - _names(lock))
    if missing:
        raise CommandError(f"{lock.name} does not have {', '.join(missing)}, which {requirements.name} asks for", "run `make lock`")


def _names(file: Path) -> set[str]:
    """Of the packages, normalized (PEP 503)."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in _NAME.findall(file.read_text(encoding="utf-8"))}
