"""Search libraries and their indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter, not_found, not_implemented, operation_denied
from localcloud.ims.libraries import parameters as p
from localcloud.ims.libraries.indexes import IndexKinds
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.operation import Operation


class Libraries:
    def __init__(self, database: Database, shelf: Shelf, kinds: IndexKinds, clock: Callable[[], float]) -> None:
        self._database = database
        self._shelf = shelf
        self._kinds = kinds
        self._clock = clock
        with database.transaction() as write:
            write.execute("INSERT OR IGNORE INTO library VALUES (?, '{}', ?)", (p.DEFAULT_LIBRARY, clock()))

    def create(self, given: p.CreateSearchLib) -> Answer:
        with self._database.transaction() as write:
            config = given.search_lib_config or "{}"
            made = write.execute("INSERT OR IGNORE INTO library VALUES (?, ?, ?)", (given.search_lib_name, config, self._clock()))
            if not made.rowcount:
                raise invalid_parameter("SearchLibName", "a search library of this name exists already")
        return {"SearchLibName": given.search_lib_name}

    def alter(self, given: p.CreateSearchLib) -> Answer:
        row = find_library(self._database, given.search_lib_name)
        with self._database.transaction() as write:
            write.execute("UPDATE library SET config = ? WHERE name = ?", (given.search_lib_config or row["config"], row["name"]))
        return {"SearchLibName": row["name"]}

    def query(self, given: p.NamedLibrary) -> Answer:
        return self._shape(find_library(self._database, given.search_lib_name))

    def list(self, given: p.ListSearchLib) -> Answer:
        rows = self._database.query("SELECT * FROM library ORDER BY created, name")
        start = (given.page_no - 1) * given.page_size
        return {"SearchLibInfoList": [self._shape(row) for row in rows[start : start + given.page_size]], "Total": len(rows)}

    def drop(self, given: p.NamedLibrary) -> Answer:
        row = find_library(self._database, given.search_lib_name)
        if row["name"] == p.DEFAULT_LIBRARY:
            raise operation_denied("the default search library stays")
        with self._shelf.hold(row["name"]):
            self._expect_kill(row["name"])
            with self._database.transaction() as write:
                for kind in self._kinds.values():
                    kind.forget(write, row["name"])
                write.execute("DELETE FROM library WHERE name = ?", (row["name"],))
        return {}

    def _expect_kill(self, library: str, kind: str | None = None) -> None:
        """Have what is there indexed anew, should the process die when an index has forgotten it and this database has not."""
        with self._database.transaction() as write:
            write.execute("UPDATE index_job SET status = 'Running' WHERE library = ? AND type = COALESCE(?, type)", (library, kind))

    def create_index(self, given: p.CreateSearchIndex) -> Answer:
        if lacking := self._kinds[given.index_type].lacking:
            raise not_implemented(f"indexes of type {given.index_type}, which needs {lacking}")
        with self._database.transaction() as write:
            find_library(self._database, given.search_lib_name)
            values = (given.search_lib_name, given.index_type, given.index_status, given.index_config.level)
            if not write.execute("INSERT OR IGNORE INTO library_index VALUES (?, ?, ?, ?)", values).rowcount:
                raise invalid_parameter("IndexType", "the search library has an index of this type already; use AlterSearchIndex")
        return {}

    def alter_index(self, given: p.AlterSearchIndex) -> Answer:
        row = self._index(given.search_lib_name, given.index_type)
        if given.index_status is None and given.index_config is None:
            raise invalid_parameter("IndexStatus", "either IndexStatus or IndexConfig must be given")
        level = given.index_config.level if given.index_config else row["level"]
        deactivates = given.index_status == "Deactive"
        with self._shelf.hold(row["library"]):
            if deactivates:
                self._expect_kill(row["library"], row["type"])
            with self._database.transaction() as write:
                if deactivates:
                    # "After an index is disabled, its data is cleared", AlterSearchIndex.
                    self._clear(write, row)
                write.execute(
                    "UPDATE library_index SET status = ?, level = ? WHERE library = ? AND type = ?",
                    (given.index_status or row["status"], level, row["library"], row["type"]),
                )
        return {}

    def query_index(self, given: p.OfIndex) -> Answer:
        row = self._index(given.search_lib_name, given.index_type)
        return {
            "SearchLibName": row["library"],
            "IndexType": row["type"],
            "IndexStatus": row["status"],
            "MediaTotal": str(self._kinds[row["type"]].count(row["library"])),
        }

    def drop_index(self, given: p.OfIndex) -> Answer:
        row = self._index(given.search_lib_name, given.index_type)
        with self._shelf.hold(row["library"]):
            self._expect_kill(row["library"], row["type"])
            with self._database.transaction() as write:
                self._clear(write, row)
                write.execute("DELETE FROM library_index WHERE library = ? AND type = ?", (row["library"], row["type"]))
        return {}

    def _clear(self, write: sqlite3.Connection, index: sqlite3.Row) -> None:
        self._kinds[index["type"]].forget(write, index["library"])
        write.execute("DELETE FROM index_job WHERE library = ? AND type = ?", (index["library"], index["type"]))

    def _index(self, library: str, kind: str) -> sqlite3.Row:
        find_library(self._database, library)
        row = self._database.one("SELECT * FROM library_index WHERE library = ? AND type = ?", library, kind)
        if row is None:
            raise not_found("search index", kind)
        return row

    def _shape(self, row: sqlite3.Row) -> Answer:
        indexes = self._database.query("SELECT * FROM library_index WHERE library = ? ORDER BY type", row["name"])
        return {
            "SearchLibName": row["name"],
            "SearchLibConfig": row["config"],
            "Status": "normal",
            "IndexInfo": [{"IndexType": one["type"], "IndexStatus": one["status"], "IndexReadiness": "Normal"} for one in indexes],
        }


def find_library(database: Database, name: str) -> sqlite3.Row:
    """Raises AcsError."""
    row = database.one("SELECT * FROM library WHERE name = ?", name)
    if row is None:
        raise not_found("search library", name)
    return row


def face_groups(database: Database, library: str) -> tuple[str, ...]:
    """The recognition libraries whose people are called by their names in this search library."""
    row = database.one("SELECT config FROM library WHERE name = ?", library)
    return p.LibraryConfig.model_validate_json(row["config"]).face_group_ids if row else ()


def is_active(database: Database, library: str, index_type: str) -> bool:
    """Whether the library has an index of this type that answers; without one nothing is found by it."""
    return database.one("SELECT 1 FROM library_index WHERE library = ? AND type = ? AND status = 'Active'", library, index_type) is not None


OPERATIONS = (
    Operation("CreateSearchLib", p.CreateSearchLib, Libraries.create, of_search=True),
    Operation("AlterSearchLib", p.CreateSearchLib, Libraries.alter, of_search=True),
    Operation("ListSearchLib", p.ListSearchLib, Libraries.list, of_search=True),
    Operation("QuerySearchLib", p.NamedLibrary, Libraries.query, of_search=True),
    Operation("DropSearchLib", p.NamedLibrary, Libraries.drop, of_search=True),
    Operation(
        "CreateSearchIndex",
        p.CreateSearchIndex,
        Libraries.create_index,
        lacks="indexes of type face without the extra `faces`",
        of_search=True,
    ),
    Operation("AlterSearchIndex", p.AlterSearchIndex, Libraries.alter_index, of_search=True),
    Operation("QuerySearchIndex", p.OfIndex, Libraries.query_index, of_search=True),
    Operation("DropSearchIndex", p.OfIndex, Libraries.drop_index, of_search=True),
)
