"""Buckets and listings through the official oss2 SDK."""

from __future__ import annotations

from typing import Any

import oss2
import pytest

from localcloud.http import Headers, Request
from tests.contract.oss.server import REGION, LocalOss, auth_for

KEYS = ["a.txt", "photos/2026/1.jpg", "photos/2026/2.jpg", "photos/3.jpg", "photos/猫.jpg", "z + %2F.txt"]


@pytest.fixture
def filled(signed_bucket: Any) -> Any:
    for key in KEYS:
        signed_bucket.put_object(key, key.encode())
    return signed_bucket


@pytest.mark.contract("oss2 xml_utils.parse_get_bucket_info, _stat, _location, _acl, parse_list_buckets")
def test_a_bucket_describes_itself(cloud: LocalOss, signed_bucket: Any, version: str) -> None:
    signed_bucket.put_object("k", b"12345")
    info = signed_bucket.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == (signed_bucket.bucket_name, f"oss-{REGION}", "private")
    assert f"http://{info.extranet_endpoint}" == cloud.endpoint
    stat = signed_bucket.get_bucket_stat()
    assert (stat.object_count, stat.storage_size_in_bytes) == (1, 5)
    assert signed_bucket.get_bucket_location().location == f"oss-{REGION}"
    signed_bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    assert signed_bucket.get_bucket_acl().acl == "public-read"
    service = oss2.Service(auth_for(version), cloud.endpoint, region=REGION)
    assert [one.name for one in service.list_buckets().buckets] == [signed_bucket.bucket_name]


@pytest.mark.contract("OSS PutBucket is idempotent for the owner; DeleteBucket answers 409 BucketNotEmpty")
def test_a_bucket_is_created_twice_and_deleted_once(bucket: Any) -> None:
    bucket.create_bucket()
    bucket.put_object("k", b"x")
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_object("k")
    bucket.delete_bucket()
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        bucket.get_bucket_info()


@pytest.mark.contract("OSS GetBucket (ListObjects): order by UTF-8 bytes, paging by marker, folding by delimiter")
def test_listing_version_1(filled: Any) -> None:
    assert [one.key for one in oss2.ObjectIterator(filled, max_keys=2)] == KEYS
    folded = list(oss2.ObjectIterator(filled, delimiter="/", max_keys=1))
    assert [(one.key, one.is_prefix()) for one in folded] == [("a.txt", False), ("photos/", True), ("z + %2F.txt", False)]
    inside = list(oss2.ObjectIterator(filled, prefix="photos/", delimiter="/"))
    assert [(one.key, one.is_prefix()) for one in inside] == [("photos/2026/", True), ("photos/3.jpg", False), ("photos/猫.jpg", False)]
    assert [one.key for one in filled.list_objects(marker="photos/3.jpg").object_list] == KEYS[4:]
    assert filled.list_objects().object_list[0].owner.id


@pytest.mark.contract("OSS ListObjectsV2: continuation token, start-after, owner only with fetch-owner")
def test_listing_version_2(filled: Any) -> None:
    assert [one.key for one in oss2.ObjectIteratorV2(filled, max_keys=2)] == KEYS
    assert [one.key for one in oss2.ObjectIteratorV2(filled, start_after="photos/3.jpg")] == KEYS[4:]
    folded = list(oss2.ObjectIteratorV2(filled, delimiter="/", max_keys=1))
    assert [one.key for one in folded] == ["a.txt", "photos/", "z + %2F.txt"]
    assert filled.list_objects_v2().object_list[0].owner is None
    assert filled.list_objects_v2(fetch_owner=True).object_list[0].owner.id
    first = filled.list_objects_v2().object_list[0]
    assert (first.key, first.size, first.type, first.storage_class) == ("a.txt", 5, "Normal", "Standard")


@pytest.mark.contract("OSS GetBucket: max-keys is 1 to 1000")
def test_a_listing_has_limits(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_objects(max_keys=1001)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.list_objects_v2(continuation_token="not one of ours")


@pytest.mark.contract("OSS DeleteMultipleObjects: the result names every key asked for; quiet names none; Content-MD5 is checked")
def test_batch_delete(filled: Any) -> None:
    assert filled.batch_delete_objects([KEYS[0], "nothing"]).deleted_keys == [KEYS[0], "nothing"]
    assert [one.key for one in oss2.ObjectIterator(filled)] == KEYS[1:]


@pytest.mark.contract("wire.md A1: a bucket may be the first label of the host")
def test_virtual_host_style(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("a/b c", b"x")
    url = bucket.sign_url("GET", "a/b c", 60)
    target = url.removeprefix(cloud.endpoint).removeprefix(f"/{bucket.bucket_name}")
    host = f"{bucket.bucket_name}.oss-{REGION}.aliyuncs.com"
    assert cloud.storage.serve(Request("GET", target, Headers([("Host", host)]))).status == 200
