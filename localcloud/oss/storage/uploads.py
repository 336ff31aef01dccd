"""What is kept of multipart uploads while they are under way."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from localcloud.oss.errors import no_such_upload, part_not_sequential
from localcloud.oss.storage.records import Change, Part, Properties, StoredRecord, Upload
from localcloud.oss.storage.store import Store


@dataclass(frozen=True)
class UploadName:
    """An upload in a listing; the id orders those of one key."""

    key: str
    id: str
    initiated: float


_BEGIN = "INSERT INTO uploads (id, bucket, key, initiated, properties, storage_class, sequential) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SAVE_PART = "INSERT OR REPLACE INTO parts (upload, number, blob, size, etag, crc, modified) VALUES (?, ?, ?, ?, ?, ?, ?)"


class Uploads:
    """The uploads of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database

    def find(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises NoSuchUpload."""
        row = self._database.one("SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?", upload_id, bucket, key)
        if row is None:
            raise no_such_upload(upload_id)
        properties = Properties(**json.loads(row["properties"]))
        return Upload(**{**dict(row), "properties": properties, "sequential": bool(row["sequential"])})

    def find_with_parts(self, bucket: str, key: str, upload_id: str, after: int = 0, limit: int = 10000) -> tuple[Upload, list[Part]]:
        """The upload and what it has at the same moment, so that one that is completed in between is not seen without its parts."""
        with self._store.transaction():
            return self.find(bucket, key, upload_id), self._parts(upload_id, after, limit)

    def begin(self, upload: Upload) -> None:
        properties = json.dumps(asdict(upload.properties))
        values = (upload.id, upload.bucket, upload.key, upload.initiated, properties, upload.storage_class, upload.sequential)
        with self._store.transaction() as connection:
            self._store.bucket(upload.bucket)
            connection.execute(_BEGIN, values)

    def in_order(self, bucket: str, key: str, after_id: str) -> Iterator[UploadName]:
        """The uploads from a key on; of the key itself those after an id."""
        sql = "SELECT key, id, initiated FROM uploads WHERE bucket = ? AND (key > ? OR (key = ? AND id > ?)) ORDER BY key, id"
        for row in self._database.query(sql, bucket, key, key, after_id):
            yield UploadName(row["key"], row["id"], row["initiated"])

    def save_part(self, upload: Upload, part: Part) -> str | None:
        """Keep a part; the blob of the one that it replaces is returned. Raises NoSuchUpload and PartNotSequential."""
        with self._store.transaction() as connection:
            self.find(upload.bucket, upload.key, upload.id)
            if upload.sequential and part.number != self._last_number(upload.id) + 1:
                raise part_not_sequential(part.number)
            before = connection.execute("SELECT blob FROM parts WHERE upload = ? AND number = ?", (upload.id, part.number)).fetchone()
            # SQLite's numbers are signed, and a CRC-64 is not.
            values = (upload.id, part.number, part.blob, part.size, part.etag, str(part.crc), part.modified)
            connection.execute(_SAVE_PART, values)
        return before[0] if before else None

    def _parts(self, upload_id: str, after: int, limit: int) -> list[Part]:
        rows = self._database.query("SELECT * FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?", upload_id, after, limit)
        return [_part(row) for row in rows]

    def _last_number(self, upload_id: str) -> int:
        row = self._database.one("SELECT max(number) FROM parts WHERE upload = ?", upload_id)
        return int(row[0] or 0) if row else 0

    def end(self, upload: Upload) -> list[str]:
        """Forget an upload; the blobs of its parts are returned. Raises NoSuchUpload."""
        with self._store.transaction() as connection:
            self.find(upload.bucket, upload.key, upload.id)
            blobs = [row["blob"] for row in connection.execute("SELECT blob FROM parts WHERE upload = ?", (upload.id,))]
            connection.execute("DELETE FROM uploads WHERE id = ?", (upload.id,))
        return blobs

    def complete(self, upload: Upload, record: StoredRecord, change: Change, forbid_overwrite: bool) -> tuple[StoredRecord, list[str]]:
        """Turn an upload into an object; the blobs that are no longer needed are returned. Raises NoSuchUpload and FileAlreadyExists."""
        with self._store.transaction():
            blobs = self.end(upload)
            saved = self._store.save(record, change, forbid_overwrite)
        return saved.record, [*blobs, saved.gone.blob] if saved.gone else blobs


def _part(row: sqlite3.Row) -> Part:
    return Part(row["number"], row["blob"], row["size"], row["etag"], int(row["crc"]), row["modified"])
