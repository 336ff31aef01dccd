"""Objects as rows of the tables `objects` and `versions`, which have the same columns."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields

from localcloud.oss.storage.records import ObjectLine, Properties, StoredRecord

COLUMNS = tuple(one.name for one in fields(StoredRecord))
LINE_COLUMNS = ", ".join(one.name for one in fields(ObjectLine) if one.name != "latest")
_SAVE = {
    table: f"INSERT OR REPLACE INTO {table} ({', '.join(COLUMNS)}) VALUES (:{', :'.join(COLUMNS)})" for table in ("objects", "versions")
}


def record_of(row: sqlite3.Row) -> StoredRecord:
    values = dict(row)
    values["crc"] = int(values["crc"])
    values["properties"] = Properties(**json.loads(values["properties"]))
    return StoredRecord(**values)


def put(connection: sqlite3.Connection, table: str, record: StoredRecord) -> None:
    # SQLite's numbers are signed, and a CRC-64 is not.
    values = {**vars(record), "crc": str(record.crc), "properties": json.dumps(vars(record.properties))}
    connection.execute(_SAVE[table], values)
