"""The waiting line: a marker for each media that waits, whose key tells its namespace and when it came."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

from sightline.store.types import Bucket
from sightline.value import Value

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Place(Value):
    """In the line of its namespace, the media that came first is served first."""

    namespace: str
    arrived: datetime
    media_id: str

    @property
    def name(self) -> str:
        milliseconds = round(self.arrived.timestamp() * 1000)
        return f"{quote(self.namespace, safe='')}/{milliseconds:015}-{self.media_id}"


class WaitingLine:
    """Keys sort by arrival, and one namespace's lie together: its first is the first of a listing."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix

    def join(self, place: Place, object_key: str) -> None:
        self._bucket.put(self._prefix + place.name, object_key.encode(), "text/plain; charset=utf-8")

    def leave(self, place: Place) -> None:
        self._bucket.delete(self._prefix + place.name)

    def object_key(self, place: Place) -> str | None:
        """The key of the media's object; None for one that has left."""
        content = self._bucket.get(self._prefix + place.name)
        return None if content is None else content.decode()

    def namespaces(self) -> Iterator[str]:
        """Those in which somebody waits."""
        return (unquote(name) for name in self._bucket.folders(self._prefix))

    def first(self, namespace: str, passed_over: Collection[Place] = ()) -> Place | None:
        """The first of a namespace but for those named."""
        places = self.places(namespace, page=len(passed_over) + 1)
        return next((place for place in places if place not in passed_over), None)

    def places(self, namespace: str, page: int = 1000) -> Iterator[Place]:
        folder = f"{self._prefix}{quote(namespace, safe='')}/"
        for key in self._bucket.keys(folder, page=min(page, 1000)):
            place = _place(namespace, key.removeprefix(folder))
            if place is not None:
                yield place

    def __len__(self) -> int:
        return sum(1 for _ in self._bucket.keys(self._prefix))


def _place(namespace: str, name: str) -> Place | None:
    """None for what somebody else put there."""
    told = re.fullmatch("(0[0-9]{14})-(.+)", name)
    return told and Place(namespace, EPOCH + timedelta(milliseconds=int(told.group(1))), told.group(2))
