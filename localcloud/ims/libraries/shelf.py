"""The retrieval libraries, one for each search library, opened when they are first needed."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.retrieval.types import Library

OpenLibrary = Callable[[Path], Library]
"""Opens, or makes, the library kept in this file, in a folder of its own."""


class Shelf:
    """Hands out libraries one caller at a time, so that what was checked before a change is still true during it."""

    def __init__(self, folder: Path, open_library: OpenLibrary) -> None:
        self._folder = folder
        self._open_library = open_library
        self._libraries: dict[str, Library] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._lock = threading.Lock()

    @contextmanager
    def library(self, name: str) -> Iterator[Library]:
        with self.hold(name):
            library = self._libraries.get(name)
            if library is None:
                path = self._path(name)
                path.mkdir(parents=True, exist_ok=True)
                library = self._libraries[name] = self._open_library(path / "library.sqlite")
            yield library

    def count(self, name: str) -> int:
        with self.library(name) as library:
            return library.count()

    def remove(self, name: str) -> None:
        """Forget everything in it."""
        with self.hold(name):
            library = self._libraries.pop(name, None)
            if library:
                library.close()
            shutil.rmtree(self._path(name), ignore_errors=True)

    def close(self) -> None:
        for name in list(self._libraries):
            with self.hold(name):
                self._libraries.pop(name).close()

    def _path(self, name: str) -> Path:
        # Names that differ in case alone are two libraries, on file systems too where they would be one folder.
        return self._folder / f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Nobody else reads or changes the library meanwhile."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.RLock())
        with lock:
            yield
