"""A bucket of OSS in the same region: OSS copies inside itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import oss2
from oss2.models import PartInfo

from cli.backfill.address import Address
from cli.backfill.oss_errors import told_by_oss
from cli.backfill.problems import ObjectChanged, of_a_listing
from cli.backfill.source import Found, Part
from sightline.store.types import Bucket

KEPT_HEADERS = ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires")
META = "x-oss-meta-"


class OssSource:
    """`listing` and `bucket` are the same bucket, for the layer's client and for the official SDK's."""

    # "CopyObject" and "UploadPartCopy" of OSS: an object above 1 GB is copied in parts.
    whole_bytes = 10**9
    part_bytes = 256 * 2**20

    def __init__(self, address: Address, listing: Bucket, bucket: oss2.Bucket) -> None:
        self.address = address
        self._listing = listing
        self._bucket = bucket

    def objects(self, after: str) -> Iterator[Found]:
        with of_a_listing(self.address), told_by_oss(self.address.bucket):
            for listed in self._listing.objects(self.address.prefix, after):
                yield Found(listed.key, listed.info.etag, listed.info.size, listed.info.modified)

    def find(self, key: str) -> Found | None:
        with told_by_oss(self.address.bucket):
            info = self._listing.head(key)
        return None if info is None else Found(key, info.etag, info.size, info.modified)

    def headers(self, found: Found) -> Mapping[str, str]:
        with told_by_oss(self.address.bucket):
            answer = self._bucket.head_object(found.key)
        if answer.etag != found.etag:
            raise ObjectChanged(found.key)
        return {name: value for name, value in answer.headers.items() if name.title() in KEPT_HEADERS or name.lower().startswith(META)}

    def bring(self, found: Found, bucket: oss2.Bucket, key: str, headers: Mapping[str, str]) -> None:
        asked = {**headers, "x-oss-metadata-directive": "REPLACE", "x-oss-copy-source-if-match": found.etag}
        with told_by_oss(self.address.bucket):
            bucket.copy_object(self.address.bucket, found.key, key, headers=asked)

    def bring_part(self, found: Found, bucket: oss2.Bucket, key: str, part: Part) -> PartInfo:
        within = (part.start, part.start + part.length - 1)
        asked = {"x-oss-copy-source-if-match": found.etag}
        with told_by_oss(self.address.bucket):
            answer = bucket.upload_part_copy(self.address.bucket, found.key, within, key, part.upload_id, part.number, headers=asked)
        return PartInfo(part.number, answer.etag, size=part.length)
