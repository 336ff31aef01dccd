"""Puts the layer and the code packages together, and writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import NOT_FOUND, CommandError
from cli.layer import python312
from cli.layer.archive import Files, write_file, write_folder, zipped
from cli.layer.bytecode import with_bytecode
from cli.layer.modules import imported
from cli.layer.wheels import fetched, unpacked

LAYER_ROOT, CODE_ROOT = "/opt", "/code"
"""Where Function Compute puts a layer, and a function's code."""
LAYER_LIMIT = 500 * 2**20
"""Of a layer's zip file (official help, "Limits")."""


@dataclass(frozen=True)
class Package:
    """A zip file that was written; sizes in bytes, `unzipped` that of its files together."""

    path: Path
    files: int
    zipped: int
    unzipped: int
    sha256: str


@dataclass(frozen=True)
class Project:
    """The checkout that the layer and the functions lie in."""

    folder: Path

    @property
    def packages(self) -> Path:
        return self.folder / "shared/python"

    @property
    def functions(self) -> list[Path]:
        return sorted(handler.parent for handler in (self.folder / "functions").glob("*/index.py"))

    def wheels(self) -> dict[str, bytes]:
        return fetched(
            self.folder / "shared/requirements.txt", self.folder / "requirements/layer.lock", self.folder / ".cache/layer-wheels"
        )


def build(folder: Path, to: Path, environment: Mapping[str, str]) -> list[Package]:
    """Write `to`/layer.zip, the same as a folder in `to`/layer, and `to`/<function>.zip for each. Raises CommandError."""
    project = Project(folder)
    if not project.functions:
        raise CommandError(f"there are no functions in {folder}", "run it in the checkout of Sightline", NOT_FOUND)
    python = python312.find(environment)
    to.mkdir(parents=True, exist_ok=True)
    layer = layer_files(project, python)
    packages = [_write(to / "layer.zip", layer)]
    write_folder(to / "layer", layer)
    packages += [_write(to / f"{function.name}.zip", code_files(function, python)) for function in project.functions]
    if packages[0].zipped > LAYER_LIMIT:
        raise CommandError(f"the layer has {packages[0].zipped} bytes, and Function Compute takes {LAYER_LIMIT}", "drop a dependency")
    return packages


def layer_files(project: Project, python: Path) -> dict[str, bytes]:
    """What lies in the layer, by its path below /opt."""
    code = [path for function in project.functions for path in function.rglob("*.py")]
    modules = imported(code, project.packages)
    data = {path for module in modules if module.name == "__init__.py" for path in module.parent.glob("*.json")}
    files = {f"python/{path.relative_to(project.packages).as_posix()}": path.read_bytes() for path in [*modules, *sorted(data)]}
    files |= unpacked(project.wheels())
    files["licenses/sightline/LICENSE"] = (project.folder / "LICENSE").read_bytes()
    return with_bytecode(files, LAYER_ROOT, python)


def code_files(folder: Path, python: Path) -> dict[str, bytes]:
    """What lies in a function's code package, by its path below /code."""
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    files = {inner.as_posix(): path.read_bytes() for inner, path in paths.items() if not _is_left_over(inner)}
    return with_bytecode(files, CODE_ROOT, python)


def _is_left_over(path: Path) -> bool:
    """By whoever ran, checked or looked at the code."""
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def _write(path: Path, files: Files) -> Package:
    content = zipped(files)
    write_file(path, content)
    return Package(path, len(files), len(content), sum(map(len, files.values())), hashlib.sha256(content).hexdigest())
