"""Removing objects and versions, one at a time or many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.errors import malformed_xml
from localcloud.oss.names import check_key
from localcloud.oss.objects.lookup import checked_version, version_of
from localcloud.oss.objects.properties import check_digest
from localcloud.oss.objects.writing import change_of
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.records import Change, Removed
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, xml_reply

_MOST_AT_ONCE = 1000


class Removing:
    """The operations that remove objects; `changed` is called after each commit that kept an event."""

    def __init__(self, store: Store, blobs: Blobs, changed: Callable[[], None]) -> None:
        self._store = store
        self._blobs = blobs
        self._changed = changed

    def delete(self, call: Call) -> Reply:
        version, change = version_of(call.query), change_of(call, "ObjectRemoved:DeleteObject")
        removed = self._remove(call.bucket, call.key, version, change)
        self._forget([removed])
        headers = {"x-oss-version-id": removed.version} if removed.version else {}
        if removed.marker:
            headers["x-oss-delete-marker"] = "true"
        return Reply(204, headers)

    def delete_many(self, call: Call) -> Reply:
        body = call.request.body.read()
        check_digest(call, hashlib.md5(body, usedforsecurity=False).digest())
        request = documents.read(body, "Delete")
        named = [(documents.text(one, "Key"), one.findtext("VersionId")) for one in request.findall("Object")]
        if not 1 <= len(named) <= _MOST_AT_ONCE:
            raise malformed_xml()
        for key, version in named:
            check_key(key)
            if version is not None:
                checked_version(version, "VersionId")
        change = change_of(call, "ObjectRemoved:DeleteObjects")
        with self._store.transaction():
            removed = [self._remove(call.bucket, key, version, change) for key, version in named]
        self._forget(removed)
        write = documents.KeyWriter(call.query)
        deleted: list[documents.Element] = []
        if (request.findtext("Quiet") or "").lower() != "true":
            deleted = [("Deleted", _deleted(write(key), version, one)) for (key, version), one in zip(named, removed, strict=True)]
        return xml_reply(documents.document("DeleteResult", [*write.elements(), *deleted]))

    def _remove(self, bucket: str, key: str, version: str | None, change: Change) -> Removed:
        if version is None:
            return self._store.remove(bucket, key, change)
        return self._store.remove_version(bucket, key, version, change)

    def _forget(self, removed: list[Removed]) -> None:
        self._blobs.retire(*(one.gone.blob for one in removed if one.gone))
        self._changed()


def _deleted(key: str, version: str | None, removed: Removed) -> list[documents.Element]:
    """What a batch says of one removal: the version that it named, and the delete marker that it made or removed."""
    elements: list[documents.Element] = [("Key", key)]
    if version is not None:
        elements.append(("VersionId", version))
    if removed.marker:
        elements += [("DeleteMarker", "true"), ("DeleteMarkerVersionId", removed.version)]
    return elements
