"""Lifecycle rules: what is refused, and what is gone or colder once a rule is due."""

from __future__ import annotations

import datetime
import time
from typing import Any

import oss2
import pytest
from oss2.models import (
    AbortMultipartUpload,
    BucketLifecycle,
    BucketVersioningConfig,
    FilterNot,
    LifecycleExpiration,
    LifecycleFilter,
    LifecycleRule,
    NoncurrentVersionExpiration,
    NoncurrentVersionStorageTransition,
    StorageTransition,
    Tagging,
    TaggingRule,
)

from localcloud.oss.objects.storage_class import DAY
from tests.contract.oss.server import LocalOss


def rule(prefix: str = "", name: str = "rule", **actions: Any) -> LifecycleRule:
    return LifecycleRule(name, prefix, status=LifecycleRule.ENABLED, **actions)


def after(cloud: LocalOss, days: float) -> None:
    """Let days pass, and the rules be carried out. The clock is put back, since requests must not be signed in the past."""
    cloud.clock.ahead = days * DAY
    cloud.storage.apply_lifecycle()
    cloud.clock.ahead = 0.0


def keys(bucket: Any) -> list[str]:
    return [one.key for one in bucket.list_objects().object_list]


@pytest.mark.contract(
    "PutBucketLifecycle of OSS: Days counts from the last change to the midnight UTC after it; that no event tells of it is our assumption"
)
def test_objects_expire(cloud: LocalOss, bucket: Any) -> None:
    for key in ("old/a", "old/b", "new/c"):
        bucket.put_object(key, b"x")
    bucket.put_bucket_lifecycle(BucketLifecycle([rule("old/", expiration=LifecycleExpiration(days=3))]))
    after(cloud, 2.9)
    assert len(keys(bucket)) == 3
    cloud.clock.ahead = 120
    bucket.put_object("old/b", b"changed")
    left_today = DAY - time.time() % DAY
    cloud.clock.ahead = 0.0
    after(cloud, 3 + left_today / DAY - 0.001)
    assert len(keys(bucket)) == 3
    after(cloud, 4.1)
    assert keys(bucket) == ["new/c"]
    cloud.stop()
    cloud.start()
    assert {event.name for event in cloud.listener.taken} == {"ObjectCreated:PutObject"}


@pytest.mark.contract("PutBucketLifecycle of OSS: Date, CreatedBeforeDate, disabled rules")
def test_dates(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("k", b"x")
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    past, future = today - datetime.timedelta(days=2), today + datetime.timedelta(days=5)
    for harmless in (LifecycleExpiration(created_before_date=past), LifecycleExpiration(date=future)):
        bucket.put_bucket_lifecycle(BucketLifecycle([rule(expiration=harmless)]))
        after(cloud, 1)
        assert keys(bucket) == ["k"]
    disabled = LifecycleRule("off", "", status=LifecycleRule.DISABLED, expiration=LifecycleExpiration(created_before_date=future))
    bucket.put_bucket_lifecycle(BucketLifecycle([disabled]))
    after(cloud, 1)
    assert keys(bucket) == ["k"]
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(expiration=LifecycleExpiration(created_before_date=future))]))
    after(cloud, 1)
    assert keys(bucket) == []


@pytest.mark.contract("PutBucketLifecycle of OSS: tags, sizes and excluded prefixes choose the objects of a rule")
def test_filters(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("tagged", b"xxx", headers={"x-oss-tagging": "kind=log&more=1"})
    bucket.put_object("other", b"xxx", headers={"x-oss-tagging": "kind=clip"})
    bucket.put_object("small", b"x", headers={"x-oss-tagging": "kind=log"})
    bucket.put_object("spared/k", b"xxx", headers={"x-oss-tagging": "kind=log"})
    tags = TaggingRule()
    tags.add("kind", "log")
    chosen = LifecycleFilter([FilterNot("spared/", None)], object_size_greater_than=2, object_size_less_than=100)
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(expiration=LifecycleExpiration(days=1), tagging=Tagging(tags), filter=chosen)]))
    after(cloud, 3)
    assert keys(bucket) == ["other", "small", "spared/k"]


@pytest.mark.contract("PutBucketLifecycle of OSS: transitions go to colder classes only; archived objects can't be read")
def test_transitions(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("warm", b"x")
    bucket.put_object("cold", b"x", headers={"x-oss-storage-class": "ColdArchive"})
    steps = [StorageTransition(days=1, storage_class="IA"), StorageTransition(days=5, storage_class="Archive")]
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(storage_transitions=steps)]))
    after(cloud, 3)
    assert [one.storage_class for one in bucket.list_objects().object_list] == ["ColdArchive", "IA"]
    assert bucket.get_object("warm").read() == b"x"
    after(cloud, 7)
    assert bucket.head_object("warm").headers["x-oss-storage-class"] == "Archive"
    with pytest.raises(oss2.exceptions.ServerError) as frozen:
        bucket.get_object("warm")
    assert (frozen.value.status, frozen.value.code) == (403, "InvalidObjectState")


