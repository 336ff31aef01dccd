"""The versions of objects that a plain GET does not find: those that were replaced, and delete markers.

Which version follows which: "Overview of versioning" of OSS (help.aliyun.com/document_detail/109695.html). While versioning is
suspended, a write takes the place of the version `null` and leaves the others alone.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from localcloud.database import Database
from localcloud.oss.storage import rows
from localcloud.oss.storage.records import NULL_VERSION, Bucket, ObjectLine, Properties, StoredRecord

_PREFIX = "CAEQ"
_SEQUENCE_BYTES, _RANDOM_BYTES = 6, 30


def new_version_id(sequence: int) -> str:
    """It looks like OSS's, and says where the version stands, so that a page can begin after one that is gone."""
    return _PREFIX + base64.urlsafe_b64encode(sequence.to_bytes(_SEQUENCE_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)).decode()


def sequence_of(version: str) -> int | None:
    """Where a version id stands among those of its key; None for anything that `new_version_id` never made."""
    encoded = version.removeprefix(_PREFIX)
    try:
        content = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if encoded == version or len(content) != _SEQUENCE_BYTES + _RANDOM_BYTES:
        return None
    return int.from_bytes(content[:_SEQUENCE_BYTES], "big")


class Versions:
    """The table `versions`. What writes runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, bucket: str, key: str, version: str) -> StoredRecord | None:
        sequence = sequence_of(version)
        place, values = ("", ()) if sequence is None else ("AND sequence = ?", (sequence,))
        sql = f"SELECT * FROM versions WHERE bucket = ? AND key = ? AND version = ? {place}"
        row = self._database.one(sql, bucket, key, version, *values)
        return rows.record_of(row) if row else None

    def newest(self, bucket: str, key: str) -> StoredRecord | None:
        row = self._database.one("SELECT * FROM versions WHERE bucket = ? AND key = ? ORDER BY sequence DESC LIMIT 1", bucket, key)
        return rows.record_of(row) if row else None

    def succeed(
        self, connection: sqlite3.Connection, bucket: Bucket, record: StoredRecord, before: StoredRecord | None
    ) -> tuple[StoredRecord, StoredRecord | None]:
        """Number a new version and make room for it: `before`, the object that it follows, is kept among the versions.

        Returned with the one that is gone: a version `null` gives way to another.
        """
        newest = before or self.newest(bucket.name, record.key)
        sequence = newest.sequence + 1 if newest else 1
        enabled = bucket.versioning == "Enabled"
        numbered = replace(record, version=new_version_id(sequence) if enabled else NULL_VERSION, sequence=sequence)
        gone = None
        if not enabled:
            gone = before if before and before.version == NULL_VERSION else self.find(bucket.name, record.key, NULL_VERSION)
        if gone and gone is not before:
            self.drop(connection, gone)
        if before and gone is not before:
            rows.put(connection, "versions", before)
        return numbered, gone

    def mark_deleted(
        self, connection: sqlite3.Connection, bucket: Bucket, key: str, before: StoredRecord | None, now: float
    ) -> tuple[StoredRecord, StoredRecord | None]:
        """A delete marker as the latest version, and the version that is gone for it. The row in `objects` is the caller's to remove."""
        bare = StoredRecord(bucket.name, key, "", 0, "", 0, "DeleteMarker", now, Properties())
        marker, gone = self.succeed(connection, bucket, bare, before)
        rows.put(connection, "versions", marker)
        return marker, gone

    def drop(self, connection: sqlite3.Connection, record: StoredRecord) -> None:
        connection.execute(
            "DELETE FROM versions WHERE bucket = ? AND key = ? AND sequence = ?", (record.bucket, record.key, record.sequence)
        )

    def promote(self, connection: sqlite3.Connection, bucket: str, key: str) -> None:
        """The latest version was removed: the one before it is the object now, unless it is a delete marker."""
        newest = self.newest(bucket, key)
        if newest and newest.type != "DeleteMarker":
            self.drop(connection, newest)
            rows.put(connection, "objects", newest)

    def in_order(self, bucket: str, key: str, before_sequence: int, batch: int) -> Iterator[ObjectLine]:
        """Every version in the bucket from a key on, of that key itself those older than a sequence, the newest of each key first."""
        position = (key, before_sequence)
        while True:
            found = self._database.query(_IN_ORDER, bucket, *position, batch)
            yield from (ObjectLine(*row) for row in found)
            if len(found) < batch:
                return
            position = (found[-1]["key"], found[-1]["sequence"])


_AFTER = "bucket = ?1 AND key >= ?2 AND (key > ?2 OR sequence < ?3)"
# A row of `versions` is the latest of its key only as a delete marker with nothing above it.
_LATEST = """type = 'DeleteMarker'
    AND NOT EXISTS (SELECT 1 FROM objects WHERE bucket = one.bucket AND key = one.key)
    AND NOT EXISTS (SELECT 1 FROM versions WHERE bucket = one.bucket AND key = one.key AND sequence > one.sequence)"""
_IN_ORDER = f"""
    SELECT {rows.LINE_COLUMNS}, 1 AS latest FROM objects WHERE {_AFTER}
    UNION ALL
    SELECT {rows.LINE_COLUMNS}, {_LATEST} AS latest FROM versions AS one WHERE {_AFTER}
    ORDER BY key, sequence DESC LIMIT ?4
"""
