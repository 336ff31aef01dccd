"""What a request is, in the words of the services: the names of the points at which faults are injected, and of the steps of a story."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from cli.up import NAMES

_MEDIA_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_VERBS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject", "POST": "AppendObject"}


@dataclass(frozen=True)
class Point:
    """`what` is the kind of object that OSS is asked for. `media` is the media id that is named, `job` the job, `key` an upload's key."""

    service: str
    operation: str
    what: str = ""
    media: str = ""
    job: str = ""
    key: str = ""
    changes: bool = False

    def __str__(self) -> str:
        return f"{self.service}.{self.operation}" + (f"({self.what})" if self.what else "")


def point_of(request: httpx.Request) -> Point:
    action = request.headers.get("x-acs-action", "")
    if action:
        return _ims(action, _query(request))
    if "x-mns-version" in request.headers:
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        queue = path.strip("/").split("/")[1:2]
        verbs = {"GET": "ReceiveMessage", "POST": "SendMessage", "DELETE": "DeleteMessage"}
        return Point("MNS", verbs.get(request.method, request.method), "".join(queue), changes=request.method != "GET")
    if request.url.path.startswith("/api/v1/"):
        return _pai(request)
    return _oss(request)


def _pai(request: httpx.Request) -> Point:
    """Its own path says what is asked, and for whom the address of the media."""
    given = json.loads(request.content or b"{}")
    room = request.url.path.split("/")[3]
    address = str(given.get("image") or given.get("video_url") or "")
    key = unquote(httpx.URL(address).raw_path.decode("ascii").partition("?")[0]).split("/", 2)[-1] if address else ""
    return Point("PAI", str(given.get("action") or room), key=key, changes="action" in given)


def _query(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True))


def _ims(action: str, given: dict[str, str]) -> Point:
    changes = action.startswith(("Submit", "Insert", "Delete", "Update", "SearchIndexJobRerun"))
    media = given.get("MediaId") or str(way_home(given.get("UserData", "")).get("mediaId", ""))
    return Point("IMS", action, media=media, job=given.get("JobId", ""), changes=changes)


def way_home(user_data: str) -> dict[str, Any]:
    """What `submit` wrote into a job's UserData; empty for any other."""
    try:
        document = json.loads(user_data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _oss(request: httpx.Request) -> Point:
    _, bucket, key = unquote(request.url.raw_path.decode("ascii").partition("?")[0], errors="surrogateescape").split("/", 2)
    given = _query(request)
    if not key:
        prefix = given.get("prefix", "")
        return Point("OSS", "ListObjects", _kind(bucket, prefix), media=_media(prefix))
    if bucket == NAMES.media_bucket and key.startswith("derived/"):
        return Point("OSS", _VERBS[request.method], "derived", media=_media(key), changes=request.method not in ("GET", "HEAD"))
    if bucket == NAMES.media_bucket:
        return Point("OSS", _VERBS[request.method], "upload", key=key, changes=request.method not in ("GET", "HEAD"))
    return Point("OSS", _VERBS[request.method], _kind(bucket, key), media=_media(key), changes=request.method not in ("GET", "HEAD"))


def _media(key: str) -> str:
    found = _MEDIA_ID.search(key)
    return found.group() if found else ""


def _kind(bucket: str, key: str) -> str:
    """ledger, record, part; of the rest the first folders: pending, line slots, line waiting."""
    if bucket == NAMES.media_bucket:
        return "derived" if key.startswith("derived/") else "uploads"
    if _MEDIA_ID.match(key):
        names = {"ledger.jsonl": "ledger", "record.json": "record"}
        return names.get(key.partition("/")[2], "part" if "/parts/" in key else key.partition("/")[2].partition("/")[0])
    folders = key.split("/")
    return f"line {folders[2].partition('.')[0]}" if folders[0] == "line" and len(folders) > 2 else folders[0]
