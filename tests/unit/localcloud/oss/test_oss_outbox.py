"""How the outbox goes on when its own database fails."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from localcloud.oss.storage import outbox
from localcloud.oss.storage.store import Store
from localcloud.ports import ObjectEvent
from tests.contract.oss.server import Listener, eventually


class FailingOnce(Store):
    """Can't be read at first; counts how often it was asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, keep_events=True)
        self.asked = 0

    def events(self, after: int, limit: int) -> list[tuple[int, ObjectEvent]]:
        self.asked += 1
        if self.asked == 1:
            raise sqlite3.OperationalError("disk I/O error")
        return super().events(after, limit)


def test_a_failed_reading_is_followed_by_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an outbox whose store failed once
    monkeypatch.setattr(outbox, "LONGEST_RETRY_SECONDS", 0.1)
    store = FailingOnce(tmp_path / "oss.sqlite3")
    began = time.monotonic()
    telling = outbox.Outbox(store, Listener())
    telling.start()
    # WHEN it has looked four times
    assert eventually(lambda: store.asked >= 4)
    # THEN it rested between them
    assert time.monotonic() - began >= 0.3
    telling.stop()
    store.close()
