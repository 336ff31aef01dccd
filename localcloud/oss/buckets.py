"""Buckets, and the listings of what is in them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.errors import invalid_argument
from localcloud.oss.listing import Page, page
from localcloud.oss.names import check_bucket
from localcloud.oss.properties import bucket_acl, number
from localcloud.oss.records import Bucket, StoredRecord
from localcloud.oss.store import Store
from localcloud.oss.wire import Call, xml_reply
from localcloud.place import Place

_CREATE_ROOT = "CreateBucketConfiguration"


class Buckets:
    """The operations on the service and on buckets. `endpoint` is the address of this server, `http://host:port`."""

    def __init__(self, store: Store, place: Place, endpoint: Callable[[], str]) -> None:
        self._store = store
        self._place = place
        self._endpoint = endpoint

    def list_buckets(self, call: Call) -> Reply:
        query, limit = call.query, number(call, "max-keys", 100, 1, 1000)
        found = self._store.buckets(query.get("prefix", ""), query.get("marker", ""))
        shown, truncated = found[:limit], len(found) > limit
        elements: list[documents.Element] = [
            ("Prefix", query.get("prefix", "")),
            ("Marker", query.get("marker", "")),
            ("MaxKeys", str(limit)),
            ("IsTruncated", documents.boolean(truncated)),
            ("NextMarker", shown[-1].name if truncated else ""),
            documents.owner(self._place.account_id),
            ("Buckets", [("Bucket", [*self._described(bucket), ("Region", self._place.region)]) for bucket in shown]),
        ]
        return xml_reply(documents.document("ListAllMyBucketsResult", elements))

    def create(self, call: Call) -> Reply:
        """Creating one's own bucket again is no error; it may change the ACL."""
        check_bucket(call.bucket)
        body = call.request.body.read()
        if body:
            documents.read(body, _CREATE_ROOT)
        self._store.save_bucket(Bucket(call.bucket, bucket_acl(call), call.now))
        return Reply(200, {"Location": f"/{call.bucket}"})

    def delete(self, call: Call) -> Reply:
        self._store.remove_bucket(call.bucket)
        return Reply(204)

    def info(self, call: Call) -> Reply:
        bucket = self._store.bucket(call.bucket)
        elements: list[documents.Element] = [
            *self._described(bucket),
            documents.owner(self._place.account_id),
            ("AccessControlList", [("Grant", bucket.acl)]),
            ("DataRedundancyType", "LRS"),
        ]
        return xml_reply(documents.document("BucketInfo", [("Bucket", elements)]))

    def stat(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        size, count, uploads = self._store.usage(call.bucket)
        totals = {"Storage": size, "ObjectCount": count, "MultipartUploadCount": uploads, "LiveChannelCount": 0}
        return xml_reply(documents.document("BucketStat", [(name, str(value)) for name, value in totals.items()]))

    def location(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        return xml_reply(documents.document("LocationConstraint", f"oss-{self._place.region}"))

    def acl(self, call: Call) -> Reply:
        return xml_reply(documents.access_control(self._place.account_id, self._store.bucket(call.bucket).acl))

    def put_acl(self, call: Call) -> Reply:
        bucket = self._store.bucket(call.bucket)
        self._store.save_bucket(Bucket(bucket.name, bucket_acl(call, bucket.acl), bucket.created))
        return Reply(200)

    def live_channels(self, call: Call) -> Reply:
        """There are none here; oss2's own tests list them before they remove a bucket."""
        self._store.bucket(call.bucket)
        limit = number(call, "max-keys", 100, 1, 1000)
        elements = [("Prefix", call.query.get("prefix", "")), ("Marker", ""), ("MaxKeys", str(limit)), ("IsTruncated", "false")]
        return xml_reply(documents.document("ListLiveChannelResult", elements))

    def list_objects(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        if call.query.get("encoding-type", "") not in ("", "url"):
            raise invalid_argument("encoding-type", call.query["encoding-type"], "encoding-type must be url.")
        return self._list_version_2(call) if call.query.get("list-type") == "2" else self._list_version_1(call)

    def _list_version_1(self, call: Call) -> Reply:
        write, marker = documents.KeyWriter(call.query), call.query.get("marker", "")
        found = self._page(call, marker)
        extra: list[documents.Element] = [("Marker", write(marker))]
        if found.truncated:
            extra.append(("NextMarker", write(found.last)))
        return self._listing(call, found, extra, with_owner=True)

    def _list_version_2(self, call: Call) -> Reply:
        write, start_after, token = (
            documents.KeyWriter(call.query),
            call.query.get("start-after", ""),
            call.query.get("continuation-token", ""),
        )
        found = self._page(call, _from_token(token) if token else start_after)
        extra: list[documents.Element] = [
            ("StartAfter", write(start_after)),
            ("ContinuationToken", token),
            ("KeyCount", str(len(found.entries) + len(found.prefixes))),
        ]
        if found.truncated:
            extra.append(("NextContinuationToken", base64.urlsafe_b64encode(found.last.encode()).decode().rstrip("=")))
        return self._listing(call, found, extra, with_owner=call.query.get("fetch-owner") == "true")

    def _page(self, call: Call, after: str) -> Page[StoredRecord]:
        def from_key(key: str, inclusive: bool) -> Iterable[StoredRecord]:
            return self._store.from_key(call.bucket, key, inclusive)

        query = call.query
        return page(from_key, query.get("prefix", ""), query.get("delimiter", ""), after, number(call, "max-keys", 100, 1, 1000))

    def _listing(self, call: Call, found: Page[StoredRecord], extra: list[documents.Element], with_owner: bool) -> Reply:
        write, query = documents.KeyWriter(call.query), call.query
        owner = [documents.owner(self._place.account_id)] if with_owner else []
        elements: list[documents.Element] = [
            ("Name", call.bucket),
            ("Prefix", write(query.get("prefix", ""))),
            ("MaxKeys", query.get("max-keys") or "100"),
            ("Delimiter", write(query.get("delimiter", ""))),
            *write.elements(),
            ("IsTruncated", documents.boolean(found.truncated)),
            *extra,
            *(("Contents", [*_contents(record, write), *owner]) for record in found.entries),
            *(("CommonPrefixes", [("Prefix", write(prefix))]) for prefix in found.prefixes),
        ]
        return xml_reply(documents.document("ListBucketResult", elements))

    def _described(self, bucket: Bucket) -> list[documents.Element]:
        address = urlsplit(self._endpoint()).netloc
        return [
            ("CreationDate", documents.timestamp(bucket.created)),
            ("ExtranetEndpoint", address),
            ("IntranetEndpoint", address),
            ("Location", f"oss-{self._place.region}"),
            ("Name", bucket.name),
            ("StorageClass", "Standard"),
        ]


def _contents(record: StoredRecord, write: documents.KeyWriter) -> list[documents.Element]:
    return [
        ("Key", write(record.key)),
        ("LastModified", documents.timestamp(record.modified)),
        ("ETag", f'"{record.etag}"'),
        ("Type", record.type),
        ("Size", str(record.size)),
        ("StorageClass", "Standard"),
    ]


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise invalid_argument("continuation-token", token, "The continuation token is not one that this service gave.") from error
