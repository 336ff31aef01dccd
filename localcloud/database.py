"""One SQLite file for each service, safe against a killed process."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.disk import synchronous


class OtherVersion(Exception):
    """The file was made with another schema, by an earlier or a later version."""


class Damaged(Exception):
    """The file is no SQLite file, or no longer one: half of it is missing, or something else wrote to it."""


class Database:
    """A SQLite file shared by the threads of one process: readers side by side, one writer at a time.

    A write-ahead log keeps every committed transaction through a kill of the process; through a loss of power only after
    `disk.survive_power_loss`.
    The file remembers its schema; one with another is refused by OtherVersion, before anything is half written in the wrong form, and one
    that can't be read by Damaged.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._local = threading.local()
        self._write_lock = threading.RLock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._connections_lock = threading.Lock()
        with self._write_lock:
            try:
                self._prepare(schema)
            except sqlite3.DatabaseError as error:
                self.close()
                # Of SQLite's codes, sqlite3 has no class of their own for NOTADB and CORRUPT only (the code itself since Python 3.11).
                if type(error) is sqlite3.DatabaseError:
                    raise Damaged(str(path)) from error
                raise

    def _prepare(self, schema: str) -> None:
        connection, version = self._connection(), zlib.crc32(schema.encode()) & 0x7FFFFFFF
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, version):
            self.close()
            raise OtherVersion(str(self._path))
        connection.executescript(schema)
        connection.execute(f"PRAGMA user_version = {version}")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Closed by another thread than its own.
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            self._remember(connection)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous()}")
            connection.execute("PRAGMA foreign_keys=ON")
            self._local.connection = connection
        return connection

    def _remember(self, connection: sqlite3.Connection) -> None:
        """Keep it for `close`; those of threads that have ended go now, since each holds files open."""
        with self._connections_lock:
            for thread in [one for one in self._connections if not one.is_alive()]:
                self._connections.pop(thread).close()
            self._connections[threading.current_thread()] = connection

    def query(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        return self._connection().execute(sql, parameters).fetchall()

    def one(self, sql: str, *parameters: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection().execute(sql, parameters).fetchone()
        return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; other writers wait. Transactions may be nested: the outermost commits."""
        with self._write_lock:
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def close(self) -> None:
        with self._write_lock, self._connections_lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
            self._local = threading.local()
