"""Objects and the events still to be told, in one SQLite file: an object and its event are committed together or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from localcloud.database import Database
from localcloud.oss.errors import file_already_exists
from localcloud.oss.storage import rows
from localcloud.oss.storage.buckets import BucketStore
from localcloud.oss.storage.records import Bucket, Change, ObjectLine, Removed, Saved, StoredRecord
from localcloud.oss.storage.schema import SCHEMA
from localcloud.oss.storage.versions import Versions
from localcloud.ports import ObjectEvent

_BATCH = 1001


class Store:
    """The objects, and through `buckets` and `versions` the rest. Methods that write may be combined inside `transaction()`."""

    def __init__(self, path: Path, keep_events: bool) -> None:
        self.database = Database(path, SCHEMA)
        self.buckets = BucketStore(self.database)
        self.versions = Versions(self.database)
        self._keep_events = keep_events

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return self.database.transaction()

    def close(self) -> None:
        self.database.close()

    def bucket(self, name: str) -> Bucket:
        """Raises NoSuchBucket."""
        return self.buckets.find(name)

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredRecord | None:
        """The object, or one version of it, which may be a delete marker."""
        row = self.database.one("SELECT * FROM objects WHERE bucket = ? AND key = ?", bucket, key)
        if row and version in (None, row["version"]):
            return rows.record_of(row)
        return self.versions.find(bucket, key, version) if version else None

    def in_order(self, bucket: str, key: str, inclusive: bool, seeking: bool = False) -> Iterator[ObjectLine]:
        """The objects from a key on. With `seeking` the reader expects to jump soon, so that the first batches are small."""
        batch = 8 if seeking else _BATCH
        comparison = ">=" if inclusive else ">"
        while True:
            sql = f"SELECT {rows.LINE_COLUMNS} FROM objects WHERE bucket = ? AND key {comparison} ? ORDER BY key LIMIT ?"
            found = self.database.query(sql, bucket, key, batch)
            yield from (ObjectLine(*row) for row in found)
            if len(found) < batch:
                return
            key, comparison, batch = found[-1]["key"], ">", min(4 * batch, _BATCH)

    def save(self, record: StoredRecord, change: Change | None, forbid_overwrite: bool = False) -> Saved:
        """Put an object in the place of the one before, and keep the event. In a bucket with versioning it becomes a new version.

        Raises NoSuchBucket and FileAlreadyExists; versions are never overwritten, so there forbidding it has no effect
        ("PutObject" of OSS, `x-oss-forbid-overwrite`).
        """
        with self.transaction() as connection:
            bucket = self.bucket(record.bucket)
            before = gone = self.find(record.bucket, record.key)
            if bucket.versioning:
                record, gone = self.versions.succeed(connection, bucket, record, before)
            elif before and forbid_overwrite:
                raise file_already_exists()
            rows.put(connection, "objects", record)
            self._keep(connection, record, change, record.size - (before.size if before else 0))
            return Saved(record, gone)

    def update(self, record: StoredRecord, change: Change | None = None, delta: int = 0) -> None:
        """Keep an object or a version that was found before with other properties; no version comes of that."""
        with self.transaction() as connection:
            current = self.find(record.bucket, record.key)
            here = current is not None and current.version == record.version
            rows.put(connection, "objects" if here else "versions", record)
            self._keep(connection, record, change, delta)

    def remove(self, bucket_name: str, key: str, change: Change) -> Removed:
        """Remove an object, if it is there; in a bucket with versioning a delete marker becomes its latest version. Raises NoSuchBucket."""
        with self.transaction() as connection:
            bucket = self.bucket(bucket_name)
            before = self.find(bucket_name, key)
            removed = Removed(gone=before)
            if bucket.versioning:
                marker, gone = self.versions.mark_deleted(connection, bucket, key, before, change.time)
                removed = Removed(marker.version, True, gone)
            if before:
                self._drop(connection, before, change)
            return removed

    def remove_version(self, bucket: str, key: str, version: str, change: Change) -> Removed:
        """Remove one version for good, if it is there. Raises NoSuchBucket.

        An event tells of it only where the object itself goes: our assumption, since OSS documents none for versions.
        """
        with self.transaction() as connection:
            self.bucket(bucket)
            record = self.find(bucket, key, version)
            if record is None:
                return Removed(version)
            current = self.find(bucket, key)
            if current and current.version == version:
                self._drop(connection, current, change)
                current = None
            else:
                self.versions.drop(connection, record)
            if current is None:
                self.versions.promote(connection, bucket, key)
            return Removed(version, record.type == "DeleteMarker", record)

    def _drop(self, connection: sqlite3.Connection, record: StoredRecord, change: Change) -> None:
        connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (record.bucket, record.key))
        self._keep(connection, record, change, -record.size)

    def blobs(self) -> set[str]:
        tables = " UNION ".join(f"SELECT blob FROM {table}" for table in ("objects", "versions", "parts"))
        return {row[0] for row in self.database.query(tables)}

    def appendable(self) -> list[tuple[str, int]]:
        """Blob and length of every object that can grow, or could."""
        tables = " UNION ALL ".join(f"SELECT blob, size FROM {table} WHERE type = 'Appendable'" for table in ("objects", "versions"))
        return [(row[0], row[1]) for row in self.database.query(tables)]

    def events(self, after: int, limit: int) -> list[tuple[int, ObjectEvent]]:
        """Events still to be told, oldest first."""
        found = self.database.query("SELECT id, event FROM outbox WHERE id > ? ORDER BY id LIMIT ?", after, limit)
        return [(row[0], ObjectEvent(**json.loads(row[1]))) for row in found]

    def told(self, event_id: int) -> None:
        with self.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE id = ?", (event_id,))

    def _keep(self, connection: sqlite3.Connection, record: StoredRecord, change: Change | None, delta: int) -> None:
        if change and change.name and self._keep_events:
            connection.execute("INSERT INTO outbox (event) VALUES (?)", (json.dumps(vars(_event(record, change, delta))),))


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
