"""The SQLite file that the threads of a service share."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.database import Damaged, Database, OtherVersion

SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS file (folder TEXT REFERENCES folder (name) DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "data.sqlite3", SCHEMA)
    yield database
    database.close()


def open_files(path: Path) -> int:
    """How often this process has the database's own file open."""
    return sum(link.resolve() == path for link in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted where Linux lists them")
def test_a_thread_that_ended_holds_no_file_open(tmp_path: Path, database: Database) -> None:
    for _ in range(20):
        thread = threading.Thread(target=database.query, args=("SELECT * FROM folder",))
        thread.start()
        thread.join()
    # This thread's, that of the last one, which the next would close, and perhaps one that SQLite keeps to open again.
    assert open_files(tmp_path / "data.sqlite3") < 5


def test_a_commit_that_fails_leaves_the_next_transaction_whole(tmp_path: Path, database: Database) -> None:
    # GIVEN a transaction that only its commit refuses
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.execute("INSERT INTO file VALUES ('nowhere')")
    # WHEN the same thread writes again
    with database.transaction() as connection:
        connection.execute("INSERT INTO folder VALUES ('here')")
    # THEN that is on disk, and nothing of the first is
    with sqlite3.connect(tmp_path / "data.sqlite3") as other:
        assert (other.execute("SELECT * FROM folder").fetchall(), other.execute("SELECT * FROM file").fetchall()) == ([("here",)], [])
    other.close()


def test_a_file_with_another_schema_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    first = "CREATE TABLE IF NOT EXISTS thing (a TEXT);"
    database = Database(tmp_path / "d.sqlite", first)
    with database.transaction() as write:
        write.execute("INSERT INTO thing VALUES ('kept')")
    database.close()
    with pytest.raises(OtherVersion, match=r"d\.sqlite"):
        Database(tmp_path / "d.sqlite", "CREATE TABLE IF NOT EXISTS thing (a TEXT, b TEXT);")
    again = Database(tmp_path / "d.sqlite", first)
    assert [row["a"] for row in again.query("SELECT a FROM thing")] == ["kept"]
    again.close()


@pytest.mark.parametrize("damage", [lambda content: b"garbage" * 1000, lambda content: content[:100] + bytes(4096 - 100) + content[4096:]])
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "d.sqlite"
    Database(path, SCHEMA).close()
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(Damaged, match=r"d\.sqlite"):
        Database(path, SCHEMA)
    assert path.read_bytes() == before
