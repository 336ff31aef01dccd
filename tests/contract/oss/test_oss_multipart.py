"""Multipart uploads through the official oss2 SDK."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import oss2
import pytest
import requests
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


@pytest.mark.contract("our assumption: the upload's own properties become the object's")
def test_what_is_said_at_the_beginning_holds_at_the_end(bucket: Any) -> None:
    upload = bucket.init_multipart_upload("k", headers={"Content-Type": "video/mp4", "x-oss-meta-a": "1"}).upload_id
    bucket.complete_multipart_upload("k", upload, [PartInfo(1, bucket.upload_part("k", upload, 1, b"x").etag)])
    head = bucket.head_object("k")
    assert (head.content_type, head.headers["x-oss-meta-a"]) == ("video/mp4", "1")


@pytest.mark.contract(
    "test_multipart_sequential and test_upload_sequenial of oss2, whose host is written in: parts in order; then GET gives Content-MD5"
)
def test_a_sequential_upload(tmp_path: Path, bucket: Any) -> None:
    content = bytes(range(256)) * 1600
    (tmp_path / "file").write_bytes(content)
    sizes = {"multipart_threshold": 200 * 1024, "part_size": 100 * 1024}
    oss2.resumable_upload(bucket, "k", str(tmp_path / "file"), num_threads=3, **sizes)
    assert "Content-MD5" not in bucket.get_object("k").headers
    oss2.resumable_upload(bucket, "k", str(tmp_path / "file"), num_threads=1, params={"sequential": ""}, **sizes)
    assert bucket.get_object("k").headers["Content-MD5"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    upload = bucket.init_multipart_upload("k", params={"sequential": ""}).upload_id
    with pytest.raises(oss2.exceptions.PartNotSequential):
        bucket.upload_part("k", upload, 2, b"x")
    bucket.upload_part("k", upload, 1, b"x")
    with pytest.raises(oss2.exceptions.PartNotSequential):
        bucket.upload_part("k", upload, 1, b"y")


@pytest.mark.contract(
    "OSS HeadObject: Content-MD5 of a normal object; a copy of an appendable one is normal, its ETag the MD5 (assumption)"
)
def test_the_digest_of_normal_objects(bucket: Any) -> None:
    digest = base64.b64encode(hashlib.md5(b"ab").digest()).decode()
    bucket.append_object("log", 0, b"a")
    bucket.append_object("log", 1, b"b")
    assert "Content-MD5" not in bucket.head_object("log").headers
    bucket.copy_object(bucket.bucket_name, "log", "copy")
    assert bucket.head_object("copy").headers["Content-MD5"] == digest
    bucket.copy_object(bucket.bucket_name, "log", "log")
    assert (bucket.head_object("log").headers["Content-MD5"], bucket.get_object("log").read()) == (digest, b"ab")


@pytest.mark.contract("our assumption: of several completions of one upload one counts, the others find NoSuchUpload; the object is whole")
def test_an_upload_completed_by_many_at_once(bucket: Any) -> None:
    def complete(attempt: tuple[str, list[PartInfo]]) -> tuple[int, str]:
        try:
            return int(bucket.complete_multipart_upload("k", *attempt).status), ""
        except oss2.exceptions.ServerError as error:
            return int(error.status), str(error.code)

    for _ in range(5):
        upload = bucket.init_multipart_upload("k").upload_id
        parts = [PartInfo(number, bucket.upload_part("k", upload, number, bytes([number]) * 102400).etag) for number in (1, 2)]
        with ThreadPoolExecutor(6) as threads:
            assert sorted(threads.map(complete, [(upload, parts)] * 6)) == [(200, ""), *[(404, "NoSuchUpload")] * 5]
        assert bucket.get_object("k").read() == b"\1" * 102400 + b"\2" * 102400


@pytest.mark.contract(
    "our assumption: of uploads of one key each is on its own, and the one completed last is the object; parts may be sent anew"
)
def test_several_uploads_of_one_key(bucket: Any) -> None:
    uploads = [bucket.init_multipart_upload("k").upload_id for _ in range(4)]

    def fill(index: int) -> list[PartInfo]:
        bucket.upload_part("k", uploads[index], 1, b"will be replaced")
        return [PartInfo(1, bucket.upload_part("k", uploads[index], 1, bytes([index]) * 1000).etag)]

    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(fill, range(4)))
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.complete_multipart_upload("k", uploads[0], parts[1])
    assert refusal.value.code == "InvalidPart"
    for index in (2, 0):
        bucket.complete_multipart_upload("k", uploads[index], parts[index])
    assert bucket.get_object("k").read() == b"\0" * 1000
    assert [one.upload_id for one in oss2.MultipartUploadIterator(bucket)] == sorted([uploads[1], uploads[3]])


@pytest.mark.contract("OSS CompleteMultipartUpload: MalformedXML for anything but a list of parts; the upload stays")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<CompleteMultipartUpload/>",
        b"<Other/>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>a</ETag></Part></CompleteMultipartUpload>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>',
        b"\xff\xfe<",
        b"<CompleteMultipartUpload>" * 5000,
    ],
)
def test_what_is_no_list_of_parts(cloud: LocalOss, bucket: Any, body: bytes) -> None:
    upload = bucket.init_multipart_upload("k").upload_id
    bucket.upload_part("k", upload, 1, b"x")
    url = bucket.sign_url("POST", "k", 60, params={"uploadId": upload})
    answer = requests.post(url, data=body, timeout=20)
    assert answer.status_code == 400
    assert "<Code>MalformedXML</Code>" in answer.text
    assert len(list(oss2.PartIterator(bucket, "k", upload))) == 1
