"""A page of the hits that pass what only records know. Pages of the library are asked for until ours is full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sightline.ims.search_library import SearchHit
from sightline.search.query import LARGEST_PAGE, SearchQuery
from sightline.search.searcher import Pages
from sightline.value import Value

# Each costs one request, and another where it passes. Four pages of the library, too, are as long as anybody waits for an answer.
MOST_LOOKED_AT = 200

Shown = TypeVar("Shown")


class Sifted(Value, Generic[Shown]):
    """`passing` is how many pass among the `looked_at`; `of` is how many hits there are, as far as the library tells."""

    page: Sequence[Shown]
    passing: int
    looked_at: int
    of: int

    @property
    def is_all(self) -> bool:
        """Whether there is no hit that was not looked at, so that `passing` is how many there are."""
        return self.looked_at >= self.of


def sift(pages: Pages, keep: Callable[[Sequence[SearchHit]], Sequence[Shown]], query: SearchQuery) -> Sifted[Shown]:
    """`keep` gives what is left of some hits. One more than fills the page is looked for, so that it is known whether another follows.

    Every page begins with the first hit again: which hits pass is known to nobody but by looking at them.
    """
    passing: list[Shown] = []
    seen: set[str] = set()
    last = query.page * query.page_size
    total = 0
    for number in range(1, MOST_LOOKED_AT // LARGEST_PAGE + 1):
        found = pages.search(query.text, query.namespace, number, LARGEST_PAGE)
        # While media are being indexed, one that was on the last page may be on this one as well.
        passing += keep([hit for hit in found.hits if hit.media_id not in seen])
        seen.update(hit.media_id for hit in found.hits)
        is_end = not found.hits or number * LARGEST_PAGE >= found.total
        total = len(seen) if is_end else found.total
        if is_end or len(passing) > last:
            break
    return Sifted(passing[last - query.page_size : last], len(passing), len(seen), total)


def advice(query: SearchQuery, sifted: Sifted[Shown]) -> str | None:
    """What to tell whoever sees less than there may be."""
    if query.similar and not sifted.of:
        return "Nothing else looks like it."
    wished = f" has {query.wish.spoken}" if query.wish else " is still there"
    none = "" if sifted.passing else f"None of the {sifted.looked_at:,} that were looked at{wished}."
    if sifted.is_all or sifted.passing > query.page * query.page_size:
        return none or None
    rest = (
        f"Only the first {sifted.looked_at:,} of {sifted.of:,} were looked at; a more exact sentence brings those that matter to the front."
    )
    return f"{none} {rest}".strip()
