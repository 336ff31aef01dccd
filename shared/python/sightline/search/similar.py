"""The near-duplicates of a media, in the form of a library's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sightline.alike.finding import Alike, find
from sightline.alike.index import recall
from sightline.ims.search_library import HitClip, SearchHit, SearchPage
from sightline.record.model import Record
from sightline.record.shelf import RecordShelf
from sightline.search.query import LARGEST_PAGE, Unknown
from sightline.search.rights import Caller, may_see
from sightline.store.types import Bucket

# The jobs whose answer has an embedding, by kind of media: PAI's multimedia analysis.
GIVES_EMBEDDING = {"image": "pai:multi_label_image_v2", "video": "pai:classify_label_video"}
MOST = LARGEST_PAGE


class Near:
    """Met as `sifting.Pages`: whatever the text, the media near this one, the nearest first."""

    def __init__(self, record: Record, found: Sequence[Alike]) -> None:
        self._record = record
        self._found: Mapping[str, Alike] = {one.media_id: one for one in found}

    def search(self, _text: str, _namespace: str, page: int, page_size: int) -> SearchPage:
        start = (page - 1) * page_size
        hits = [SearchHit(one.media_id, [HitClip(0.0, 0.0, one.cosine)]) for one in self._found.values()]
        return SearchPage(len(hits), hits[start : start + page_size])

    def is_still(self, record: Record) -> bool:
        """Whether the embedding is of the content that the record tells of."""
        return self._found[record.media_id].generation == record.generation

    def to_json(self) -> dict[str, Any]:
        return {"media_id": self._record.media_id, "title": self._record.said.title, "key": self._record.key}


def near(state: Bucket, records: RecordShelf, media_id: str, caller: Caller) -> Near:
    """Raises Unknown for a media that the caller does not see, or that has no embedding."""
    record = records.get(media_id)
    if record is None or not may_see(caller, record):
        raise Unknown(
            "UnknownMedia", "similar", f"is {media_id}, which is no media of the namespace {caller.namespace}", "use the media_id of a hit"
        )
    known = recall(state, media_id, record.generation)
    if known is None or known.namespace != record.namespace:
        raise Unknown("NoEmbedding", "similar", f"is {media_id}, which has no embedding", _fix(record))
    return Near(record, _each_once(records, find(state, record.namespace, known.embedding, MOST, media_id)))


def _each_once(records: RecordShelf, found: Sequence[Alike]) -> Sequence[Alike]:
    """Where the embedding of earlier content is still kept beside another, the record says which of them counts."""
    names = [one.media_id for one in found]
    current = {name: records.get(name) for name in {name for name in names if names.count(name) > 1}}
    return [one for one in found if one.media_id not in current or _is_of(one, current[one.media_id])]


def _is_of(one: Alike, record: Record | None) -> bool:
    return record is not None and one.generation == record.generation


def _fix(record: Record) -> str:
    job = GIVES_EMBEDDING.get(record.kind)
    if job is None:
        return f"only images and videos can have one, and this is of kind {record.kind}"
    failed = next((gap for gap in record.found.gaps if gap.job == job), None)
    if failed is not None:
        return f"its job {job}, which would give it one, did not end well: {failed.reason}"
    return (
        f"give such {record.kind}s the job {job} in the rules: what is uploaded from then on has one when that has ended; see docs/rules.md"
    )
