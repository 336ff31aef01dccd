"""A search library and its indexes lie in two databases: a kill between them loses nothing that was not asked to go."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.retrieval import open_library
from localcloud.database import Database
from localcloud.ims.libraries import parameters as p
from localcloud.ims.libraries.indexes import MomentIndex
from localcloud.ims.libraries.libraries import Libraries
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.store import open_store


class Killed(Exception):
    """The process has ended here."""


class KilledMomentIndex(MomentIndex):
    """Forgets, and ends before the other database is told."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def forget(self, write: sqlite3.Connection, library: str, media: str | None = None) -> None:
        super().forget(write, library, media)
        raise Killed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_store(tmp_path / "ims.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def libraries(tmp_path: Path, database: Database) -> Iterator[Libraries]:
    shelf = Shelf(tmp_path / "libraries", open_library)
    made = Libraries(database, shelf, {"mm": KilledMomentIndex(shelf)}, lambda: 0.0)
    made.create(p.CreateSearchLib(SearchLibName="yard"))
    made.create_index(p.CreateSearchIndex(SearchLibName="yard", IndexType="mm"))
    with database.transaction() as write:
        write.execute(
            "INSERT INTO media (library, id, namespace, type, input, title, description, created, modified)"
            " VALUES ('yard', 'm', '', 'video', 'oss://b/k', '', '', 0, 0)"
        )
        write.execute("INSERT INTO index_job (library, media, type, status, submitted) VALUES ('yard', 'm', 'mm', 'Success', 0)")
    yield made
    shelf.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda libraries: libraries.drop(p.NamedLibrary(SearchLibName="yard")),
        lambda libraries: libraries.drop_index(p.OfIndex(SearchLibName="yard", IndexType="mm")),
        lambda libraries: libraries.alter_index(p.AlterSearchIndex(SearchLibName="yard", IndexType="mm", IndexStatus="Deactive")),
    ],
    ids=["DropSearchLib", "DropSearchIndex", "AlterSearchIndex"],
)
def test_what_was_cut_off_is_indexed_anew(libraries: Libraries, database: Database, change: Callable[[Libraries], object]) -> None:
    with pytest.raises(Killed):
        change(libraries)
    job = database.one("SELECT status FROM index_job WHERE media = 'm'")
    assert job is not None
    assert job["status"] == "Running"
