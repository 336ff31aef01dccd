"""Buckets and what is configured of them."""

from __future__ import annotations

from dataclasses import asdict

from localcloud.database import Database
from localcloud.oss.errors import bucket_not_empty, no_such_bucket
from localcloud.oss.storage.records import Bucket, Usage

_CONTENTS = ("objects", "versions", "uploads", "live_channels")


class BucketStore:
    """The tables `buckets` and `configurations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str) -> Bucket:
        """Raises NoSuchBucket."""
        row = self._database.one("SELECT * FROM buckets WHERE name = ?", name)
        if row is None:
            raise no_such_bucket(name)
        return Bucket(*row)

    def exists(self, name: str) -> bool:
        return self._database.one("SELECT 1 FROM buckets WHERE name = ?", name) is not None

    def in_order(self, prefix: str, after: str) -> list[Bucket]:
        rows = self._database.query(
            "SELECT * FROM buckets WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name", after, len(prefix), prefix
        )
        return [Bucket(*row) for row in rows]

    def save(self, bucket: Bucket) -> None:
        sql = """INSERT INTO buckets VALUES (:name, :acl, :created, :storage_class, :redundancy, :versioning)
            ON CONFLICT (name) DO UPDATE SET acl = excluded.acl, versioning = excluded.versioning"""
        with self._database.transaction() as connection:
            connection.execute(sql, asdict(bucket))

    def start_versioning(self, name: str) -> None:
        """What was written before is the version `null` from now on, and its replies say so."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE objects SET sequence = 1 WHERE bucket = ? AND sequence = 0", (name,))

    def remove(self, name: str) -> None:
        """Raises NoSuchBucket, and BucketNotEmpty while anything is in it."""
        with self._database.transaction() as connection:
            self.find(name)
            if any(connection.execute(f"SELECT 1 FROM {table} WHERE bucket = ? LIMIT 1", (name,)).fetchone() for table in _CONTENTS):
                raise bucket_not_empty(name)
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def configuration(self, bucket: str, name: str) -> str | None:
        """A configuration as it was stored; None where there is none, also where there is no bucket."""
        row = self._database.one("SELECT document FROM configurations WHERE bucket = ? AND name = ?", bucket, name)
        return row[0] if row else None

    def configured(self, name: str) -> list[tuple[str, str]]:
        """The buckets that have a configuration of this name, with it."""
        rows = self._database.query("SELECT bucket, document FROM configurations WHERE name = ? ORDER BY bucket", name)
        return [(row[0], row[1]) for row in rows]

    def configure(self, bucket: str, name: str, document: str | None) -> None:
        """Keep a configuration in the place of the one before, or remove it. Raises NoSuchBucket."""
        with self._database.transaction() as connection:
            self.find(bucket)
            if document is None:
                connection.execute("DELETE FROM configurations WHERE bucket = ? AND name = ?", (bucket, name))
            else:
                connection.execute("INSERT OR REPLACE INTO configurations VALUES (?, ?, ?)", (bucket, name, document))

    def usage(self, bucket: str) -> Usage:
        by_class = {
            row[0]: (row[1], row[2])
            for row in self._database.query(
                """SELECT storage_class, sum(size), count(*) FROM (
                    SELECT storage_class, size FROM objects WHERE bucket = ?1
                    UNION ALL SELECT storage_class, size FROM versions WHERE bucket = ?1 AND type <> 'DeleteMarker'
                ) GROUP BY storage_class""",
                bucket,
            )
        }
        markers = self._count("SELECT count(*) FROM versions WHERE bucket = ? AND type = 'DeleteMarker'", bucket)
        uploads = self._count("SELECT count(*) FROM uploads WHERE bucket = ?", bucket)
        parts = self._count("SELECT count(*) FROM parts JOIN uploads ON uploads.id = upload WHERE bucket = ?", bucket)
        channels = self._count("SELECT count(*) FROM live_channels WHERE bucket = ?", bucket)
        return Usage(by_class, markers, uploads, parts, channels)

    def _count(self, sql: str, bucket: str) -> int:
        row = self._database.one(sql, bucket)
        assert row is not None
        return int(row[0])
