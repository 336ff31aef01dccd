"""Carrying out lifecycle rules: what is due at a time is removed, or moved to a colder storage class.

No event tells of it: those of OSS that start functions are for requests of clients (our assumption; the list of events names no rule).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise

from localcloud.oss.buckets.lifecycle import KIND, Rule, When, enabled_rules
from localcloud.oss.errors import OssError
from localcloud.oss.objects.storage_class import CLASSES
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.records import Change, ObjectLine, Removed, StoredRecord
from localcloud.oss.storage.store import Store
from localcloud.oss.storage.uploads import Uploads

log = logging.getLogger("localcloud.oss")

PAUSE_SECONDS = 3600.0
"""OSS runs once a day, after midnight UTC; a laptop may be asleep then."""
_BATCH = 200
_NEWEST = 2**62


class LifecyclePass:
    """A thread that carries out the rules of all buckets now and then; `run` does it once."""

    def __init__(self, store: Store, blobs: Blobs, clock: Callable[[], float]) -> None:
        self._store = store
        self._uploads = Uploads(store)
        self._blobs = blobs
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="oss-lifecycle", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while True:
            try:
                self.run(self._clock())
            except (sqlite3.Error, OssError):
                log.exception("lifecycle rules can't be carried out at the moment; they will be, later")
            if self._stopping.wait(PAUSE_SECONDS):
                return

    def run(self, now: float) -> None:
        """Do all that is due."""
        for bucket, document in self._store.buckets.configured(KIND.name):
            for rule in enabled_rules(document):
                if self._stopping.is_set():
                    return
                self._objects(bucket, rule, now)
                if rule.abort:
                    self._abort_uploads(bucket, rule, rule.abort, now)

    def _objects(self, bucket: str, rule: Rule, now: float) -> None:
        for _, group in groupby(self._lines(bucket, rule.prefix), key=lambda line: line.key):
            versions = list(group)
            latest = versions[0]
            if latest.type != "DeleteMarker" and latest.latest:
                self._apply(bucket, rule, latest, _due(rule.expiration, rule.transitions, latest.modified, now), now)
            elif rule.expired_markers and len(versions) == 1:
                self._remove(bucket, latest, now)
            for newer, line in pairwise(versions):
                # A version is noncurrent since the one after it was written.
                due = _due(rule.noncurrent_expiration, rule.noncurrent_transitions, newer.modified, now)
                self._apply(bucket, rule, line, due, now)

    def _lines(self, bucket: str, prefix: str) -> Iterator[ObjectLine]:
        for line in self._store.versions.in_order(bucket, prefix, _NEWEST, _BATCH):
            if not line.key.startswith(prefix):
                return
            yield line

    def _apply(self, bucket: str, rule: Rule, line: ObjectLine, due: str, now: float) -> None:
        """`due` is a storage class, or `_END`."""
        if not due:
            return
        with self._store.transaction():
            record = self._store.find(bucket, line.key, line.version)
            if record is None or record.modified != line.modified or not _covers(rule, record):
                return
            if due == _END:
                self._remove(bucket, line, now)
            elif CLASSES.index(due) > CLASSES.index(record.storage_class):
                self._store.update(replace(record, storage_class=due, restore_ready=0.0, restore_until=0.0))

    def _remove(self, bucket: str, line: ObjectLine, now: float) -> None:
        """An object of a bucket with versioning gets a delete marker, as when a client deletes it; other versions go for good."""
        untold = Change("", "", "", now)
        with self._store.transaction():
            current = self._store.find(bucket, line.key)
            if current and current.version == line.version:
                removed = self._store.remove(bucket, line.key, untold)
            else:
                removed = self._store.remove_version(bucket, line.key, line.version, untold)
        self._retire([removed])

    def _retire(self, removed: Iterable[Removed]) -> None:
        self._blobs.retire(*(one.gone.blob for one in removed if one.gone))

    def _abort_uploads(self, bucket: str, rule: Rule, when: When, now: float) -> None:
        for name in list(self._uploads.in_order(bucket, rule.prefix, "")):
            if not name.key.startswith(rule.prefix):
                return
            if when.due(name.initiated, now):
                try:
                    self._blobs.retire(*self._uploads.end(self._uploads.find(bucket, name.key, name.id)))
                except OssError:
                    log.info("upload %s ended before its lifecycle rule could abort it", name.id)


_END = "end"


def _due(end: When | None, transitions: tuple[tuple[When, str], ...], changed: float, now: float) -> str:
    if end and end.due(changed, now):
        return _END
    classes = [storage_class for when, storage_class in transitions if when.due(changed, now)]
    return max(classes, key=CLASSES.index, default="")


def _covers(rule: Rule, record: StoredRecord) -> bool:
    return record.type != "DeleteMarker" and rule.covers(record.key, record.size, record.properties.tags)
