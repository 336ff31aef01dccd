"""Jobs in flight, counted: as many objects as the limit allows.

A slot is taken by an append at position 0, which OSS grants to one only (409 PositionNotEqualToLength, AppendObject documentation), and
freed by deleting its object. So nothing grows, nobody waits for a lock, and one listing shows what is taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime

from sightline.clock import from_iso, to_iso
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.store.types import Bucket, PositionConflict
from sightline.value import Value

VERSION = 1


class Holder(Value):
    """Whose job a slot is taken for: one generation of a media, since `at`."""

    media_id: str
    generation: str
    at: datetime

    def to_line(self) -> bytes:
        document = {"v": VERSION, "media_id": self.media_id, "generation": self.generation, "at": to_iso(self.at)}
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"

    def is_for(self, media_id: str, generation: str) -> bool:
        return (self.media_id, self.generation) == (media_id, generation)


class Slots:
    """`limit` is how many there are."""

    def __init__(self, bucket: Bucket, prefix: str, limit: int) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self.limit = limit

    def take(self, holder: Holder, taken: Collection[int]) -> int | None:
        """The number of a slot that is now the holder's, or None where all are taken. `taken` saves asking for those known to be."""
        for number in range(self.limit):
            if number not in taken and self._append(number, holder):
                return number
        return None

    def free(self, number: int, media_id: str, generation: str) -> bool:
        """Give a slot back. Whoever has it by now keeps it: freed late, it may be somebody else's.

        OSS has no conditional deletion: where two free the same slot in the same moment, and a third takes it between them, the third's
        goes as well, and for its time one job more runs than the limit says.
        """
        holder = self.holder(number)
        if holder is None or not holder.is_for(media_id, generation):
            return False
        self._bucket.delete(self._key(number))
        return True

    def holder(self, number: int) -> Holder | None:
        content = self._bucket.get(self._key(number))
        if not content:
            return None
        document = json.loads(content)
        return Holder(document["media_id"], document["generation"], from_iso(document["at"]))

    def holders(self) -> Iterator[tuple[int, Holder]]:
        """All that are taken, also those beyond a limit that was lowered."""
        for key in self._bucket.keys(self._prefix):
            for number in slot_numbers(key.removeprefix(self._prefix)):
                holder = self.holder(number)
                if holder is not None:
                    yield number, holder

    def _append(self, number: int, holder: Holder) -> bool:
        try:
            self._bucket.append(self._key(number), 0, holder.to_line())
        except PositionConflict:
            return False
        except (ServiceRefused, ServiceUnreachable) as error:
            # It may have taken effect: who has the slot is read before another is tried.
            found = self.holder(number) if error.retryable else None
            if found is None:
                raise
            return found.to_line() == holder.to_line()
        return True

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:04}"


def slot_numbers(name: str) -> frozenset[int]:
    """The slot that an object's name means; none for what somebody else put there."""
    return frozenset({int(name)} if name.isascii() and name.isdigit() and len(name) < 10 else ())
