"""How many jobs a namespace may start in a day: an object for each day (UTC) and namespace, a line for each piece of work."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from sightline.clock import Clock
from sightline.errors import LedgerConflict
from sightline.store.types import Bucket, PositionConflict

ROUNDS = 8


class Budget:
    """`daily_jobs` 0 is no limit. The same work twice, after an answer was lost, counts once."""

    def __init__(self, bucket: Bucket, prefix: str, daily_jobs: int, clock: Clock) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._clock = clock
        self.daily_jobs = daily_jobs

    def allows(self, namespace: str) -> bool:
        return not self.daily_jobs or len(self._lines(namespace)) < self.daily_jobs

    def spend(self, namespace: str, media_id: str, upload: str) -> bool:
        """Whether the work may be done; it is counted then. `upload` tells one upload of a media from another.

        Raises LedgerConflict where too many others were faster.
        """
        if not self.daily_jobs:
            return True
        line = f"{media_id} {upload}\n".encode()
        for _ in range(ROUNDS):
            lines = self._lines(namespace)
            if line in lines:
                return True
            if len(lines) >= self.daily_jobs:
                return False
            try:
                self._bucket.append(self._key(namespace), sum(map(len, lines)), line)
            except PositionConflict:
                continue
            return True
        raise LedgerConflict(f"the budget of namespace {namespace} kept changing through {ROUNDS} rounds")

    def begins_again(self) -> datetime:
        """When the next day begins."""
        return (self._clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)

    def forget_past_days(self) -> None:
        """Yesterday's stays, for whoever wants to read it."""
        yesterday = (self._clock() - timedelta(days=1)).date().isoformat()
        for day in list(self._bucket.folders(self._prefix)):
            if day < yesterday:
                for key in list(self._bucket.keys(f"{self._prefix}{day}/")):
                    self._bucket.delete(key)

    def _lines(self, namespace: str) -> list[bytes]:
        return (self._bucket.get(self._key(namespace)) or b"").splitlines(keepends=True)

    def _key(self, namespace: str) -> str:
        return f"{self._prefix}{self._clock().date().isoformat()}/{quote(namespace, safe='')}"
