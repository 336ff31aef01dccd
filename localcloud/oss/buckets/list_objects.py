"""The operations that list what is in a bucket: ListObjects, ListObjectsV2 and ListObjectVersions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from functools import lru_cache
from xml.sax.saxutils import escape

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets.listing import Page, page
from localcloud.oss.errors import invalid_argument
from localcloud.oss.names import KEY_BYTES
from localcloud.oss.objects.lookup import checked_version
from localcloud.oss.objects.properties import number
from localcloud.oss.objects.storage_class import restore_state
from localcloud.oss.storage.records import NULL_VERSION, ObjectLine
from localcloud.oss.storage.store import Store
from localcloud.oss.storage.versions import sequence_of
from localcloud.oss.wire import Call, xml_reply

_LONGEST = 1024
_NEWEST = 2**62
_BATCH = 1001


class Listings:
    """The listings of objects and of versions."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    def version_1(self, call: Call) -> Reply:
        _check(call, ("prefix", "marker", "delimiter"))
        write, marker = documents.KeyWriter(call.query), call.query.get("marker", "")
        found = self._page(call, marker)
        extra: list[documents.Element] = [("Marker", write(marker))]
        if found.truncated:
            extra.append(("NextMarker", write(found.last)))
        return self._listing(call, found, extra, with_owner=True)

    def version_2(self, call: Call) -> Reply:
        if call.query["list-type"] != "2":
            raise invalid_argument("list-type", call.query["list-type"], "list-type must be 2.")
        _check(call, ("prefix", "start-after", "delimiter"))
        write, start_after = documents.KeyWriter(call.query), call.query.get("start-after", "")
        token = call.query.get("continuation-token", "")
        found = self._page(call, _from_token(token) if token else start_after)
        extra: list[documents.Element] = [
            ("StartAfter", write(start_after)),
            ("ContinuationToken", token),
            ("KeyCount", str(len(found.entries) + len(found.prefixes))),
        ]
        if found.truncated:
            extra.append(("NextContinuationToken", base64.urlsafe_b64encode(found.last.encode()).decode().rstrip("=")))
        return self._listing(call, found, extra, with_owner=call.query.get("fetch-owner") == "true")

    def versions(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        query, write = call.query, documents.KeyWriter(call.query)
        _check(call, ("prefix", "key-marker", "version-id-marker", "delimiter"))
        key_marker, id_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
        if id_marker:
            checked_version(id_marker, "version-id-marker")

        def from_key(key: str, inclusive: bool) -> Iterable[ObjectLine]:
            # With a version id beside it, the versions of the key marker that are older than that one still count.
            goes_on = bool(id_marker) and key == key_marker and not inclusive
            before = self._position(call.bucket, key, id_marker) if goes_on else (_NEWEST if inclusive else -1)
            return self._store.versions.in_order(call.bucket, key, before, _BATCH)

        found = page(from_key, query.get("prefix", ""), query.get("delimiter", ""), key_marker, number(call, "max-keys", 100, 1, 1000))
        last = found.entries[-1] if found.entries and found.entries[-1].key == found.last else None
        elements: list[documents.Element] = [
            *self._head(call),
            ("KeyMarker", write(key_marker)),
            ("VersionIdMarker", id_marker),
            ("IsTruncated", documents.boolean(found.truncated)),
        ]
        if found.truncated:
            elements += [("NextKeyMarker", write(found.last)), ("NextVersionIdMarker", last.version if last else "")]
        owner = _owner(self._owner)
        lines = [_version(line, write, owner, call.now) for line in found.entries]
        return _reply("ListVersionsResult", elements, lines, found.prefixes, write)

    def _position(self, bucket: str, key: str, version: str) -> int:
        """Where a version stands. One `null` that was deleted since stands nowhere, and then no version of the key is passed over."""
        if version != NULL_VERSION:
            return sequence_of(version) or 0
        record = self._store.find(bucket, key, version)
        return record.sequence if record else _NEWEST

    def _page(self, call: Call, after: str) -> Page[ObjectLine]:
        self._store.bucket(call.bucket)
        prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")

        def from_key(key: str, inclusive: bool) -> Iterable[ObjectLine]:
            return self._store.in_order(call.bucket, key, inclusive, seeking=bool(delimiter))

        return page(from_key, prefix, delimiter, after, number(call, "max-keys", 100, 1, 1000))

    def _listing(self, call: Call, found: Page[ObjectLine], extra: list[documents.Element], with_owner: bool) -> Reply:
        write = documents.KeyWriter(call.query)
        elements = [*self._head(call), ("IsTruncated", documents.boolean(found.truncated)), *extra]
        owner = _owner(self._owner) if with_owner else ""
        lines = [f"<Contents>{_described(line, write, call.now)}{owner}</Contents>" for line in found.entries]
        return _reply("ListBucketResult", elements, lines, found.prefixes, write)

    def _head(self, call: Call) -> list[documents.Element]:
        write, query = documents.KeyWriter(call.query), call.query
        return [
            ("Name", call.bucket),
            ("Prefix", write(query.get("prefix", ""))),
            ("MaxKeys", query.get("max-keys") or "100"),
            ("Delimiter", write(query.get("delimiter", ""))),
            *write.elements(),
        ]


def _check(call: Call, names: tuple[str, ...]) -> None:
    """Raises InvalidArgument."""
    if call.query.get("encoding-type", "") not in ("", "url"):
        raise invalid_argument("encoding-type", call.query["encoding-type"], "encoding-type must be url.")
    for name in names:
        if len(call.query.get(name, "").encode()) > _LONGEST:
            raise invalid_argument(name, call.query[name][:KEY_BYTES], f"The length of {name} must be at most {_LONGEST} bytes.")


@lru_cache(maxsize=4096)
def _time(seconds: int) -> str:
    return documents.timestamp(seconds)


# A page has a thousand lines of ten elements each, so that they are written here in one go instead of element by element.


def _described(line: ObjectLine, write: documents.KeyWriter, now: float) -> str:
    restore = restore_state(line.restore_ready, line.restore_until, now) if line.restore_until else ""
    return (
        f"<Key>{escape(write(line.key))}</Key><LastModified>{_time(int(line.modified))}</LastModified>"
        f'<ETag>"{line.etag}"</ETag><Type>{line.type}</Type><Size>{line.size}</Size><StorageClass>{line.storage_class}</StorageClass>'
        + (f"<RestoreInfo>{restore}</RestoreInfo>" if restore else "")
    )


def _version(line: ObjectLine, write: documents.KeyWriter, owner: str, now: float) -> str:
    which = f"<VersionId>{line.version}</VersionId><IsLatest>{documents.boolean(bool(line.latest))}</IsLatest>"
    if line.type == "DeleteMarker":
        named = f"<Key>{escape(write(line.key))}</Key><LastModified>{_time(int(line.modified))}</LastModified>"
        return f"<DeleteMarker>{named}{which}{owner}</DeleteMarker>"
    return f"<Version>{_described(line, write, now)}{which}{owner}</Version>"


def _owner(account: str) -> str:
    return f"<Owner><ID>{account}</ID><DisplayName>{account}</DisplayName></Owner>"


def _reply(root: str, elements: list[documents.Element], lines: list[str], prefixes: list[str], write: documents.KeyWriter) -> Reply:
    folded: list[documents.Element] = [("CommonPrefixes", [("Prefix", write(prefix))]) for prefix in prefixes]
    head, _, tail = documents.document(root, [*elements, *folded]).rpartition(b"</")
    return xml_reply(head + "".join(lines).encode("utf-8", "surrogateescape") + b"</" + tail)


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid_argument("continuation-token", token, "The continuation token is not one that this service gave.") from error
