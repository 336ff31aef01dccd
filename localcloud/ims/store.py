"""What IMS keeps: one SQLite file, opened by one process."""

from __future__ import annotations

from pathlib import Path

from localcloud.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS template (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, type INTEGER NOT NULL, subtype INTEGER, config TEXT NOT NULL,
    is_default INTEGER NOT NULL, created REAL NOT NULL, modified REAL NOT NULL);
CREATE TABLE IF NOT EXISTS pipeline (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, speed TEXT NOT NULL, priority INTEGER NOT NULL, status TEXT NOT NULL,
    is_default INTEGER NOT NULL, notify_kind TEXT, notify_name TEXT, role TEXT, created REAL NOT NULL, modified REAL NOT NULL);
CREATE TABLE IF NOT EXISTS smarttag_job (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL, work TEXT NOT NULL,
    user_data TEXT, state TEXT NOT NULL, results TEXT, submitted REAL NOT NULL, finished REAL);
CREATE INDEX IF NOT EXISTS smarttag_job_waiting ON smarttag_job (position) WHERE state = 'Submitted';
CREATE TABLE IF NOT EXISTS production_job (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL, priority INTEGER NOT NULL,
    function TEXT NOT NULL, work TEXT NOT NULL, user_data TEXT, state TEXT NOT NULL, result TEXT, outputs TEXT,
    submitted REAL NOT NULL, finished REAL);
CREATE INDEX IF NOT EXISTS production_job_waiting ON production_job (priority, position) WHERE state = 'Queuing';
CREATE INDEX IF NOT EXISTS production_job_running ON production_job (pipeline) WHERE state = 'Analysing';
-- Times as in media.
CREATE TABLE IF NOT EXISTS produced_media (id TEXT PRIMARY KEY, input TEXT NOT NULL, type TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS notice (
    position INTEGER PRIMARY KEY AUTOINCREMENT, pipeline TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL);
CREATE TABLE IF NOT EXISTS callback (
    position INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL, auth_key TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL NOT NULL);
CREATE INDEX IF NOT EXISTS callback_of ON callback (address, position);
CREATE TABLE IF NOT EXISTS content_analysis (auto INTEGER NOT NULL, save_types TEXT NOT NULL, template TEXT);
CREATE TABLE IF NOT EXISTS ipc_order (
    position INTEGER PRIMARY KEY AUTOINCREMENT, capability TEXT NOT NULL, device TEXT NOT NULL, bought REAL NOT NULL,
    expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS ipc_search (day INTEGER PRIMARY KEY, searches INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS smarttag_job_submitted ON smarttag_job (submitted);
CREATE TABLE IF NOT EXISTS event_callback (
    type TEXT NOT NULL, url TEXT, queue TEXT, events TEXT NOT NULL, auth_switch TEXT NOT NULL, auth_key TEXT);
CREATE TABLE IF NOT EXISTS library (name TEXT PRIMARY KEY, config TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS library_index (
    library TEXT NOT NULL REFERENCES library ON DELETE CASCADE, type TEXT NOT NULL, status TEXT NOT NULL, level TEXT NOT NULL,
    PRIMARY KEY (library, type));
-- Times of a media are in milliseconds, as filters and sort orders name them. `stream` is open or closed for a live stream.
CREATE TABLE IF NOT EXISTS media (
    library TEXT NOT NULL REFERENCES library ON DELETE CASCADE, id TEXT NOT NULL, namespace TEXT NOT NULL, type TEXT NOT NULL,
    input TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
    int_field1 INTEGER, str_field1 TEXT, str_field2 TEXT, images TEXT, stream TEXT,
    bytes INTEGER, seconds REAL, width INTEGER, height INTEGER,
    PRIMARY KEY (library, id));
CREATE INDEX IF NOT EXISTS media_created ON media (library, created);
CREATE TABLE IF NOT EXISTS label (
    position INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, media TEXT NOT NULL, kind TEXT NOT NULL, category TEXT NOT NULL,
    identity TEXT NOT NULL, text TEXT NOT NULL, folded TEXT NOT NULL, start REAL NOT NULL, end REAL NOT NULL, times TEXT NOT NULL,
    FOREIGN KEY (library, media) REFERENCES media ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS label_of ON label (library, media);
CREATE TABLE IF NOT EXISTS face (
    position INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, media TEXT NOT NULL, seen TEXT NOT NULL,
    FOREIGN KEY (library, media) REFERENCES media ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS face_of ON face (library, media);
CREATE TABLE IF NOT EXISTS face_search (
    library TEXT NOT NULL REFERENCES library ON DELETE CASCADE, token TEXT NOT NULL, features TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (library, token));
CREATE TABLE IF NOT EXISTS stream_tag (
    position INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, media TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    user_data TEXT NOT NULL,
    FOREIGN KEY (library, media) REFERENCES media ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS stream_tag_of ON stream_tag (library, media, start);
CREATE TABLE IF NOT EXISTS index_job (
    position INTEGER PRIMARY KEY AUTOINCREMENT, library TEXT NOT NULL, media TEXT NOT NULL, type TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', submitted REAL NOT NULL, finished REAL,
    FOREIGN KEY (library, media) REFERENCES media ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS index_job_of ON index_job (library, media);
CREATE INDEX IF NOT EXISTS index_job_running ON index_job (position) WHERE status = 'Running';
CREATE TABLE IF NOT EXISTS understanding (
    position INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL UNIQUE, description TEXT NOT NULL);
"""


def open_store(path: Path) -> Database:
    return Database(path, _SCHEMA)
