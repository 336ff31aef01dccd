"""Hits are media id, clip and score only; records add the rest, and the bucket says whether it is still so.

The library learns of a deletion or of new content a moment later than the bucket, and no message of it may ever come. So a hit is shown
only if its object is there now, with the content that the record is about. A sequence is its manifest: where only the image that stands for
it has gone, it is shown without a picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sightline.clock import to_iso
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.search_library import SearchHit, SearchPage
from sightline.media.identity import is_media_id
from sightline.record.findings import Findings
from sightline.record.model import Record
from sightline.record.shelf import RecordShelf
from sightline.search.query import SearchQuery
from sightline.search.rights import Caller, is_own, may_see
from sightline.search.side_by_side import side_by_side
from sightline.store.types import Bucket
from sightline.value import Value

Json = dict[str, Any]
Fits = Callable[[Record], bool]

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

# Of a film's length. Whoever measures it counts a frame more or less than another, and so much of a film is no moment of it.
WHOLE = 0.95

NO_FINDINGS = Findings()

logger = logging.getLogger("sightline")


class Pages(Protocol):
    def search(self, text: str, namespace: str, page: int, page_size: int, /) -> SearchPage: ...


class Finds(Pages, Protocol):
    """Met by `ims.SearchLibrary`."""

    def is_ready(self) -> bool: ...


class _Shown(Value):
    """A hit that may be seen and is still true; `picture` is the key of what there is to look at, None where it has gone."""

    hit: SearchHit
    record: Record
    picture: str | None


class Searcher:
    """`url_seconds` is how long the addresses of pictures and players work; near-duplicates are looked for in the `state_bucket`."""

    def __init__(self, library: Finds, records: RecordShelf, media_bucket: Bucket, state_bucket: Bucket, url_seconds: int) -> None:
        self._library = library
        self._records = records
        self._media_bucket = media_bucket
        self._state_bucket = state_bucket
        self._url_seconds = url_seconds

    def search(self, query: SearchQuery) -> Json:
        """The answer of `GET /search`. Raises ServiceRefused and ServiceUnreachable; Unknown for a media that is to be like none of ours.

        `total` is what the library counts, less what this page does not show. While media are being indexed, pages move: one that was on
        the first may be on the second as well.
        """
        if query.similar or query.wish:
            return self._sifted(query)
        found = self._library.search(query.text, query.namespace, query.page, query.page_size)
        shown = self._join(found.hits, Caller(query.namespace))
        total = max(found.total - (len(found.hits) - len(shown)), 0)
        return self._answer(query, total, None if total else self._advice(found), shown)

    def _answer(self, query: SearchQuery, total: int, hint: str | None, shown: Sequence[_Shown]) -> Json:
        return {
            "query": query.text,
            "namespace": query.namespace,
            "page": query.page,
            "page_size": query.page_size,
            "total": total,
            "hint": hint,
            "hits": [self._show(one) for one in shown],
        }

    def _sifted(self, query: SearchQuery) -> Json:
        """The same with `sifted`: `total` counts those that pass among the `looked_at`, which are all unless it says otherwise."""
        from sightline.search.sifting import advice, sift  # the usual search pays for none of this

        pages, fits, about = self._wanted(query)
        sifted = sift(pages, lambda hits: self._join(hits, Caller(query.namespace), fits), query)
        hint = advice(query, sifted) if sifted.of or query.similar else self._advice(SearchPage(0, []))
        answer = self._answer(query, sifted.passing, hint, sifted.page)
        return {**answer, **about, "sifted": {"looked_at": sifted.looked_at, "of": sifted.of, "is_all": sifted.is_all}}

    def _wanted(self, query: SearchQuery) -> tuple[Pages, Fits | None, Json]:
        """Where the hits come from, what their records must be like, and what the answer says of it."""
        wished = query.wish.fits if query.wish else None
        if not query.similar:
            return self._library, wished, {}
        from sightline.search.similar import near

        like = near(self._state_bucket, self._records, query.similar, Caller(query.namespace))
        return like, lambda record: like.is_still(record) and (wished is None or wished(record)), {"similar": like.to_json()}

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

    def _join(self, hits: Sequence[SearchHit], caller: Caller, fits: Fits | None = None) -> list[_Shown]:
        known = [hit for hit in hits if is_media_id(hit.media_id)]
        found = side_by_side(lambda hit: self._look_up(hit, caller, fits), known, SIDE_BY_SIDE)
        return [one for one in found if one is not None]

    def _look_up(self, hit: SearchHit, caller: Caller, fits: Fits | None) -> _Shown | None:
        """A media whose record is gone is on its way out of the library; one that may not be seen is not even asked about."""
        record = self._records.get(hit.media_id)
        if record is None or not may_see(caller, record) or (fits and not fits(record)):
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
            "thumbnail_url": self._thumbnail(shown, clips),
            "media_url": self._address(shown.picture),
            "engine": said.engine._asdict() if said.engine else None,
            **(self._found(record) if record.found != NO_FINDINGS else {}),
        }

    def _thumbnail(self, shown: _Shown, clips: Sequence[Json]) -> str | None:
        """Who asked for a moment wants to see that moment. Where there is none, the cover says more of a film than any one frame."""
        record = shown.record
        cover = record.found.cover
        if cover and not _is_moment(clips, record.found.seconds) and is_own(record, cover):
            return self._address(cover, IMAGE_PREVIEW)
        if record.kind == "audio":
            return None
        return self._address(shown.picture, _preview(clips) if record.kind == "video" else IMAGE_PREVIEW)

    def _found(self, record: Record) -> Json:
        from sightline.search.found import show_found

        return show_found(record, self._address)

    def _address(self, key: str | None, process: str | None = None) -> str | None:
        return None if key is None else self._media_bucket.presign(key, self._url_seconds, process)


def _is_moment(clips: Sequence[Json], seconds: float | None) -> bool:
    """Whether the best one is less than the film, which lasts `seconds`. Where that is not known, one from the start may be all of it."""
    if not clips:
        return False
    start, end = clips[0]["from"], clips[0]["to"]
    return bool(end - start < WHOLE * seconds if seconds else start > 0)


def _preview(clips: Sequence[Json]) -> str:
    """The middle of the best moment: at its edges the one who matters is only half in the picture."""
    middle = (clips[0]["from"] + clips[0]["to"]) / 2 if clips else 0
    return VIDEO_PREVIEW.format(milliseconds=round(middle * 1000))
