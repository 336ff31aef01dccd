"""The tables of OSS.

Keys are compared as OSS sorts them, by their UTF-8 bytes: SQLite's BINARY collation. `objects` holds what a plain GET finds, so that
buckets without versioning never look at `versions`: there are the versions that were replaced, and every delete marker, also one that is
the latest. Of one key a higher `sequence` is newer; 0 was written before the bucket ever had versioning.
"""

from __future__ import annotations

_OBJECT = """
    bucket TEXT NOT NULL REFERENCES buckets(name), key TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    crc TEXT NOT NULL, type TEXT NOT NULL, modified REAL NOT NULL, properties TEXT NOT NULL, target TEXT NOT NULL,
    storage_class TEXT NOT NULL, version TEXT NOT NULL, sequence INTEGER NOT NULL, restore_ready REAL NOT NULL, restore_until REAL NOT NULL
"""

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, acl TEXT NOT NULL, created REAL NOT NULL, storage_class TEXT NOT NULL, redundancy TEXT NOT NULL,
    versioning TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS configurations (
    bucket TEXT NOT NULL REFERENCES buckets(name) ON DELETE CASCADE, name TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS live_channels (
    bucket TEXT NOT NULL REFERENCES buckets(name) ON DELETE CASCADE, name TEXT NOT NULL, status TEXT NOT NULL, modified REAL NOT NULL,
    document TEXT NOT NULL, PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects ({_OBJECT}, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions ({_OBJECT}, PRIMARY KEY (bucket, key, sequence DESC)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets(name), key TEXT NOT NULL, initiated REAL NOT NULL,
    properties TEXT NOT NULL, storage_class TEXT NOT NULL DEFAULT 'Standard', sequential INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS uploads_in_order ON uploads (bucket, key, id);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads(id) ON DELETE CASCADE, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, crc TEXT NOT NULL, modified REAL NOT NULL, PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
"""
