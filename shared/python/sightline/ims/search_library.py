"""A search library: insert a media, see it indexed, find it, take it out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from sightline.errors import ServiceRefused, UnusableAnswer
from sightline.ims.answers import Json, as_text, kind_of, number, objects, shown
from sightline.ims.signature import canonical_query
from sightline.ims.transport import ImsTransport
from sightline.untrusted import plain
from sightline.value import Value

IndexState = Literal["Running", "Success", "Fail"]

_STATES: dict[str, IndexState] = {"running": "Running", "success": "Success", "fail": "Fail"}
# Parameters travel in the address of the request (the official SDK's way for these operations), and 8 KB is what the usual HTTP servers
# take of one. What the gateway takes is not documented, nor any limit of MsgBody's own.
LONGEST_QUERY = 7_900
LONGEST_TITLE = 256
# A page shows a media once and a few of its moments; a media is found in hours of film at most.
MOST_CLIPS = 50
LONGEST_SECONDS = 7 * 24 * 3600.0


class HitClip(Value):
    """Seconds from the media's start; scores are not bound to 1."""

    start: float
    end: float
    score: float


class SearchHit(Value):
    media_id: str
    clips: Sequence[HitClip]

    @property
    def score(self) -> float:
        return max((clip.score for clip in self.clips), default=0.0)


class SearchPage(Value):
    """`total` is how many media match, as far as the library tells."""

    total: int
    hits: Sequence[SearchHit]


class SearchLibrary:
    """Calls raise ServiceRefused and ServiceUnreachable; UnusableAnswer where an answer can't be understood at all."""

    def __init__(self, transport: ImsTransport, name: str) -> None:
        self._transport = transport
        self._name = name

    def insert(
        self, media_id: str, address: str, media_type: str, title: str, description: str, namespace: str, key_frames: Sequence[str] = ()
    ) -> None:
        """Start indexing; `address` is `oss://bucket/key` in the library's region. Replaces an entry of the same id.

        `key_frames` are addresses of images of a video's moments (`ImagesInput`, documented for camera libraries and videos alone).

        Whether an insert of a known id replaces it or is an error is not documented, so both are handled. A description that is longer
        than a request can be is cut: its record has the whole of it.
        """
        parameters = {**self._named(media_id), "Input": address, "MediaType": media_type, "Namespace": namespace}
        if key_frames:
            parameters["ImagesInput"] = json.dumps({"images": list(key_frames)}, ensure_ascii=False, separators=(",", ":"))
        room = LONGEST_QUERY - len(canonical_query({**parameters, "MsgBody": ""}))
        parameters["MsgBody"] = _message(plain(title, LONGEST_TITLE), plain(description), room)
        try:
            self._insert(parameters)
        except ServiceRefused as error:
            if error.retryable or error.missing or "exist" not in f"{error.code} {error}".lower():
                raise
            self.delete(media_id, namespace)
            self._insert(parameters)

    def _insert(self, parameters: dict[str, str]) -> None:
        told = self._transport.call("InsertMediaToSearchLib", parameters).get("MediaId")
        # Under another id it could neither be found nor taken out again.
        if told is not None and told != parameters["MediaId"]:
            raise UnusableAnswer(
                "IMS", "InsertMediaToSearchLib", "MediaId", f"is {shown(told)}, not the one that was given", retryable=False
            )

    def index_states(self, media_id: str) -> Sequence[IndexState]:
        """One state for each index of the library; empty while the service knows of none.

        What is no documented state counts as running, so that the deadline of what waits for it decides.
        """
        told = self._transport.call("QueryMediaIndexJob", self._named(media_id)).get("IndexJobInfoList")
        return [_state(job) for job in (told if isinstance(told, list) else [told] if told else [])]

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

    def is_ready(self) -> bool:
        """Whether an index can answer; a new one is Initializing for a while. Raises ServiceRefused where there is no library."""
        answer = self._transport.call("QuerySearchLib", {"SearchLibName": self._name})
        return any(as_text(index.get("IndexReadiness")).lower() in ("normal", "") for index in objects(answer.get("IndexInfo")))

    def search(self, text: str, namespace: str, page: int, page_size: int) -> SearchPage:
        """A media is in a page once at most; a hit that names none is left out."""
        answer = self._transport.call(
            "SearchMediaByHybrid",
            {"SearchLibName": self._name, "Text": text, "Namespace": namespace, "PageNo": page, "PageSize": page_size},
        )
        told = answer.get("MediaList")
        if told is not None and not isinstance(told, list):
            raise UnusableAnswer("IMS", "SearchMediaByHybrid", "MediaList", f"is {kind_of(told)}, no list", retryable=True)
        hits: dict[str, SearchHit] = {}
        for item in objects(told):
            media_id = item.get("MediaId")
            if isinstance(media_id, str) and len(hits) < page_size:
                hits.setdefault(media_id, SearchHit(media_id, _clips(item.get("ClipInfo"))))
        return SearchPage(max(int(number(answer.get("Total")) or 0), len(hits)), list(hits.values()))

    def _named(self, media_id: str) -> dict[str, str]:
        return {"SearchLibName": self._name, "MediaId": media_id}


def _state(job: Any) -> IndexState:
    return _STATES.get(as_text(job.get("Status")).strip().lower(), "Running") if isinstance(job, dict) else "Running"


def _clips(told: Any) -> list[HitClip]:
    """The best first. One whose times can't be used keeps its score: the media was found all the same."""
    clips = [_clip(item) for item in objects(told)]
    return sorted(clips, key=lambda clip: -clip.score)[:MOST_CLIPS]


def _clip(item: Json) -> HitClip:
    start, end, score = (number(item.get(name)) for name in ("From", "To", "Score"))
    if start is None or end is None or not 0 <= start <= end <= LONGEST_SECONDS:
        start = end = 0.0
    return HitClip(start, end, score or 0.0)


def _message(title: str, description: str, room: int) -> str:
    """MsgBody, whose encoded form has at most `room` bytes: the description gives way."""
    body = json.dumps({"title": title, "visionDescription": description}, ensure_ascii=False)
    if len(body.encode()) * 3 <= room:  # the longest that it can become
        return body
    excess = len(quote(body, safe="~")) - room
    while excess > 0 and description:
        # An encoded character has between 1 and 12 bytes.
        description = description[: -max(1, excess // 12)]
        body = json.dumps({"title": title, "visionDescription": description}, ensure_ascii=False)
        excess = len(quote(body, safe="~")) - room
    return body