@pytest.mark.contract("PutBucketLifecycle of OSS: uploads that nobody completes are aborted")
def test_uploads_are_aborted(cloud: LocalOss, bucket: Any) -> None:
    for key in ("parts/a", "other"):
        upload = bucket.init_multipart_upload(key).upload_id
        bucket.upload_part(key, upload, 1, b"x")
    bucket.put_bucket_lifecycle(BucketLifecycle([rule("parts/", abort_multipart_upload=AbortMultipartUpload(days=2))]))
    after(cloud, 1)
    assert len(bucket.list_multipart_uploads().upload_list) == 2
    after(cloud, 4)
    assert [one.key for one in bucket.list_multipart_uploads().upload_list] == ["other"]


@pytest.mark.contract(
    "PutBucketLifecycle of OSS with versioning: expiration makes a delete marker; versions go by the days since they were replaced"
)
def test_versions(cloud: LocalOss, bucket: Any) -> None:
    config = BucketVersioningConfig()
    config.status = "Enabled"
    bucket.put_bucket_versioning(config)
    first = bucket.put_object("k", b"one").versionid
    second = bucket.put_object("k", b"two").versionid
    colder = [NoncurrentVersionStorageTransition(1, "IA")]
    end = NoncurrentVersionExpiration(3)
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(noncurrent_version_expiration=end, noncurrent_version_sotrage_transitions=colder)]))
    after(cloud, 2.5)
    assert {one.versionid: one.storage_class for one in bucket.list_object_versions().versions} == {first: "IA", second: "Standard"}
    after(cloud, 5)
    assert [one.versionid for one in bucket.list_object_versions().versions] == [second]
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(expiration=LifecycleExpiration(days=1))]))
    after(cloud, 3)
    assert keys(bucket) == []
    assert [one.versionid for one in bucket.list_object_versions().versions] == [second]
    bucket.delete_object("k", params={"versionId": second})
    bucket.put_bucket_lifecycle(BucketLifecycle([rule(expiration=LifecycleExpiration(expired_detete_marker=True))]))
    after(cloud, 0)
    assert bucket.list_object_versions().delete_marker == []
    bucket.delete_bucket()


@pytest.mark.contract("oss2 tests/test_bucket.py and test_lifecycle_versioning.py: rules that are refused")
@pytest.mark.parametrize(
    ("actions", "code"),
    [
        ({}, "InvalidArgument"),
        ({"expiration": LifecycleExpiration(days=0)}, "InvalidArgument"),
        ({"expiration": LifecycleExpiration(days=3), "storage_transitions": [StorageTransition(4, None, "IA")]}, "InvalidArgument"),
        ({"storage_transitions": [StorageTransition(4, None, "Archive"), StorageTransition(5, None, "IA")]}, "InvalidArgument"),
        ({"storage_transitions": [StorageTransition(4, None, "Standard")]}, "InvalidArgument"),
        (
            {
                "expiration": LifecycleExpiration(created_before_date=datetime.date(2026, 1, 1)),
                "storage_transitions": [StorageTransition(4, None, "IA")],
            },
            "InvalidRequest",
        ),
        (
            {
                "noncurrent_version_sotrage_transitions": [
                    NoncurrentVersionStorageTransition(20, "IA"),
                    NoncurrentVersionStorageTransition(12, "Archive"),
                ]
            },
            "InvalidArgument",
        ),
        ({"noncurrent_version_expiration": NoncurrentVersionExpiration(0)}, "InvalidArgument"),
        ({"expiration": LifecycleExpiration()}, "MalformedXML"),
    ],
)
def test_rules_that_are_refused(bucket: Any, actions: dict[str, Any], code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket.put_bucket_lifecycle(BucketLifecycle([rule(**actions)]))
    assert refused.value.code == code
    with pytest.raises(oss2.exceptions.NoSuchLifecycle):
        bucket.get_bucket_lifecycle()


@pytest.mark.contract("oss2 tests/test_bucket.py: two rules must not do the same to one object, unless a header allows it")
def test_rules_that_overlap(bucket: Any) -> None:
    end = LifecycleExpiration(days=9)
    both = BucketLifecycle([rule("logs/", "1", expiration=end), rule("logs/2026/", "2", expiration=end)])
    with pytest.raises(oss2.exceptions.InvalidArgument) as refused:
        bucket.put_bucket_lifecycle(both)
    assert refused.value.message == "Overlap for same action type Expiration"
    bucket.put_bucket_lifecycle(both, {"x-oss-allow-same-action-overlap": "true"})
    apart = BucketLifecycle([rule("a/", "1", expiration=end), rule("b/", "2", expiration=end)])
    bucket.put_bucket_lifecycle(apart)
    same_name = BucketLifecycle([rule("a/", "1", expiration=end), rule("b/", "1", expiration=end)])
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_bucket_lifecycle(same_name)
