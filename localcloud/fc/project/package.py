"""Code and layers as they are deployed: a folder, or a zip file of what would lie in it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.project import Function, Project


@dataclass(frozen=True)
class Built:
    """What a build has left: `packages` is a folder with a zip file for each function, named like the folder of its code.

    It runs on `python` alone: what is installed for that one is out of reach, as nothing of it would be in the cloud.
    """

    packages: Path
    python: Path


def packaged(project: Project, packages: Path) -> Project:
    """The same project, with the code of each function from its zip file. Raises ProjectError where one has none."""
    functions = {
        name: function.model_copy(update={"code": _package(project, function, packages)}) for name, function in project.functions.items()
    }
    return project.model_copy(update={"functions": functions})


def _package(project: Project, function: Function, packages: Path) -> Path:
    package = packages / f"{function.code.name}.zip"
    if not zipfile.is_zipfile(package):
        raise ProjectError(f"{project.file}: function {function.function_name}: {package} is not a zip file; build it")
    return package


class Unpacked:
    """Zip files, unpacked below `folder` into folders that are named by their content: once, however often they are used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()

    def folder_of(self, package: Path) -> Path:
        """A folder is its own."""
        if package.is_dir():
            return package.resolve()
        content = self._folder / hashlib.sha256(package.read_bytes()).hexdigest()
        if not content.is_dir():
            self._unpack(package, content)
        self._used.add(content)
        return content.resolve()

    def drop_unused(self) -> None:
        """Forget what earlier builds had."""
        for content in set(self._folder.glob("*")) - self._used:
            shutil.rmtree(content)

    def _unpack(self, package: Path, content: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Under its name only once it is whole.
        fresh = Path(tempfile.mkdtemp(dir=self._folder))
        fresh.chmod(0o755)
        with zipfile.ZipFile(package) as archive:
            archive.extractall(fresh)
        fresh.rename(content)
