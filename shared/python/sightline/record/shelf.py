"""Where records and their parts are kept: `<media id>/parts/<generation>/<job>.json` and `<media id>/record.json`."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from sightline.errors import UnusableAnswer
from sightline.media.types import Media
from sightline.record.findings import Findings, Gap, join, read_findings
from sightline.record.model import VERSION, Record, SmarttagPart, merge, read_part, read_record
from sightline.store.types import Bucket
from sightline.stored import Stored, Unreadable
from sightline.untrusted import to_json, visible

if TYPE_CHECKING:
    from sightline.ledger.story import Story

# As `ledger.story` has it, which a search, who reads records, does not import.
SMARTTAG = "smarttag"

logger = logging.getLogger("sightline")

_JSON = "application/json"


class RecordShelf:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put_part(self, media_id: str, generation: str, part: SmarttagPart) -> None:
        self._bucket.put(_part_key(media_id, generation, SMARTTAG), to_json(part.to_json()).encode(), _JSON)

    def put_findings(self, media_id: str, generation: str, job: str, found: Findings) -> None:
        self._bucket.put(_part_key(media_id, generation, job), to_json({"v": VERSION, **found.to_json()}).encode(), _JSON)

    def compose(self, media: Media, preview_key: str, story: Story) -> Record:
        """Make the record of the media's generation from the parts of the jobs that have ended, and keep it.

        Raises UnusableAnswer where the part of the smart tags is gone or can't be read. That is for good: only the job's result brings it
        back. Another's that is gone leaves a gap, as does a job that failed.
        """
        has_tags = story.is_tagged and not story.tags_failed
        said = self._part(media) if has_tags else SmarttagPart(title=media.key.rpartition("/")[2])
        ended = tuple(sorted(story.ended_jobs))
        untagged = [Findings(gaps=[Gap(SMARTTAG, story.tags_failed)])] if story.tags_failed else []
        found = join([*untagged, *(self._findings(media, name, story.jobs[name].reason) for name in ended)])
        record = merge(media, preview_key, said, found, ended)
        self._bucket.put(_record_key(media.id), to_json(record.to_json()).encode(), _JSON)
        return record

    def _findings(self, media: Media, job: str, reason: str) -> Findings:
        """`reason` is why the job failed; empty for one that ended well."""
        content = None if reason else self._bucket.get(_part_key(media.id, media.etag, job))
        if content is None:
            return Findings(gaps=[Gap(job, reason or "its part is lost; upload the media again")])
        try:
            return read_findings(Stored.parse(content))
        except Unreadable as error:
            return Findings(gaps=[Gap(job, f"its part can't be read: {error}")])

    def _part(self, media: Media) -> SmarttagPart:
        key = _part_key(media.id, media.etag, SMARTTAG)
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


def _part_key(media_id: str, generation: str, job: str) -> str:
    return f"{media_id}/parts/{generation}/{job}.json"


def _record_key(media_id: str) -> str:
    return f"{media_id}/record.json"
