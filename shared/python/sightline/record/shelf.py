"""Where records and their parts are kept: `<media id>/parts/<generation>/<job kind>.json` and `<media id>/record.json`."""

from __future__ import annotations

from pydantic import ValidationError

from sightline.media import Media
from sightline.record.model import Record, SmarttagPart, merge
from sightline.store import Bucket

_JSON = "application/json"


class RecordShelf:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put_part(self, media_id: str, generation: str, job_kind: str, part: SmarttagPart) -> None:
        self._bucket.put(_part_key(media_id, generation, job_kind), part.model_dump_json().encode(), _JSON)

    def compose(self, media: Media, preview_key: str) -> Record:
        """Merge the parts of the media's generation, and keep the record."""
        prefix = _part_key(media.id, media.etag, "").removesuffix(".json")
        parts = {}
        for key in self._bucket.keys(prefix):
            content = self._bucket.get(key)
            if content is not None:
                parts[key.removeprefix(prefix).removesuffix(".json")] = SmarttagPart.model_validate_json(content)
        record = merge(media, preview_key, parts)
        self._bucket.put(_record_key(media.id), record.model_dump_json().encode(), _JSON)
        return record

    def get(self, media_id: str) -> Record | None:
        """None where there is none, or none that this version can read."""
        content = self._bucket.get(_record_key(media_id))
        if content is None:
            return None
        try:
            return Record.model_validate_json(content)
        except ValidationError:
            return None

    def remove(self, media_id: str) -> None:
        self._bucket.delete(_record_key(media_id))
        for key in list(self._bucket.keys(f"{media_id}/parts/")):
            self._bucket.delete(key)


def _part_key(media_id: str, generation: str, job_kind: str) -> str:
    return f"{media_id}/parts/{generation}/{job_kind}.json"


def _record_key(media_id: str) -> str:
    return f"{media_id}/record.json"
