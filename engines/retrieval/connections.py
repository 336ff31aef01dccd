"""The connections to one SQLite file: readers side by side, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Connections:
    """A connection for each thread.

    WAL with synchronous=NORMAL keeps what is committed through the death of the process, with FULL through a loss of power.
    """

    def __init__(self, path: Path, power_safe: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._synchronous = "FULL" if power_safe else "NORMAL"
        self._local = threading.local()
        self._writing = threading.RLock()
        self._all: list[sqlite3.Connection] = []
        self._closed = False

    def _mine(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        with self._writing:
            if self._closed:
                raise sqlite3.ProgrammingError("the library is closed")
            # close() is called by another thread than the one that connected.
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            self._all.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the library for all statements inside."""
        with self._transaction(self._mine(), "BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable at the end."""
        with self._writing, self._transaction(self._mine(), "BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, connection: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
        connection.execute(begin)
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()

    def close(self) -> None:
        with self._writing:
            self._closed = True
            for connection in self._all:
                connection.close()
            self._all.clear()
