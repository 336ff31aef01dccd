"""State that the layer would have written in days, put straight into the storage of the laptop's OSS: over the wire it would take an hour.

The layer's own classes write it, into a bucket in memory that is then copied, so its form is theirs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Literal

from localcloud.oss.storage.blobs import Blobs, Content
from localcloud.oss.storage.records import ObjectType, Properties, StoredRecord
from localcloud.oss.storage.store import Store
from sightline.clock import to_iso, utc_now
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal, Ledger
from sightline.ledger.story import tell
from sightline.line.line import Line
from sightline.line.slots import Holder
from sightline.line.waiting import Place
from sightline.media.identity import media_id
from sightline.media.types import Media
from sightline.record.model import SmarttagPart
from sightline.record.shelf import RecordShelf
from sightline.settings import Settings
from tests.fakes.sightline import FakeBucket

Kind = Literal["finished", "in flight", "waiting"]

CONTENT = b"good clip0"
GENERATION = hashlib.md5(CONTENT).hexdigest().upper()
LONG_AGO = timedelta(days=30)
NAMESPACE = "home"
PART = SmarttagPart(title="A person walks past", brief="A person walks past", caption="A person walks past", objects=["person"])


def key_of(number: int) -> str:
    return f"uploads/{NAMESPACE}/door/{number:06}.mp4"


def ids_in_order(bucket: str, count: int) -> list[str]:
    """The media ids of what was filled in, in the order in which a sweep meets them."""
    return sorted(media_id(bucket, key_of(number)) for number in range(count))


def fill(folder: Path, kind: Kind, count: int, settings: Settings) -> None:
    """So many media, as if they had been uploaded a month ago; those that are there already stay. The cloud must not be running."""
    store, blobs = Store(folder / "oss.sqlite3", keep_events=False), Blobs(folder / "blobs", time.time)
    write = lru_cache(16)(lambda content: blobs.write([content]))  # what is the same in every media lies on the disk once
    then = utc_now() - LONG_AGO
    try:
        with store.transaction():
            for number in range(count):
                if store.find(settings.media_bucket, key_of(number)) is None:
                    for record in _objects(write, kind, number, settings, then):
                        store.save(record, None)
    finally:
        store.close()


def _objects(write: Callable[[bytes], Content], kind: Kind, number: int, settings: Settings, then: datetime) -> Iterator[StoredRecord]:
    media, state = FakeBucket(settings.media_bucket, utc_now), FakeBucket(settings.state_bucket, utc_now)
    media.put(key_of(number), CONTENT)
    _write(kind, number, settings, then, state)
    for bucket in (media, state):
        for key, content in bucket.contents.items():
            made = write(content)
            how: ObjectType = "Appendable" if key.endswith("/ledger.jsonl") or "/slots/" in key else "Normal"
            etag = made.md5.hex().upper()
            yield StoredRecord(bucket.name, key, made.blob, made.size, etag, made.crc, how, then.timestamp(), Properties())


def _write(kind: Kind, number: int, settings: Settings, then: datetime, state: FakeBucket) -> None:
    key = key_of(number)
    media = Media(
        media_id(settings.media_bucket, key), settings.media_bucket, key, GENERATION, len(CONTENT), "video", NAMESPACE, "door", then
    )
    line = Line(state, settings.pool, 10**6, 0, utc_now, Random(0))
    arrival = {"bucket": media.bucket, "key": key, "size": media.size, "event": f"event-{number}", "kind": media.kind}
    facts = [Fact("uploaded", then, GENERATION, arrival)]
    if kind == "waiting":
        line.waiting.join(Place(NAMESPACE, then + timedelta(seconds=number), media.id), key)
    else:
        facts += _started(number, then)
    if kind == "in flight":
        line.slots.take(Holder(media.id, GENERATION, then), range(number))
        Ledger(state).mark_pending(media.id, f"{media.bucket}/{key}")
    if kind == "finished":
        facts += _ended(number, then, settings)
        shelf = RecordShelf(state)
        shelf.put_part(media.id, GENERATION, PART)
        shelf.compose(media, key, tell(facts))
    Ledger(state).append(Journal(media.id, 0, []), facts)


def _started(number: int, then: datetime) -> Iterable[Fact]:
    claim = {"attempt": 1, "until": to_iso(then), "slot": number}
    return [Fact("claimed", then, GENERATION, claim), Fact("submitted", then, GENERATION, {"job_id": f"job-{number}"})]


def _ended(number: int, then: datetime, settings: Settings) -> Iterable[Fact]:
    return [
        Fact("understood", then, GENERATION, {"job_id": f"job-{number}"}),
        Fact("inserted", then, GENERATION, {"library": settings.search_library}),
        Fact("searchable", then, GENERATION),
    ]
