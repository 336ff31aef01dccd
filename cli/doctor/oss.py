"""How the buckets are set up, as OSS tells it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

import oss2

from sightline.errors import UNKNOWN_CODE, ServiceRefused, ServiceUnreachable, UnusableAnswer


@dataclass(frozen=True)
class BucketState:
    """`region` without `oss-`; `access` as in an ACL: private, public-read, public-read-write."""

    region: str
    access: str


@dataclass(frozen=True)
class Expiration:
    """A lifecycle rule in force that takes objects away."""

    rule: str
    prefix: str


class Buckets:
    """`seconds` of silence are no answer. Every method raises ServiceRefused, ServiceUnreachable and UnusableAnswer."""

    def __init__(self, open_bucket: Callable[[str], oss2.Bucket], seconds: float) -> None:
        self._open_bucket = open_bucket
        self._seconds = seconds

    def state(self, name: str) -> BucketState:
        with _told("GetBucketInfo"):
            info = self._bucket(name).get_bucket_info()
        return BucketState(str(info.location or "").removeprefix("oss-"), str(info.acl.grant or ""))

    def versioning(self, name: str) -> str:
        """Enabled or Suspended; empty for a bucket that never had it."""
        with _told("GetBucketVersioning"):
            return str(self._bucket(name).get_bucket_versioning().status or "")

    def retention(self, name: str) -> str:
        """The state of the retention policy (WORM), with its days; empty for a bucket without one."""
        try:
            with _told("GetBucketWorm"):
                worm = self._bucket(name).get_bucket_worm()
        except ServiceRefused as error:
            if error.code != "NoSuchWORMConfiguration":
                raise
            return ""
        return f"{worm.state}, {worm.retention_period_days} days"

    def policy(self, name: str) -> str:
        """JSON; empty for a bucket without one."""
        try:
            with _told("GetBucketPolicy"):
                return str(self._bucket(name).get_bucket_policy().policy)
        except ServiceRefused as error:
            if error.code != "NoSuchBucketPolicy":
                raise
            return ""

    def blocks_public_access(self, name: str) -> bool | None:
        """Whether neither ACLs nor policies can open it or its objects to everybody; None where that can't be asked."""
        try:
            with _told("GetBucketPublicAccessBlock"):
                return bool(self._bucket(name).get_bucket_public_access_block().block_public_access)
        except ServiceRefused as error:
            if error.code != "NotImplemented":
                raise
            return None

    def expirations(self, name: str) -> list[Expiration]:
        try:
            with _told("GetBucketLifecycle"):
                rules = self._bucket(name).get_bucket_lifecycle().rules
        except ServiceRefused as error:
            if error.code != "NoSuchLifecycle":
                raise
            return []
        return [Expiration(rule.id, rule.prefix or "") for rule in rules if rule.status == "Enabled" and rule.expiration is not None]

    def count(self, name: str, prefix: str) -> tuple[int, bool]:
        """How many objects there are, and whether that is all: a thousand are enough to know."""
        with _told("ListObjects"):
            page = self._bucket(name).list_objects_v2(prefix, max_keys=1000)
        return len(page.object_list), not page.is_truncated

    def newest(self, name: str, prefix: str) -> datetime | None:
        """When the last of the first thousand objects was written."""
        with _told("ListObjects"):
            listed = self._bucket(name).list_objects_v2(prefix, max_keys=1000).object_list
        return max((datetime.fromtimestamp(one.last_modified, timezone.utc) for one in listed), default=None)

    def _bucket(self, name: str) -> oss2.Bucket:
        bucket = self._open_bucket(name)
        bucket.timeout = self._seconds
        return bucket


@contextmanager
def _told(operation: str) -> Iterator[None]:
    """In the errors that all services have here."""
    try:
        yield
    except oss2.exceptions.RequestError as error:
        raise ServiceUnreachable("OSS", operation, type(error.exception).__name__) from error
    except oss2.exceptions.OssError as error:
        raise ServiceRefused(
            "OSS", operation, error.status, error.code or UNKNOWN_CODE, error.message or "", error.request_id or ""
        ) from error
    except (ElementTree.ParseError, RuntimeError) as error:
        # RuntimeError is oss2's for a tag that is missing.
        raise UnusableAnswer("OSS", operation, "the body", "is not what its reference says", retryable=True) from error
