"""Hits are media id, clip and score only; records add the rest, and the bucket says whether it is still so.

The library learns of a deletion or of new content a moment later than the bucket, and no message of it may ever come. So a hit is shown
only if its object is there now, with the content that the record is about. A sequence is its manifest: where only the image that stands for
it has gone, it is shown without a picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from sightline.clock import to_iso
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.search_library import SearchHit, SearchPage
from sightline.media.identity import is_media_id
from sightline.record.model import Record
from sightline.record.shelf import RecordShelf
from sightline.search.query import SearchQuery
from sightline.search.rights import Caller, may_see
from sightline.search.side_by_side import side_by_side
from sightline.store.types import Bucket
from sightline.value import Value

Json = dict[str, Any]

# Hits that are looked up at once, each with two requests in turn, a sequence with three. More would share the one CPU of a function with
# the answer itself.
SIDE_BY_SIDE = 4

# x-oss-process of the OSS documentation; 480 pixels are as wide as a result is shown, on a dense screen.
IMAGE_PREVIEW = "image/resize,w_480"
VIDEO_PREVIEW = "video/snapshot,t_{milliseconds},f_jpg,w_480"

NOTHING_FITS = "Nothing fits. A full sentence with one or two key words finds most."
NOT_READY = (
    "The search library is still being built, or has no index: nothing can be found before it is ready. Look again in a few minutes."
)


logger = logging.getLogger("sightline")


class Finds(Protocol):
    """Met by `ims.SearchLibrary`."""

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage: ...

    def is_ready(self) -> bool: ...


class _Shown(Value):
    """A hit that may be seen and is still true; `picture` is the key of what there is to look at, None where it has gone."""

    hit: SearchHit
    record: Record
    picture: str | None


class Searcher:
    """`url_seconds` is how long the addresses of pictures and players work."""

    def __init__(self, library: Finds, records: RecordShelf, media_bucket: Bucket, url_seconds: int) -> None:
        self._library = library
        self._records = records
        self._media_bucket = media_bucket
        self._url_seconds = url_seconds

    def search(self, query: SearchQuery) -> Json:
        """The answer of `GET /search`. Raises ServiceRefused and ServiceUnreachable.

        `total` is what the library counts, less what this page does not show. While media are being indexed, pages move: one that was on
        the first may be on the second as well.
        """
        found = self._library.search(query.text, query.namespace, query.page, query.page_size)
        shown = self._join(found.hits, Caller(query.namespace))
        total = max(found.total - (len(found.hits) - len(shown)), 0)
        return {
            "query": query.text,
            "namespace": query.namespace,
            "page": query.page,
            "page_size": query.page_size,
            "total": total,
            "hint": None if total else self._advice(found),
            "hits": [self._show(one) for one in shown],
        }

    def _advice(self, found: SearchPage) -> str:
        """A library that can't answer yet finds nothing, which is not the same as that nothing fits."""
        try:
            ready = bool(found.total) or self._library.is_ready()
        except (ServiceRefused, ServiceUnreachable) as error:
            if isinstance(error, ServiceRefused) and error.missing:
                raise
            logger.warning("whether the library can answer yet is not known: %s", error)
            ready = True  # it answered the search itself, and only advice is at stake
        return NOTHING_FITS if ready else NOT_READY

    def _join(self, hits: Sequence[SearchHit], caller: Caller) -> list[_Shown]:
        known = [hit for hit in hits if is_media_id(hit.media_id)]
        found = side_by_side(lambda hit: self._look_up(hit, caller), known, SIDE_BY_SIDE)
        return [one for one in found if one is not None]

    def _look_up(self, hit: SearchHit, caller: Caller) -> _Shown | None:
        """A media whose record is gone is on its way out of the library; one that may not be seen is not even asked about."""
        record = self._records.get(hit.media_id)
        if record is None or not may_see(caller, record):
            return None
        found = self._media_bucket.head(record.key)
        if found is None or found.etag != record.generation:
            return None
        has_picture = record.preview_key == record.key or self._media_bucket.head(record.preview_key) is not None
        return _Shown(hit, record, record.preview_key if has_picture else None)

    def _show(self, shown: _Shown) -> Json:
        hit, record, said = shown.hit, shown.record, shown.record.said
        is_video = record.kind == "video"
        clips = [{"from": clip.start, "to": clip.end, "score": clip.score} for clip in hit.clips if clip.end > clip.start]
        return {
            "media_id": record.media_id,
            "key": record.key,
            "kind": record.kind,
            "namespace": record.namespace,
            "device": record.device,
            "time": to_iso(record.time),
            "title": said.title,
            "brief": said.brief,
            "caption": said.caption,
            "score": round(hit.score, 4),
            "clips": clips,
            "starts_at": clips[0]["from"] if clips and is_video else None,
            "labels": said.labels,
            "objects": said.objects,
            "actions": said.actions,
            "thumbnail_url": self._address(shown.picture, _preview(clips) if is_video else IMAGE_PREVIEW),
            "media_url": self._address(shown.picture),
            "engine": said.engine._asdict() if said.engine else None,
        }

    def _address(self, key: str | None, process: str | None = None) -> str | None:
        return None if key is None else self._media_bucket.presign(key, self._url_seconds, process)


def _preview(clips: Sequence[Json]) -> str:
    """The middle of the best moment: at its edges the one who matters is only half in the picture."""
    middle = (clips[0]["from"] + clips[0]["to"]) / 2 if clips else 0
    return VIDEO_PREVIEW.format(milliseconds=round(middle * 1000))
