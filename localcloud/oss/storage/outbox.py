"""Tells events to whoever acts on them: at least once, and in order for each object."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from localcloud.oss.storage.store import Store
from localcloud.ports import ObjectEvent, ObjectEvents

log = logging.getLogger("localcloud.oss")

FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 30.0
_BATCH = 100


class Outbox:
    """A thread that hands over the events of the store and forgets those that were taken.

    One that is refused is tried again, later each time; events of other objects do not wait for it.
    """

    def __init__(self, store: Store, listener: ObjectEvents) -> None:
        self._store = store
        self._listener = listener
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="oss-outbox", daemon=True)
        self._held: dict[tuple[str, str], _Hold] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def notify(self) -> None:
        """There may be something new to tell."""
        self._wake.set()

    def _run(self) -> None:
        while True:
            # Before the look at what stops this, so that a `stop` meanwhile is not slept through.
            self._wake.clear()
            if self._stopping:
                return
            try:
                self._round()
                pause = self._pause()
            except sqlite3.Error:
                log.exception("events can't be read at the moment; none is lost")
                pause = LONGEST_RETRY_SECONDS
            self._wake.wait(pause)

    def _round(self) -> None:
        after = 0
        refused: set[tuple[str, str]] = set()
        while not self._stopping and (batch := self._store.events(after, _BATCH)):
            for event_id, event in batch:
                after = event_id
                subject = (event.bucket, event.key)
                hold = self._held.get(subject)
                if subject in refused or (hold and hold.until > time.monotonic()):
                    continue
                if self._tell(event):
                    self._store.told(event_id)
                    self._held.pop(subject, None)
                else:
                    refused.add(subject)
                    self._held[subject] = hold.longer() if hold else _Hold(FIRST_RETRY_SECONDS)

    def _tell(self, event: ObjectEvent) -> bool:
        try:
            self._listener.object_event(event)
        except Exception:  # The boundary to another service: whatever it raises, the event is told again.
            log.exception("%s of %s/%s was not taken; it will be told again", event.name, event.bucket, event.key)
            return False
        return True

    def _pause(self) -> float:
        soonest = min((hold.until for hold in self._held.values()), default=time.monotonic() + LONGEST_RETRY_SECONDS)
        return max(0.0, min(soonest - time.monotonic(), LONGEST_RETRY_SECONDS))


class _Hold:
    """A wait after a refusal."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.until = time.monotonic() + seconds

    def longer(self) -> _Hold:
        return _Hold(min(self._seconds * 2, LONGEST_RETRY_SECONDS))
