"""The nonces of signed requests, remembered for as long as a request could be sent a second time."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from localcloud.database import Database

WINDOW_SECONDS = 15 * 60
"""So far may the time that a request was signed at be from ours, in both directions."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS nonce (digest BLOB PRIMARY KEY, used REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonce_used ON nonce (used);
"""


class Nonces(Protocol):
    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        """Whether this nonce is new. `now` is in seconds since the epoch."""
        ...


class NonceMemory:
    """Nonces that are forgotten with the process; bounded, the oldest go first."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        with self._lock:
            while self._seen and (len(self._seen) >= self._capacity or next(iter(self._seen.values())) < now - 2 * WINDOW_SECONDS):
                self._seen.popitem(last=False)
            if (access_key_id, nonce) in self._seen:
                return False
            self._seen[access_key_id, nonce] = now
            return True


class NonceBook:
    """Nonces that a restart does not forget, in a file of their own, so that a request waits for no other writer than its like."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA)

    def use(self, access_key_id: str, nonce: str, now: float) -> bool:
        # A nonce may be as long as a header, its digest is not.
        digest = hashlib.sha256(f"{access_key_id}\0{nonce}".encode("utf-8", "surrogateescape")).digest()
        with self._database.transaction() as write:
            write.execute("DELETE FROM nonce WHERE used < ?", (now - 2 * WINDOW_SECONDS,))
            return write.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?)", (digest, now)).rowcount == 1

    def close(self) -> None:
        self._database.close()
