"""Where records and their parts are kept: `<media id>/parts/<generation>/<job kind>.json` and `<media id>/record.json`."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sightline.errors import UnusableAnswer
from sightline.media.types import Media
from sightline.record.findings import Findings
from sightline.record.model import Record, SmarttagPart, merge, read_part, read_record
from sightline.store.types import Bucket
from sightline.stored import Stored, Unreadable
from sightline.untrusted import to_json, visible

logger = logging.getLogger("sightline")

_JSON = "application/json"


class RecordShelf:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put_part(self, media_id: str, generation: str, job_kind: str, part: SmarttagPart) -> None:
        self._bucket.put(_part_key(media_id, generation, job_kind), to_json(part.to_json()).encode(), _JSON)

    def compose(self, media: Media, preview_key: str) -> Record:
        """Make the record of the media's generation from its parts, and keep it.

        Raises UnusableAnswer where a part is gone or can't be read. That is for good: only the job's result brings it back.
        """
        record = merge(media, preview_key, self._part(media, "smarttag"), Findings())
        self._bucket.put(_record_key(media.id), to_json(record.to_json()).encode(), _JSON)
        return record

    def _part(self, media: Media, job_kind: str) -> SmarttagPart:
        key = _part_key(media.id, media.etag, job_kind)
        content = self._bucket.get(key)
        if content is None:
            raise UnusableAnswer("OSS", f"GET {self._bucket.name}", key, "is not there", retryable=False)
        try:
            return read_part(Stored.parse(content))
        except Unreadable as error:
            raise UnusableAnswer("OSS", f"GET {self._bucket.name}", key, f"can't be read: {error}", retryable=False) from error

    def get(self, media_id: str) -> Record | None:
        """None where there is none, or none that this version can read: the sweep makes that anew from its parts."""
        content = self._bucket.get(_record_key(media_id))
        if content is None:
            return None
        try:
            return read_record(Stored.parse(content))
        except Unreadable as error:
            logger.error("the record of %s can't be read, so nobody is shown it: %s", media_id, visible(str(error)))
            return None

    def generation(self, media_id: str) -> str | None:
        """Of which content a record is kept: empty where it can't be read, None where there is none."""
        if self._bucket.head(_record_key(media_id)) is None:
            return None
        record = self.get(media_id)
        return record.generation if record is not None else ""

    def remove(self, media_id: str, generations: Collection[str]) -> None:
        """The record, and the parts of these generations: those of newer content are not whoever is late's to take."""
        self._bucket.delete(_record_key(media_id))
        for key in list(self._bucket.keys(f"{media_id}/parts/")):
            if key.split("/")[2] in generations:
                self._bucket.delete(key)


def _part_key(media_id: str, generation: str, job_kind: str) -> str:
    return f"{media_id}/parts/{generation}/{job_kind}.json"


def _record_key(media_id: str) -> str:
    return f"{media_id}/record.json"
