"""Callbacks to one address each: posted over HTTP or sent to a queue, written with the change that they tell of.

"Success is HTTP 200 within 3 seconds; otherwise two more attempts, one second apart", and then the callback is dropped (IMS, callbacks).
Those to one address go out in order. They may lead to this machine, unlike inputs: whoever listens to a laptop's callbacks runs there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from localcloud.database import Database
from localcloud.ims.inputs import printable
from localcloud.ims.runner import Runner
from localcloud.network import Reach, checked_client
from localcloud.ports import CallbackQueues

log = logging.getLogger("localcloud.ims")

TRIES = 3
ANSWER_SECONDS = 3.0
AT_ONCE = 4


class NotTaken(Exception):
    """The receiver did not answer 200 in time."""


@dataclass(frozen=True)
class Receiver:
    """An http or https URL, or the name of a queue. With an `auth_key` posts are signed."""

    address: str
    auth_key: str = ""

    @property
    def is_web(self) -> bool:
        return self.address.lower().startswith(("http://", "https://"))


class Callbacks:
    def __init__(self, database: Database, queues: CallbackQueues, clock: Callable[[], float], retry_seconds: float) -> None:
        self._database = database
        self._queues = queues
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._client = checked_client(Reach(this_machine=True), httpx.Timeout(ANSWER_SECONDS))
        self._busy: set[str] = set()
        self._claiming = threading.Lock()
        self.runner: Runner[sqlite3.Row] = Runner("ims-callbacks", AT_ONCE, self._claim, self._send, self._postpone)

    def write(self, transaction: sqlite3.Connection, receiver: Receiver, body: Mapping[str, object]) -> None:
        """Part of the transaction that makes the change; call `runner.call()` after it."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        transaction.execute(
            "INSERT INTO callback (address, auth_key, body, attempts, due) VALUES (?, ?, ?, 0, 0)",
            (receiver.address, receiver.auth_key, text),
        )

    def close(self) -> None:
        self._client.close()

    def _claim(self) -> sqlite3.Row | None:
        with self._claiming:
            rows = self._database.query(
                "SELECT * FROM callback WHERE due <= ? AND position IN (SELECT MIN(position) FROM callback GROUP BY address)"
                " ORDER BY position LIMIT 100",
                self._clock(),
            )
            free = next((row for row in rows if row["address"] not in self._busy), None)
            if free is not None:
                self._busy.add(free["address"])
            return free

    def _send(self, callback: sqlite3.Row) -> None:
        receiver = Receiver(callback["address"], callback["auth_key"])
        if receiver.is_web:
            self._post(receiver, callback["body"])
        else:
            self._queues.send(receiver.address, callback["body"])
        self._forget(callback)

    def _post(self, receiver: Receiver, body: str) -> None:
        headers = {"Content-Type": "application/json", **signature(receiver, int(self._clock()))}
        with self._client.stream("POST", receiver.address, content=body.encode(), headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise NotTaken(f"HTTP {response.status_code}")

    def _postpone(self, callback: sqlite3.Row, error: Exception) -> None:
        address, attempts = printable(callback["address"]), callback["attempts"] + 1
        if attempts >= TRIES:
            log.warning("a callback was not taken by %s in %d attempts and is dropped (%s)", address, attempts, type(error).__name__)
            self._forget(callback)
            return
        with self._database.transaction() as write:
            due = self._clock() + self._retry_seconds
            write.execute("UPDATE callback SET attempts = ?, due = ? WHERE position = ?", (attempts, due, callback["position"]))
        self._release(callback)

    def _forget(self, callback: sqlite3.Row) -> None:
        with self._database.transaction() as write:
            write.execute("DELETE FROM callback WHERE position = ?", (callback["position"],))
        self._release(callback)

    def _release(self, callback: sqlite3.Row) -> None:
        with self._claiming:
            self._busy.discard(callback["address"])


def signature(receiver: Receiver, timestamp: int) -> dict[str, str]:
    """X-ICE-SIGNATURE is the MD5 of `CallbackURL|timestamp|AuthKey`; https://www.alibabacloud.com/help/en/ims, callback authentication."""
    if not receiver.auth_key:
        return {}
    text = f"{receiver.address}|{timestamp}|{receiver.auth_key}"
    return {"X-ICE-TIMESTAMP": str(timestamp), "X-ICE-SIGNATURE": hashlib.md5(text.encode()).hexdigest()}
