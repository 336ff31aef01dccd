"""Buckets: making, removing, describing and listing them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets import encryption
from localcloud.oss.buckets.tagging import tags_of_bucket
from localcloud.oss.errors import invalid_argument, malformed_xml
from localcloud.oss.names import check_bucket
from localcloud.oss.objects.properties import bucket_acl, number
from localcloud.oss.objects.storage_class import CLASSES, checked_class
from localcloud.oss.storage.records import Bucket, Usage
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, xml_reply
from localcloud.place import Place

_STATISTICS = {"Standard": "Standard", "IA": "InfrequentAccess", "Archive": "Archive"}
_STATISTICS |= {name: name for name in CLASSES if name not in _STATISTICS}


class Buckets:
    """The operations on the service and on buckets. `endpoint` is the address of this server, `http://host:port`."""

    def __init__(self, store: Store, place: Place, endpoint: Callable[[], str]) -> None:
        self._store = store
        self._place = place
        self._endpoint = endpoint

    def list_buckets(self, call: Call) -> Reply:
        query, limit = call.query, number(call, "max-keys", 100, 1, 1000)
        found = [one for one in self._store.buckets.in_order(query.get("prefix", ""), query.get("marker", "")) if self._wanted(one, call)]
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

    def _wanted(self, bucket: Bucket, call: Call) -> bool:
        """Whether a bucket has the tag and lies in the resource group that the request asks for; there is one group."""
        if call.headers.get("x-oss-resource-group-id", self._resource_group) != self._resource_group:
            return False
        key, value = call.query.get("tag-key"), call.query.get("tag-value")
        if key is None:
            return True
        tags = tags_of_bucket(self._store.buckets, bucket.name)
        return key in tags and value in (None, "", tags[key])

    def create(self, call: Call) -> Reply:
        """Creating one's own bucket again is no error; it may change the ACL. Its storage class stays."""
        check_bucket(call.bucket)
        storage_class, redundancy = _configured(call.request.body.read())
        rule = encryption.of_headers(call)
        bucket = Bucket(call.bucket, bucket_acl(call), call.now, storage_class, redundancy)
        with self._store.transaction():
            if self._store.buckets.exists(call.bucket):
                before = self._store.bucket(call.bucket)
                bucket = replace(before, acl=bucket_acl(call, before.acl))
            self._store.buckets.save(bucket)
            if rule:
                self._store.buckets.configure(call.bucket, encryption.KIND.name, rule)
        return Reply(200, {"Location": f"/{call.bucket}"})

    def delete(self, call: Call) -> Reply:
        self._store.buckets.remove(call.bucket)
        return Reply(204)

    def info(self, call: Call) -> Reply:
        bucket = self._store.bucket(call.bucket)
        elements: list[documents.Element] = [
            *self._described(bucket),
            documents.owner(self._place.account_id),
            ("AccessControlList", [("Grant", bucket.acl)]),
            ("DataRedundancyType", bucket.redundancy),
            ("Comment", ""),
            ("AccessMonitor", "Disabled"),
            ("TransferAcceleration", "Disabled"),
            ("CrossRegionReplication", "Disabled"),
            ("BucketPolicy", [("LogBucket", ""), ("LogPrefix", "")]),
            ("ServerSideEncryptionRule", encryption.in_bucket_info(self._store.buckets.configuration(bucket.name, encryption.KIND.name))),
        ]
        if bucket.versioning:
            elements.append(("Versioning", bucket.versioning))
        return xml_reply(documents.document("BucketInfo", [("Bucket", elements)]))

    def stat(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        totals = _statistics(self._store.buckets.usage(call.bucket), call.now)
        return xml_reply(documents.document("BucketStat", [(name, str(value)) for name, value in totals.items()]))

    def location(self, call: Call) -> Reply:
        self._store.bucket(call.bucket)
        return xml_reply(documents.document("LocationConstraint", f"oss-{self._place.region}"))

    def acl(self, call: Call) -> Reply:
        return xml_reply(documents.access_control(self._place.account_id, self._store.bucket(call.bucket).acl))

    def put_acl(self, call: Call) -> Reply:
        with self._store.transaction():
            bucket = self._store.bucket(call.bucket)
            self._store.buckets.save(replace(bucket, acl=bucket_acl(call, bucket.acl)))
        return Reply(200)

    def versioning(self, call: Call) -> Reply:
        status = self._store.bucket(call.bucket).versioning
        return xml_reply(documents.document("VersioningConfiguration", [("Status", status)] if status else []))

    def put_versioning(self, call: Call) -> Reply:
        """Versioning can be suspended, but never be taken from a bucket again."""
        status = documents.text(documents.read(call.request.body.read(), "VersioningConfiguration"), "Status")
        if status not in ("Enabled", "Suspended"):
            raise malformed_xml()
        with self._store.transaction():
            bucket = self._store.bucket(call.bucket)
            if not bucket.versioning:
                self._store.buckets.start_versioning(call.bucket)
            self._store.buckets.save(replace(bucket, versioning="Enabled" if status == "Enabled" else "Suspended"))
        return Reply(200)

    @property
    def _resource_group(self) -> str:
        return f"rg-{self._place.account_id}"

    def _described(self, bucket: Bucket) -> list[documents.Element]:
        address = urlsplit(self._endpoint()).netloc
        return [
            ("CreationDate", documents.timestamp(bucket.created)),
            ("ExtranetEndpoint", address),
            ("IntranetEndpoint", address),
            ("Location", f"oss-{self._place.region}"),
            ("Name", bucket.name),
            ("ResourceGroupId", self._resource_group),
            ("StorageClass", bucket.storage_class),
        ]


def _configured(body: bytes) -> tuple[str, str]:
    """Storage class and redundancy type. Raises MalformedXML and InvalidArgument."""
    if not body:
        return "Standard", "LRS"
    given = documents.read(body, "CreateBucketConfiguration")
    storage_class = checked_class(given.findtext("StorageClass") or "Standard", "StorageClass")
    redundancy = given.findtext("DataRedundancyType") or "LRS"
    if redundancy not in ("LRS", "ZRS"):
        raise invalid_argument("DataRedundancyType", redundancy, "DataRedundancyType must be LRS or ZRS.")
    return storage_class, redundancy


def _statistics(usage: Usage, now: float) -> dict[str, int]:
    """The real storage, for which a small IA object is charged as a larger one, is the storage itself here."""
    totals = {
        "Storage": sum(size for size, _ in usage.by_class.values()),
        "ObjectCount": sum(count for _, count in usage.by_class.values()),
        "MultipartUploadCount": usage.uploads,
        "MultipartPartCount": usage.parts,
        "DeleteMarkerCount": usage.delete_markers,
        "LiveChannelCount": usage.live_channels,
        "LastModifiedTime": int(now),
    }
    for storage_class, name in _STATISTICS.items():
        size, count = usage.by_class.get(storage_class, (0, 0))
        totals[f"{name}Storage"] = size
        if storage_class != "Standard":
            totals[f"{name}RealStorage"] = size
        totals[f"{name}ObjectCount"] = count
    return totals
