"""The main operations on objects through alibabacloud-oss-v2, the SDK that succeeds oss2. It signs with version 4."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
import requests

from localcloud.identity import Credential
from tests.contract.oss.server import ACCOUNT, BUCKET, REGION, LocalOss
from tests.contract.oss.test_oss_pictures import halves, saved

SDK = "alibabacloud-oss-v2 1.4: what it sends and reads"


def client_for(cloud: LocalOss, key: Credential = ACCOUNT, version: str = "v4") -> Any:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key.access_key_id, key.access_key_secret, key.security_token)
    config.region, config.endpoint, config.use_path_style, config.signature_version = REGION, cloud.endpoint, True, version
    return oss.Client(config)


@pytest.fixture(params=["v4", "v1"])
def client(cloud: LocalOss, request: pytest.FixtureRequest) -> Any:
    made = client_for(cloud, version=request.param)
    made.put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    return made


@pytest.fixture
def newest(cloud: LocalOss) -> Any:
    """With version 4 only: the SDK's version 1 leaves x-oss-process and the newer sub-resources unsigned, which OSS's documents do not."""
    made = client_for(cloud)
    made.put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    return made


def put(client: Any, key: str, body: Any, **options: Any) -> Any:
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=body, **options))


def get(client: Any, key: str, **options: Any) -> Any:
    return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key, **options))


def refusal(call: Any) -> tuple[int, str]:
    with pytest.raises(oss.exceptions.OperationError) as failed:
        call()
    error = failed.value.unwrap()
    return error.status_code, error.code


@pytest.mark.contract(SDK)
def test_objects(client: Any) -> None:
    put(client, "小 a/+", b"hello", metadata={"who": "me"}, tagging="a=1", forbid_overwrite=True)
    found = get(client, "小 a/+")
    assert (found.body.content, found.metadata["who"], found.tagging_count, found.content_length) == (b"hello", "me", 1, 5)
    assert get(client, "小 a/+", range_header="bytes=1-3", range_behavior="standard").body.content == b"ell"
    assert refusal(lambda: put(client, "小 a/+", b"again", forbid_overwrite=True)) == (409, "FileAlreadyExists")
    assert refusal(lambda: get(client, "none")) == (404, "NoSuchKey")
    assert refusal(lambda: client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="none"))) == (404, "NoSuchKey")
    assert client.is_object_exist(BUCKET, "小 a/+")
    assert not client.is_object_exist(BUCKET, "none")
    client.copy_object(oss.CopyObjectRequest(bucket=BUCKET, key="copy", source_key="小 a/+"))
    assert get(client, "copy").body.content == b"hello"
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="copy"))
    assert [
        one.key for page in client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=BUCKET)) for one in page.contents
    ] == ["小 a/+"]


@pytest.mark.contract(SDK)
def test_what_is_said_of_objects(client: Any) -> None:
    put(client, "k", b"x")
    client.put_object_acl(oss.PutObjectAclRequest(bucket=BUCKET, key="k", acl="public-read"))
    assert client.get_object_acl(oss.GetObjectAclRequest(bucket=BUCKET, key="k")).acl == "public-read"
    tags = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="a", value="1")]))
    client.put_object_tagging(oss.PutObjectTaggingRequest(bucket=BUCKET, key="k", tagging=tags))
    assert client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key="k")).tag_set.tags[0].value == "1"
    client.put_symlink(oss.PutSymlinkRequest(bucket=BUCKET, key="link", symlink_target="k"))
    assert client.get_symlink(oss.GetSymlinkRequest(bucket=BUCKET, key="link")).target == "k"
    assert get(client, "link").body.content == b"x"
    several = oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=[oss.DeleteObject(key="k"), oss.DeleteObject(key="link")])
    assert [one.key for one in client.delete_multiple_objects(several).deleted_objects] == ["k", "link"]


@pytest.mark.contract(SDK)
def test_append_and_multipart(client: Any, tmp_path: Path) -> None:
    first = client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key="log", position=0, body=b"one"))
    client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key="log", position=first.next_position, body=b"two"))
    assert get(client, "log").body.content == b"onetwo"
    again = oss.AppendObjectRequest(bucket=BUCKET, key="log", position=3, body=b"x")
    assert refusal(lambda: client.append_object(again)) == (409, "PositionNotEqualToLength")
    content = bytes(range(256)) * 4 * 1200
    (tmp_path / "a").write_bytes(content)
    uploaded = client.uploader(part_size=400 * 1024, parallel_num=3).upload_file(
        oss.PutObjectRequest(bucket=BUCKET, key="big"), str(tmp_path / "a")
    )
    assert uploaded.etag.strip('"').endswith("-3")
    client.downloader(part_size=300 * 1024).download_file(oss.GetObjectRequest(bucket=BUCKET, key="big"), str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == content
    client.copier(part_size=400 * 1024, multipart_copy_threshold=1).copy(oss.CopyObjectRequest(bucket=BUCKET, key="copy", source_key="big"))
    assert get(client, "copy").body.content == content


@pytest.mark.contract(SDK)
def test_process(newest: Any) -> None:
    put(newest, "a.png", saved(halves(), "PNG"))
    process = f"image/resize,w_50|sys/saveas,o_{base64.urlsafe_b64encode(b'b.png').decode()}"
    kept = newest.process_object(oss.ProcessObjectRequest(bucket=BUCKET, key="a.png", process=process))
    assert (kept.process_status, kept.key) == ("OK", "b.png")
    assert get(newest, "a.png", process="image/info").body.content.startswith(b"{")


@pytest.mark.contract(SDK)
def test_presigned(cloud: LocalOss, client: Any) -> None:
    url = client.presign(oss.PutObjectRequest(bucket=BUCKET, key="k", content_type="text/plain"))
    assert requests.put(url.url, data=b"x", headers=url.signed_headers, timeout=10).status_code == 200
    assert requests.put(url.url, data=b"y", headers={"Content-Type": "text/html"}, timeout=10).status_code == 403
    read = client.presign(oss.GetObjectRequest(bucket=BUCKET, key="k", response_content_type="text/csv"))
    answer = requests.get(read.url, timeout=10)
    assert (answer.content, answer.headers["Content-Type"]) == (b"x", "text/csv")
    temporary = client_for(cloud, cloud.keyring.issue("role", 900))
    assert get(temporary, "k").body.content == b"x"
    cloud.clock.ahead = 1000
    assert refusal(lambda: get(temporary, "k"))[0] == 403


@pytest.mark.contract(
    "operations of alibabacloud-oss-v2 1.4 that are not here get the cloud's own error, and never another operation's success"
)
def test_newer_operations_are_refused(newest: Any) -> None:
    put(newest, "k", b"x")
    calls = [
        lambda: newest.delete_bucket_storage_quota(oss.DeleteBucketStorageQuotaRequest(bucket=BUCKET)),
        lambda: newest.get_bucket_policy_status(oss.GetBucketPolicyStatusRequest(bucket=BUCKET)),
        lambda: newest.put_bucket_access_monitor(
            oss.PutBucketAccessMonitorRequest(BUCKET, oss.AccessMonitorConfiguration(status="Enabled"))
        ),
        lambda: newest.seal_append_object(oss.SealAppendObjectRequest(bucket=BUCKET, key="k", position=1)),
        lambda: newest.describe_regions(oss.DescribeRegionsRequest()),
    ]
    for call in calls:
        assert refusal(call) == (400, "NotImplemented")
    assert get(newest, "k").body.content == b"x"
