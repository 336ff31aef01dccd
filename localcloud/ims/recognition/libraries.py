"""Recognition libraries and the entities in them: who or what is to be recognised, by which algorithm.

Each algorithm has libraries of its own, which the others do not see (an assumption: every operation asks for both). The same name may be
given twice. Whatever is deleted takes with it what it holds, down to the samples' features.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.operation import Operation
from localcloud.ims.recognition import parameters as p

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lib (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, algorithm TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS entity (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, lib TEXT NOT NULL REFERENCES lib (id) ON DELETE CASCADE,
    name TEXT NOT NULL, info TEXT NOT NULL, created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS entity_of ON entity (lib);
CREATE TABLE IF NOT EXISTS sample (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, entity TEXT NOT NULL REFERENCES entity (id) ON DELETE CASCADE,
    image_url TEXT NOT NULL, label_prompt TEXT NOT NULL, content TEXT NOT NULL, engine TEXT NOT NULL, features TEXT, lacking TEXT NOT NULL,
    created REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sample_of ON sample (entity);
CREATE INDEX IF NOT EXISTS sample_content ON sample (content);
"""


def open_recognition_store(path: Path) -> Database:
    """A file of its own, so that what is known of people is in one place."""
    return Database(path, _SCHEMA)


class RecognitionLibs:
    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create_lib(self, given: p.CreateRecognitionLib) -> Answer:
        identity = uuid.uuid4().hex
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO lib (id, algorithm, name, description, created) VALUES (?, ?, ?, ?, ?)",
                (identity, given.algorithm, given.lib_name, given.lib_description or "", self._clock()),
            )
        return {"LibId": identity}

    def delete_lib(self, given: p.OfLib) -> Answer:
        with self._database.transaction() as write:
            find_lib(write, given)
            write.execute("DELETE FROM lib WHERE id = ?", (given.lib_id,))
        return {}

    def list_libs(self, given: p.ListRecognitionLibs) -> Answer:
        rows = self._database.query("SELECT * FROM lib WHERE algorithm = ? ORDER BY position", given.algorithm)
        wanted = [row for row in rows if not given.lib_id or row["id"] in given.lib_id]
        shown = [{"LibId": row["id"], "LibName": row["name"], "LibDescription": row["description"]} for row in paged(wanted, given)]
        return {"Libs": {"Lib": shown}, **page(wanted, given)}

    def create_entity(self, given: p.CreateRecognitionEntity) -> Answer:
        identity = uuid.uuid4().hex
        with self._database.transaction() as write:
            find_lib(write, given)
            write.execute(
                "INSERT INTO entity (id, lib, name, info, created) VALUES (?, ?, ?, ?, ?)",
                (identity, given.lib_id, given.entity_name, given.entity_info or "", self._clock()),
            )
        return {"EntityId": identity}

    def delete_entity(self, given: p.OfEntity) -> Answer:
        with self._database.transaction() as write:
            find_entity(write, given)
            write.execute("DELETE FROM entity WHERE id = ?", (given.entity_id,))
        return {}

    def list_entities(self, given: p.ListRecognitionEntities) -> Answer:
        with self._database.transaction() as write:
            find_lib(write, given)
            rows = write.execute("SELECT * FROM entity WHERE lib = ? ORDER BY position", (given.lib_id,)).fetchall()
        shown = [{"EntityId": row["id"], "EntityName": row["name"], "EntityInfo": row["info"]} for row in paged(rows, given)]
        return {"Entities": {"Entity": shown}, **page(rows, given)}


def find_lib(connection: sqlite3.Connection, given: p.OfLib) -> None:
    """Raises AcsError. The pages document InvalidParameter and InternalError alone, and no code for what does not exist."""
    if not connection.execute("SELECT 1 FROM lib WHERE id = ? AND algorithm = ?", (given.lib_id, given.algorithm)).fetchone():
        raise invalid_parameter("LibId", f'there is no library "{given.lib_id}" of the algorithm {given.algorithm}')


def find_entity(connection: sqlite3.Connection, given: p.OfEntity) -> None:
    """Raises AcsError."""
    find_lib(connection, given)
    if not connection.execute("SELECT 1 FROM entity WHERE id = ? AND lib = ?", (given.entity_id, given.lib_id)).fetchone():
        raise invalid_parameter("EntityId", f'there is no entity "{given.entity_id}" in the library "{given.lib_id}"')


Paged = p.ListRecognitionLibs | p.ListRecognitionEntities | p.ListRecognitionSamples


def paged(rows: list[sqlite3.Row], given: Paged) -> list[sqlite3.Row]:
    start = (given.page_number - 1) * given.page_size
    return rows[start : start + given.page_size]


def page(rows: list[sqlite3.Row], given: Paged) -> Answer:
    return {"PageNumber": given.page_number, "PageSize": given.page_size, "TotalCount": len(rows)}


OPERATIONS = (
    Operation("CreateRecognitionLib", p.CreateRecognitionLib, RecognitionLibs.create_lib),
    Operation("DeleteRecognitionLib", p.OfLib, RecognitionLibs.delete_lib),
    Operation("ListRecognitionLibs", p.ListRecognitionLibs, RecognitionLibs.list_libs),
    Operation("CreateRecognitionEntity", p.CreateRecognitionEntity, RecognitionLibs.create_entity),
    Operation("DeleteRecognitionEntity", p.OfEntity, RecognitionLibs.delete_entity),
    Operation("ListRecognitionEntities", p.ListRecognitionEntities, RecognitionLibs.list_entities),
)
