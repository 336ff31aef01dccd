"""What the pipeline needs of the world."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Protocol

from sightline.clock import Clock, utc_now
from sightline.media.admission import Admitted, Ignored, Refused, SizeLimits, admit
from sightline.value import Value

if TYPE_CHECKING:
    from sightline.ims.search_library import IndexState
    from sightline.ims.smarttag import SmarttagInput, SmarttagJob
    from sightline.ledger.ledger import Ledger
    from sightline.line.line import Line
    from sightline.record.shelf import RecordShelf
    from sightline.settings import Settings
    from sightline.store.types import Bucket, ObjectInfo


class Tagging(Protocol):
    """Smart tag jobs; met by `ims.SmarttagClient`."""

    def submit(self, title: str, source: SmarttagInput, device: str | None, user_data: str) -> str: ...

    def query(self, job_id: str) -> SmarttagJob: ...


class Library(Protocol):
    """A search library; met by `ims.SearchLibrary`."""

    def insert(self, media_id: str, address: str, media_type: str, title: str, description: str, namespace: str) -> None: ...

    def index_states(self, media_id: str) -> Sequence[IndexState]: ...

    def delete(self, media_id: str, namespace: str) -> None: ...

    def exists(self) -> bool: ...


Report = Callable[[str, Exception], None]


def log_error(what: str, error: Exception) -> None:
    logging.getLogger("sightline").error("%s", what, exc_info=error)


class Pipeline(Value):
    """The ports and the settings, wired once for an instance.

    `report` takes the surprises of one media that must not cost its neighbours their turn.
    """

    settings: Settings
    media_bucket: Bucket
    state_bucket: Bucket
    ledger: Ledger
    records: RecordShelf
    tagging: Tagging
    library: Library
    line: Line
    chance: Random
    clock: Clock = utc_now
    sleep: Callable[[float], None] = time.sleep
    report: Report = log_error

    def namespace_of(self, key: str) -> str:
        return self.settings.key_layout.origin(key).namespace

    def admit(self, key: str, found: ObjectInfo) -> Admitted | Refused | Ignored:
        settings = self.settings
        limits = SizeLimits(settings.max_image_bytes, settings.max_video_bytes)
        return admit(self.media_bucket.name, key, found.etag, found.size, found.modified, settings.key_layout, limits)
