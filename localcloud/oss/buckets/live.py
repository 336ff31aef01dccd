"""Live channels as far as they are configuration: made, listed, described, switched and removed. No stream can be pushed to one here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element, fromstring

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets.configuration import Kind, Shape, number_in
from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.names import check_key
from localcloud.oss.objects.properties import number
from localcloud.oss.storage.live import Channel, Channels
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, xml_reply

_STATUSES = ("enabled", "disabled")
_LONGEST_DESCRIPTION = 128
_DEFAULTS = {"Type": "HLS", "FragDuration": "5", "FragCount": "3", "PlaylistName": "playlist.m3u8"}


def _check(root: Element) -> None:
    """Limits: "PutLiveChannel" of OSS."""
    description = root.findtext("Description") or ""
    if len(description.encode()) > _LONGEST_DESCRIPTION:
        raise invalid_argument("Description", description, f"Description can have at most {_LONGEST_DESCRIPTION} bytes.")
    number_in(root, "Target/FragDuration", 1, 100, 5)
    number_in(root, "Target/FragCount", 1, 100, 3)
    playlist = root.findtext("Target/PlaylistName") or _DEFAULTS["PlaylistName"]
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
        self._channels = Channels(store)
        self._endpoint = endpoint

    def put(self, call: Call) -> Reply:
        check_key(call.key)
        document = _KIND.read(call.request.body.read())
        channel = Channel(call.bucket, call.key, fromstring(document).findtext("Status") or "enabled", call.now, document)
        self._channels.save(channel)
        return xml_reply(documents.document("CreateLiveChannelResult", self._urls(channel)))

    def get(self, call: Call) -> Reply:
        channel = self._find(call)
        given = fromstring(channel.document)
        target = [(name, given.findtext(f"Target/{name}") or default) for name, default in _DEFAULTS.items()]
        elements: list[documents.Element] = [
            ("Description", given.findtext("Description") or ""),
            ("Status", channel.status),
            ("Target", target),
        ]
        return xml_reply(documents.document("LiveChannelConfiguration", elements))

    def put_status(self, call: Call) -> Reply:
        status = call.query["status"]
        if status not in _STATUSES:
            raise invalid_argument("status", status, "status must be enabled or disabled.")
        with self._store.transaction():
            self._channels.save(replace(self._find(call), status=status))
        return Reply(200)

    def delete(self, call: Call) -> Reply:
        with self._store.transaction():
            self._find(call)
            self._channels.remove(call.bucket, call.key)
        return Reply(204)

    def list_all(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
        limit = number(call, "max-keys", 100, 1, 1000)
        found = self._channels.in_order(call.bucket, prefix, marker, limit + 1)
        shown, truncated = found[:limit], len(found) > limit
        elements: list[documents.Element] = [
            ("Prefix", prefix),
            ("Marker", marker),
            ("MaxKeys", str(limit)),
            ("IsTruncated", documents.boolean(truncated)),
            ("NextMarker", shown[-1].name if truncated else ""),
            *(("LiveChannel", self._described(channel)) for channel in shown),
        ]
        return xml_reply(documents.document("ListLiveChannelResult", elements))

    def _find(self, call: Call) -> Channel:
        """Raises NoSuchBucket and NoSuchLiveChannel."""
        channel = self._channels.find(call.bucket, call.key)
        if channel is None:
            self._store.bucket(call.bucket)
            raise OssError(404, "NoSuchLiveChannel", "The specified live channel does not exist.", {"LiveChannel": call.key})
        return channel

    def _described(self, channel: Channel) -> list[documents.Element]:
        return [
            ("Name", channel.name),
            ("Description", fromstring(channel.document).findtext("Description") or ""),
            ("Status", channel.status),
            ("LastModified", documents.timestamp(channel.modified)),
            *self._urls(channel),
        ]

    def _urls(self, channel: Channel) -> list[documents.Element]:
        address, name = urlsplit(self._endpoint()).netloc, quote(channel.name)
        playlist = fromstring(channel.document).findtext("Target/PlaylistName") or _DEFAULTS["PlaylistName"]
        return [
            ("PublishUrls", [("Url", f"rtmp://{address}/{channel.bucket}/live/{name}")]),
            ("PlayUrls", [("Url", f"http://{address}/{channel.bucket}/{name}/{quote(playlist)}")]),
        ]
