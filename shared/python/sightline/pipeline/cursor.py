"""Where a walk that takes many sweeps has got to: an object of its own for each walk, in the state bucket.

A cursor says only what has been done, and that stays true whoever says it last: of two sweepers at once, either may write over the other,
and what the other did beyond that is done once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sightline.clock import to_iso
from sightline.errors import LedgerConflict
from sightline.store.types import Bucket
from sightline.stored import Stored, Unreadable
from sightline.untrusted import to_json
from sightline.value import Value

VERSION = 1

Attempt = Callable[[str, Callable[[], str]], bool]
"""Does something for the media, or the key, that is named, and keeps what it answers unless that is empty. An error must not end the walk:
it is reported, and the answer is False where trying again may help."""

Item = TypeVar("Item")


class Cursor(Value):
    """`after` is the last name that was attended to in this round; empty at its beginning.

    A walk may look at what was modified in a window of time only: from `begin` to `end`. `again` are names passed by that could not be
    attended to.
    """

    after: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    again: Sequence[str] = ()

    def covers(self, modified: datetime) -> bool:
        return self.begin is not None and self.end is not None and self.begin <= modified < self.end

    def moved(self, last: str, is_complete: bool, again: Sequence[str] = ()) -> Cursor:
        """Behind the name `last`, or to the beginning of the next round, whose window begins where this one's ends."""
        if is_complete:
            return Cursor(begin=self.end, again=again)
        return self._replace(after=last or self.after, again=again)

    def to_json(self) -> dict[str, object]:
        window = {name: to_iso(moment) if moment else None for name, moment in (("begin", self.begin), ("end", self.end))}
        return {"v": VERSION, "after": self.after, **window, "again": list(self.again)}


def read_cursor(content: bytes) -> Cursor:
    """Raises Unreadable."""
    stored = Stored.parse(content)
    begin, end = (stored.moment(name) if stored.value(name) is not None else None for name in ("begin", "end"))
    return Cursor(stored.text("after", ""), begin, end, stored.texts("again"))


class Bookmark:
    """Keeps the cursor of one walk."""

    def __init__(self, bucket: Bucket, walk: str) -> None:
        self._bucket = bucket
        self._key = f"sweep/{walk}.json"

    def read(self) -> Cursor:
        """One that begins anew where there is none, or none that can be read."""
        try:
            return read_cursor(self._bucket.get(self._key) or b"{}")
        except Unreadable:
            return Cursor()

    def write(self, cursor: Cursor) -> None:
        self._bucket.put(self._key, to_json(cursor.to_json()).encode(), "application/json")

    def write_and_ask_when(self, cursor: Cursor) -> datetime:
        """When OSS wrote it, by the very clock that tells when uploads were modified; in whole seconds."""
        self.write(cursor)
        found = self._bucket.head(self._key)
        if found is None:
            raise LedgerConflict(f"{self._key} was deleted by somebody")
        return found.modified


def stretch(items: Iterable[Item], most: int, is_enough: Callable[[], bool], attend: Callable[[Item], str]) -> tuple[str, bool]:
    """Attend to at most so many. `attend` answers an item's name; the last one's is returned, and whether that was the end of them all."""
    last = ""
    taken = 0
    for item in islice(items, most):
        if is_enough():
            return last, False
        last = attend(item)
        taken += 1
    return last, taken < most
