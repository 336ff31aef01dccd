"""Where a walk that takes many sweeps has got to: an object of its own for each walk, in the state bucket.

A cursor says only what has been done, and that stays true whoever says it last: of two sweepers at once, either may write over the other,
and what the other did beyond that is done once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sightline.errors import LedgerConflict
from sightline.store import Bucket

Attempt = Callable[[str, Callable[[], str]], bool]
"""Does something for the media, or the key, that is named, and keeps what it answers unless that is empty. An error must not end the walk:
it is reported, and the answer is False where trying again may help."""

Item = TypeVar("Item")


class Cursor(BaseModel):
    """`after` is the last name that was attended to in this round; empty at its beginning."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: int = 1
    after: str = ""


AnyCursor = TypeVar("AnyCursor", bound=Cursor)


class Bookmark(Generic[AnyCursor]):
    """Keeps the cursor of one walk."""

    def __init__(self, bucket: Bucket, walk: str, kind: type[AnyCursor]) -> None:
        self._bucket = bucket
        self._key = f"sweep/{walk}.json"
        self._kind = kind

    def read(self) -> AnyCursor:
        """One that begins anew where there is none, or none that can be read."""
        try:
            return self._kind.model_validate_json(self._bucket.get(self._key) or b"{}")
        except ValidationError:
            return self._kind()

    def write(self, cursor: AnyCursor) -> None:
        self._bucket.put(self._key, cursor.model_dump_json().encode(), "application/json")

    def write_and_ask_when(self, cursor: AnyCursor) -> datetime:
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
