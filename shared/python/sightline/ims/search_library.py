"""A search library: insert a media, see it indexed, find it, take it out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sightline.errors import ServiceRefused
from sightline.ims.transport import ImsTransport, Json

IndexState = Literal["Running", "Success", "Fail"]


@dataclass(frozen=True)
class HitClip:
    """Seconds from the media's start; scores are not bound to 1."""

    start: float
    end: float
    score: float


@dataclass(frozen=True)
class SearchHit:
    media_id: str
    clips: Sequence[HitClip]

    @property
    def score(self) -> float:
        return max((clip.score for clip in self.clips), default=0.0)


@dataclass(frozen=True)
class SearchPage:
    total: int
    hits: Sequence[SearchHit]


class SearchLibrary:
    def __init__(self, transport: ImsTransport, name: str) -> None:
        self._transport = transport
        self._name = name

    def insert(self, media_id: str, address: str, media_type: str, title: str, description: str, namespace: str) -> None:
        """Start indexing; `address` is `oss://bucket/key` in the library's region. Replaces an entry of the same id.

        Whether an insert of a known id replaces it or is an error is not documented, so both are handled.
        """
        parameters = {
            **self._named(media_id),
            "Input": address,
            "MediaType": media_type,
            "MsgBody": json.dumps({"title": title, "visionDescription": description}, ensure_ascii=False),
            "Namespace": namespace,
        }
        try:
            self._transport.call("InsertMediaToSearchLib", parameters)
        except ServiceRefused as error:
            if error.retryable or error.missing or "exist" not in f"{error.code} {error}".lower():
                raise
            self.delete(media_id, namespace)
            self._transport.call("InsertMediaToSearchLib", parameters)

    def index_states(self, media_id: str) -> Sequence[IndexState]:
        """One state for each index of the library; empty while the service knows of none."""
        answer = self._transport.call("QueryMediaIndexJob", self._named(media_id))
        return [job["Status"] for job in answer.get("IndexJobInfoList") or []]

    def delete(self, media_id: str, namespace: str) -> None:
        try:
            self._transport.call("DeleteMediaFromSearchLib", {**self._named(media_id), "Namespace": namespace})
        except ServiceRefused as error:
            if not error.missing:
                raise

    def exists(self) -> bool:
        """Whether there is a library of this name."""
        try:
            self._transport.call("QuerySearchLib", {"SearchLibName": self._name})
        except ServiceRefused as error:
            if not error.missing:
                raise
            return False
        return True

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        answer = self._transport.call(
            "SearchMediaByHybrid",
            {"SearchLibName": self._name, "Text": text, "Namespace": namespace, "PageNo": page, "PageSize": page_size},
        )
        return SearchPage(int(answer.get("Total") or 0), [_hit(item) for item in answer.get("MediaList") or []])

    def _named(self, media_id: str) -> dict[str, str]:
        return {"SearchLibName": self._name, "MediaId": media_id}


def _hit(item: Json) -> SearchHit:
    clips = [HitClip(float(clip["From"]), float(clip["To"]), float(clip["Score"])) for clip in item.get("ClipInfo") or []]
    return SearchHit(str(item["MediaId"]), sorted(clips, key=lambda clip: -clip.score))
