"""Buckets, objects and the events still to be told, in one SQLite file: an object and its event are committed together or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from localcloud.database import Database
from localcloud.oss.errors import bucket_not_empty, file_already_exists, no_such_bucket
from localcloud.oss.records import Bucket, Change, Properties, StoredRecord
from localcloud.ports import ObjectEvent

# Keys are compared as OSS sorts them, by their UTF-8 bytes: SQLite's BINARY collation.
SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, acl TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL REFERENCES buckets(name), key TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    crc TEXT NOT NULL, type TEXT NOT NULL, modified REAL NOT NULL, properties TEXT NOT NULL, target TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets(name), key TEXT NOT NULL, initiated REAL NOT NULL, properties TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads(id) ON DELETE CASCADE, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified REAL NOT NULL, PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
"""


class Store:
    """Objects and buckets. Methods that write may be combined inside `transaction()`."""

    def __init__(self, path: Path, keep_events: bool) -> None:
        self.database = Database(path, SCHEMA)
        self._keep_events = keep_events

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return self.database.transaction()

    def close(self) -> None:
        self.database.close()

    def bucket(self, name: str) -> Bucket:
        """Raises NoSuchBucket."""
        row = self.database.one("SELECT * FROM buckets WHERE name = ?", name)
        if row is None:
            raise no_such_bucket(name)
        return Bucket(**row)

    def buckets(self, prefix: str, after: str) -> list[Bucket]:
        rows = self.database.query(
            "SELECT * FROM buckets WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name", after, len(prefix), prefix
        )
        return [Bucket(**row) for row in rows]

    def save_bucket(self, bucket: Bucket) -> None:
        sql = "INSERT INTO buckets VALUES (:name, :acl, :created) ON CONFLICT (name) DO UPDATE SET acl = excluded.acl"
        with self.transaction() as connection:
            connection.execute(sql, asdict(bucket))

    def remove_bucket(self, name: str) -> None:
        """Raises NoSuchBucket, and BucketNotEmpty while it has objects or uploads."""
        with self.transaction() as connection:
            self.bucket(name)
            if any(
                connection.execute(f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1", (name,)).fetchone()
                for table in ("objects", "uploads")
            ):
                raise bucket_not_empty(name)
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def usage(self, bucket: str) -> tuple[int, int, int]:
        """Bytes, objects and uploads under way."""
        row = self.database.one("SELECT coalesce(sum(size), 0), count(*) FROM objects WHERE bucket = ?", bucket)
        uploads = self.database.one("SELECT count(*) FROM uploads WHERE bucket = ?", bucket)
        assert row is not None
        assert uploads is not None
        return row[0], row[1], uploads[0]

    def find(self, bucket: str, key: str) -> StoredRecord | None:
        row = self.database.one("SELECT * FROM objects WHERE bucket = ? AND key = ?", bucket, key)
        return _record(row) if row else None

    def from_key(self, bucket: str, key: str, inclusive: bool) -> Iterator[StoredRecord]:
        """The objects from a key on, in order, a few at a time."""
        comparison = ">=" if inclusive else ">"
        while rows := self.database.query(
            f"SELECT * FROM objects WHERE bucket = ? AND key {comparison} ? ORDER BY key LIMIT 200", bucket, key
        ):
            yield from map(_record, rows)
            key, comparison = rows[-1]["key"], ">"

    def save(self, record: StoredRecord, change: Change | None, forbid_overwrite: bool = False) -> StoredRecord | None:
        """Put an object in the place of the one before, which is returned, and keep the event.

        Raises NoSuchBucket and FileAlreadyExists.
        """
        with self.transaction() as connection:
            self.bucket(record.bucket)
            before = self.find(record.bucket, record.key)
            if before and forbid_overwrite:
                raise file_already_exists()
            values = {**vars(record), "crc": str(record.crc), "properties": json.dumps(asdict(record.properties))}
            names = ", ".join(values)
            connection.execute(f"INSERT OR REPLACE INTO objects ({names}) VALUES (:{', :'.join(values)})", values)
            if change:
                self._keep(connection, _event(record, change, record.size - (before.size if before else 0)))
            return before

    def remove(self, bucket: str, key: str, change: Change) -> StoredRecord | None:
        """Remove an object, if it is there, and return it."""
        with self.transaction() as connection:
            self.bucket(bucket)
            before = self.find(bucket, key)
            if before:
                connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
                self._keep(connection, _event(before, change, -before.size))
            return before

    def blobs(self) -> set[str]:
        return {row[0] for row in self.database.query("SELECT blob FROM objects UNION SELECT blob FROM parts")}

    def appendable(self) -> list[tuple[str, int]]:
        """Blob and length of every object that can grow."""
        return [(row[0], row[1]) for row in self.database.query("SELECT blob, size FROM objects WHERE type = 'Appendable'")]

    def events(self, after: int, limit: int) -> list[tuple[int, ObjectEvent]]:
        """Events still to be told, oldest first."""
        rows = self.database.query("SELECT id, event FROM outbox WHERE id > ? ORDER BY id LIMIT ?", after, limit)
        return [(row[0], ObjectEvent(**json.loads(row[1]))) for row in rows]

    def told(self, event_id: int) -> None:
        with self.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE id = ?", (event_id,))

    def _keep(self, connection: sqlite3.Connection, event: ObjectEvent) -> None:
        if self._keep_events:
            connection.execute("INSERT INTO outbox (event) VALUES (?)", (json.dumps(asdict(event)),))


def _record(row: sqlite3.Row) -> StoredRecord:
    values = dict(row)
    return StoredRecord(**{**values, "crc": int(values["crc"]), "properties": Properties(**json.loads(values["properties"]))})


def _event(record: StoredRecord, change: Change, delta: int) -> ObjectEvent:
    return ObjectEvent(
        name=change.name,
        bucket=record.bucket,
        key=record.key,
        etag=record.etag,
        size=record.size,
        delta_size=delta,
        mime_type=record.properties.content_type,
        request_id=change.request_id,
        time=change.time,
        source_ip=change.source_ip,
        user_meta={f"x-oss-meta-{name}": _readable(value) for name, value in record.properties.meta.items()},
    )


def _readable(value: str) -> str:
    """Header values are kept as Latin-1; most clients meant UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
