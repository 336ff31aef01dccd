"""Live channels as far as they are configuration: made, listed, described, switched and removed. No stream can be pushed to one here."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element, fromstring

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.configuration import Kind, Shape, number_in
from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.names import check_key
from localcloud.oss.properties import number
from localcloud.oss.store import Store
from localcloud.oss.wire import Call, xml_reply

_STATUSES = ("enabled", "disabled")
_LONGEST_DESCRIPTION = 128


def _check(root: Element) -> None:
    """Limits: "PutLiveChannel" of OSS."""
    description = root.findtext("Description") or ""
    if len(description.encode()) > _LONGEST_DESCRIPTION:
        raise invalid_argument("Description", description, f"Description can have at most {_LONGEST_DESCRIPTION} bytes.")
    number_in(root, "Target/FragDuration", 1, 100, 5)
    number_in(root, "Target/FragCount", 1, 100, 3)
    playlist = root.findtext("Target/PlaylistName") or "playlist.m3u8"
    if not playlist.endswith(".m3u8") or not 6 <= len(playlist) <= 128:
        raise invalid_argument("PlaylistName", playlist, "PlaylistName must end with .m3u8 and have 6 to 128 bytes.")


_SNAPSHOT = Shape("Snapshot", tuple(Shape(name) for name in ("RoleName", "DestBucket", "NotifyTopic", "Interval")))
_TARGET = tuple(Shape(name) for name in ("FragDuration", "FragCount", "PlaylistName"))
_KIND = Kind(
    "live",
    Shape(
        "LiveChannelConfiguration",
        (
            Shape("Description"),
            Shape("Status", values=_STATUSES),
            Shape("Target", (Shape("Type", required=True, values=("HLS",)), *_TARGET), required=True),
            _SNAPSHOT,
        ),
    ),
    _check,
)


class LiveChannels:
    """`endpoint` is the address of this server, `http://host:port`."""

    def __init__(self, store: Store, endpoint: Callable[[], str]) -> None:
        self._store = store
        self._endpoint = endpoint

    def put(self, call: Call) -> Reply:
        check_key(call.key)
        document = _KIND.read(call.request.body.read())
        status = fromstring(document).findtext("Status") or "enabled"
        with self._store.transaction() as connection:
            self._store.bucket(call.bucket)
            row = (call.bucket, call.key, status, call.now, document)
            connection.execute("INSERT OR REPLACE INTO live_channels VALUES (?, ?, ?, ?, ?)", row)
        return xml_reply(documents.document("CreateLiveChannelResult", self._urls(call.bucket, call.key, document)))

    def get(self, call: Call) -> Reply:
        status, document = self._find(call)
        given = fromstring(document)
        defaults = {"Type": "HLS", "FragDuration": "5", "FragCount": "3", "PlaylistName": "playlist.m3u8"}
        target = [(name, given.findtext(f"Target/{name}") or default) for name, default in defaults.items()]
        elements: list[documents.Element] = [
            ("Description", given.findtext("Description") or ""),
            ("Status", status),
            ("Target", target),
        ]
        return xml_reply(documents.document("LiveChannelConfiguration", elements))

    def put_status(self, call: Call) -> Reply:
        status = call.query["status"]
        if status not in _STATUSES:
            raise invalid_argument("status", status, "status must be enabled or disabled.")
        with self._store.transaction() as connection:
            self._find(call)
            connection.execute("UPDATE live_channels SET status = ? WHERE bucket = ? AND name = ?", (status, call.bucket, call.key))
        return Reply(200)

    def delete(self, call: Call) -> Reply:
        with self._store.transaction() as connection:
            self._find(call)
            connection.execute("DELETE FROM live_channels WHERE bucket = ? AND name = ?", (call.bucket, call.key))
        return Reply(204)

    def list_all(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
        limit = number(call, "max-keys", 100, 1, 1000)
        sql = "SELECT * FROM live_channels WHERE bucket = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
        found = self._store.database.query(sql, call.bucket, marker, len(prefix), prefix, limit + 1)
        shown, truncated = found[:limit], len(found) > limit
        elements: list[documents.Element] = [
            ("Prefix", prefix),
            ("Marker", marker),
            ("MaxKeys", str(limit)),
            ("IsTruncated", documents.boolean(truncated)),
            ("NextMarker", shown[-1]["name"] if truncated else ""),
        ]
        for row in shown:
            described = [
                ("Name", row["name"]),
                ("Description", fromstring(row["document"]).findtext("Description") or ""),
                ("Status", row["status"]),
                ("LastModified", documents.timestamp(row["modified"])),
            ]
            elements.append(("LiveChannel", [*described, *self._urls(call.bucket, row["name"], row["document"])]))
        return xml_reply(documents.document("ListLiveChannelResult", elements))

    def _find(self, call: Call) -> tuple[str, str]:
        """Status and document. Raises NoSuchBucket and NoSuchLiveChannel."""
        sql = "SELECT status, document FROM live_channels WHERE bucket = ? AND name = ?"
        row = self._store.database.one(sql, call.bucket, call.key)
        if row is None:
            self._store.bucket(call.bucket)
            raise OssError(404, "NoSuchLiveChannel", "The specified live channel does not exist.", {"LiveChannel": call.key})
        return row["status"], row["document"]

    def _urls(self, bucket: str, name: str, document: str) -> list[documents.Element]:
        address, channel = urlsplit(self._endpoint()).netloc, quote(name)
        playlist = fromstring(document).findtext("Target/PlaylistName") or "playlist.m3u8"
        return [
            ("PublishUrls", [("Url", f"rtmp://{address}/{bucket}/live/{channel}")]),
            ("PlayUrls", [("Url", f"http://{address}/{bucket}/{channel}/{quote(playlist)}")]),
        ]
