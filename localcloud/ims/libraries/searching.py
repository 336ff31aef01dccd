"""SearchMediaByHybrid and SearchMediaByMultimodal, which are one here: both search the words and moments of the mm index.

Assumptions: without a Namespace the whole library is searched. The answer has no place for the score of a media but its clips, so the
best clip carries it where it is the higher one, and a media without clips is one clip from 0 to its end (0 where that is not known).
"""

from __future__ import annotations

from collections.abc import Callable

from engines.retrieval.types import Hit, Query
from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.libraries import parameters as p
from localcloud.ims.libraries.libraries import find_library, is_active
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.operation import Operation


class Searching:
    def __init__(self, database: Database, shelf: Shelf, searched: Callable[[], None]) -> None:
        """`searched` is called for each search that was answered."""
        self._database = database
        self._shelf = shelf
        self._searched = searched

    def search(self, given: p.Search) -> Answer:
        find_library(self._database, given.search_lib_name)
        if not is_active(self._database, given.search_lib_name, "mm"):
            return {"MediaList": [], "Total": 0}
        query = Query(
            text=given.text,
            namespace=given.namespace,
            media_type=given.media_type,
            media_id=given.media_id,
            filters=(*given.custom_filters, *given.utc_create),
            offset=(given.page_no - 1) * given.page_size,
            limit=given.page_size,
        )
        with self._shelf.library(given.search_lib_name) as library:
            answer = library.search(query)
        self._searched()
        hits = [{"MediaId": hit.media_id, "ClipInfo": self._clips(given.search_lib_name, hit)} for hit in answer.hits]
        return {"MediaList": hits, "Total": answer.total}

    def _clips(self, library: str, hit: Hit) -> list[Answer]:
        if hit.clips:
            best, *others = hit.clips
            scored = [(best, max(best.score, hit.score)), *((clip, clip.score) for clip in others)]
            return [{"From": clip.start, "To": clip.end, "Score": score} for clip, score in scored]
        row = self._database.one("SELECT seconds FROM media WHERE library = ? AND id = ?", library, hit.media_id)
        return [{"From": 0.0, "To": (row["seconds"] if row else None) or 0.0, "Score": hit.score}]


OPERATIONS = (
    Operation(
        "SearchMediaByHybrid", p.Search, Searching.search, lacks="what the aiLabel index alone knows is not recalled", of_search=True
    ),
    Operation("SearchMediaByMultimodal", p.Search, Searching.search, of_search=True),
)
