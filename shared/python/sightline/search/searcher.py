"""Hits are media id, clip and score only; records add the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from sightline.clock import to_iso
from sightline.ims.search_library import SearchHit, SearchPage
from sightline.record import Record, RecordShelf
from sightline.search.query import SearchQuery
from sightline.search.rights import Caller, may_see

Json = dict[str, Any]

SIDE_BY_SIDE = 8

# x-oss-process of the OSS documentation; 480 pixels are as wide as a result is shown, on a dense screen.
IMAGE_PREVIEW = "image/resize,w_480"
VIDEO_PREVIEW = "video/snapshot,t_{milliseconds},f_jpg,w_480"

Presign = Callable[[str, str | None], str]


class Finds(Protocol):
    """Met by `ims.SearchLibrary`."""

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage: ...


class Searcher:
    """`presign(key, process)` makes the addresses of pictures and players."""

    def __init__(self, library: Finds, records: RecordShelf, presign: Presign) -> None:
        self._library = library
        self._records = records
        self._presign = presign

    def search(self, query: SearchQuery) -> Json:
        """The answer of `GET /search`. Raises ServiceRefused and ServiceUnreachable."""
        found = self._library.search(query.text, query.namespace, query.page, query.page_size)
        caller = Caller(query.namespace)
        hits = [self._show(hit, record) for hit, record in self._join(found.hits) if may_see(caller, record)]
        return {
            "query": query.text,
            "namespace": query.namespace,
            "page": query.page,
            "page_size": query.page_size,
            "total": found.total,
            "hint": None if found.total else "Nothing fits. A full sentence with one or two key words finds most.",
            "hits": hits,
        }

    def _join(self, hits: Sequence[SearchHit]) -> list[tuple[SearchHit, Record]]:
        """A hit whose record is gone is on its way out of the library: it is not shown."""
        if not hits:
            return []
        with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(hits))) as pool:
            records = pool.map(lambda hit: self._records.get(hit.media_id), hits)
            return [(hit, record) for hit, record in zip(hits, records, strict=True) if record is not None]

    def _show(self, hit: SearchHit, record: Record) -> Json:
        is_video = record.kind == "video"
        clips = [{"from": clip.start, "to": clip.end, "score": clip.score} for clip in hit.clips if clip.end > clip.start]
        return {
            "media_id": record.media_id,
            "key": record.key,
            "kind": record.kind,
            "namespace": record.namespace,
            "device": record.device,
            "time": to_iso(record.time),
            "title": record.title,
            "brief": record.brief,
            "caption": record.caption,
            "score": round(hit.score, 4),
            "clips": clips,
            "starts_at": clips[0]["from"] if clips and is_video else None,
            "labels": record.labels,
            "objects": record.objects,
            "actions": record.actions,
            "thumbnail_url": self._presign(record.preview_key, _preview(clips) if is_video else IMAGE_PREVIEW),
            "media_url": self._presign(record.preview_key, None),
            "engine": record.engine.model_dump() if record.engine else None,
        }


def _preview(clips: Sequence[Json]) -> str:
    """The middle of the best moment: at its edges the one who matters is only half in the picture."""
    middle = (clips[0]["from"] + clips[0]["to"]) / 2 if clips else 0
    return VIDEO_PREVIEW.format(milliseconds=round(middle * 1000))
