"""Multipart uploads through the official oss2 SDK."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import oss2
import pytest
from oss2.models import PartInfo

from tests.contract.oss.server import LocalOss

PART = 100 * 1024


@pytest.mark.contract("oss2.resumable_upload: parts, complete, and its CRC check over all of them; ETag is `<md5>-<parts>`")
def test_a_resumable_upload(tmp_path: Path, cloud: LocalOss, signed_bucket: Any) -> None:
    content = b"".join(bytes([number]) * PART for number in range(5)) + b"tail"
    source = tmp_path / "clip.mp4"
    source.write_bytes(content)
    oss2.resumable_upload(
        signed_bucket,
        "猫 clip.mp4",
        str(source),
        store=oss2.ResumableStore(root=str(tmp_path)),
        multipart_threshold=PART,
        part_size=PART,
        num_threads=3,
    )
    head = signed_bucket.head_object("猫 clip.mp4")
    digests = b"".join(hashlib.md5(content[start : start + PART]).digest() for start in range(0, len(content), PART))
    assert head.etag == f"{hashlib.md5(digests).hexdigest().upper()}-6"
    assert (head.object_type, head.content_type) == ("Multipart", "video/mp4")
    assert signed_bucket.get_object("猫 clip.mp4").read() == content
    assert list(oss2.MultipartUploadIterator(signed_bucket)) == []


@pytest.mark.contract("oss2 list_parts, list_multipart_uploads and abort; DELETE ?uploadId answers 204, then 404 NoSuchUpload")
def test_parts_and_uploads_are_listed_until_aborted(bucket: Any) -> None:
    ids = [bucket.init_multipart_upload(key).upload_id for key in ("a/1", "a/1", "a/2", "b")]
    for number in (3, 1, 2):
        bucket.upload_part("b", ids[3], number, bytes([number]) * number)
    assert [(part.part_number, part.size) for part in oss2.PartIterator(bucket, "b", ids[3], max_parts=2)] == [(1, 1), (2, 2), (3, 3)]
    listed = [(one.key, one.upload_id) for one in oss2.MultipartUploadIterator(bucket, max_uploads=1)]
    assert sorted(listed) == sorted(zip(("a/1", "a/1", "a/2", "b"), ids, strict=True))
    assert [one.key for one in oss2.MultipartUploadIterator(bucket, delimiter="/", max_uploads=1)] == ["a/", "b"]
    bucket.abort_multipart_upload("b", ids[3])
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.upload_part("b", ids[3], 1, b"x")
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.abort_multipart_upload("b", ids[3])


@pytest.mark.contract("OSS CompleteMultipartUpload: InvalidPart, InvalidPartOrder, EntityTooSmall below 100 KiB")
def test_a_wrong_list_of_parts_is_refused_and_changes_nothing(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    first, second = (PartInfo(number, bucket.upload_part("k", upload, number, b"x" * 10).etag) for number in (1, 2))
    for parts, code in (([first, PartInfo(2, first.etag), PartInfo(3, "0" * 32)], "InvalidPart"), ([first, second], "EntityTooSmall")):
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            bucket.complete_multipart_upload("k", upload, parts)
        assert (refusal.value.status, refusal.value.code) == (400, code)
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.complete_multipart_upload("k", upload, [second, second])
    assert refusal.value.code == "InvalidPartOrder"
    assert not bucket.object_exists("k")
    bucket.complete_multipart_upload("k", upload, [second])
    assert bucket.get_object("k").read() == b"x" * 10


@pytest.mark.contract("OSS UploadPartCopy with x-oss-copy-source-range")
def test_a_part_copied_from_another_object(bucket: Any) -> None:
    bucket.put_object("源", bytes(range(200)))
    upload = bucket.init_multipart_upload("k").upload_id
    for wanted, content in (((50, 99), range(50, 100)), ((150, None), range(150, 200)), (None, range(200))):
        part = bucket.upload_part_copy(bucket.bucket_name, "源", wanted, "k", upload, 1)
        assert part.etag == hashlib.md5(bytes(content)).hexdigest().upper()
    bucket.complete_multipart_upload("k", upload, [PartInfo(1, part.etag)])
    assert bucket.get_object("k").read() == bytes(range(200))


@pytest.mark.contract("assumption: the upload's own properties become the object's")
def test_what_is_said_at_the_beginning_holds_at_the_end(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("k", headers={"Content-Type": "video/mp4", "x-oss-meta-a": "1"}).upload_id
    bucket.complete_multipart_upload("k", upload, [PartInfo(1, bucket.upload_part("k", upload, 1, b"x").etag)])
    head = bucket.head_object("k")
    assert (head.content_type, head.headers["x-oss-meta-a"]) == ("video/mp4", "1")
