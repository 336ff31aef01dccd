"""Objects through the official oss2 SDK."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import oss2
import pytest
import requests

from localcloud.door.intake import IN_MEMORY
from tests.contract.oss.server import LocalOss, auth_for

ODD_KEYS = [
    "a b/c d.jpg",
    "plus+and%2Fpercent%",
    "猫/摄像头.mp4",
    "clip-🎬.mp4",
    "../../etc/passwd",
    "a/../b/./c//d",
    "?query=1&b#fragment",
    "tab\tand\x0ccontrol",  # as tests/test_chinese.py of the SDK does on the real service
    "x" * 1023,
    "猫" * 341,
    '~user\'s (1) [a] <b> "c"',
]


@pytest.mark.contract("wire.md A2/A3: oss2 2.19.1 checks CRC and parses every answer itself; key rules: OSS naming conventions")
@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_survives_put_get_head_list_and_delete(signed_bucket: Any, key: str) -> None:
    # GIVEN an object with an odd name
    content = f"content of {key!r}".encode()
    put = signed_bucket.put_object(key, content)
    # THEN each operation finds it under exactly that name
    assert put.etag == hashlib.md5(content).hexdigest().upper()
    assert signed_bucket.get_object(key).read() == content
    assert signed_bucket.head_object(key).content_length == len(content)
    assert [one.key for one in oss2.ObjectIterator(signed_bucket)] == [key]
    assert [one.key for one in oss2.ObjectIteratorV2(signed_bucket)] == [key]
    assert signed_bucket.batch_delete_objects([key]).deleted_keys == [key]
    assert not signed_bucket.object_exists(key)


@pytest.mark.contract("OSS naming conventions: 1 to 1023 bytes of UTF-8, not beginning with / or \\")
@pytest.mark.parametrize("key", ["/leading", "\\leading", "x" * 1024, "猫" * 342])
def test_a_key_against_the_rules_is_refused(bucket: Any, key: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidObjectName):
        bucket.put_object(key, b"x")


@pytest.mark.contract("oss2.exceptions: NoSuchKey and NoSuchBucket by status and code; HEAD by x-oss-err")
def test_what_is_missing_is_named(cloud: LocalOss, bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("nothing")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.head_object("nothing")
    with pytest.raises(oss2.exceptions.NoSuchBucket):
        cloud.bucket(auth_for("v4"), "no-such-bucket").put_object("k", b"x")
    assert bucket.delete_object("nothing").status == 204


@pytest.mark.contract("OSS PutObject: Content-Type, x-oss-meta-* and the standard headers are returned by GET and HEAD")
def test_headers_and_user_metadata_are_kept(bucket: Any) -> None:
    given = {
        "Content-Type": "video/mp4",
        "Cache-Control": "no-cache",
        "Content-Disposition": 'inline; filename="a.mp4"',
        "x-oss-meta-camera": "front door",
    }
    bucket.put_object("k", b"x", headers=given)
    head = bucket.head_object("k")
    assert {name: head.headers[name] for name in given} == given
    assert head.object_type == "Normal"
    assert head.headers["x-oss-hash-crc64ecma"]


@pytest.mark.contract("OSS GetObject: response-* query parameters override headers")
def test_a_presigned_url_may_override_response_headers(bucket: Any) -> None:
    bucket.put_object("k", b"x")
    url = bucket.sign_url("GET", "k", 60, params={"response-content-type": "text/x-test", "response-content-disposition": "attachment"})
    answer = requests.get(url, timeout=10)
    assert (answer.headers["Content-Type"], answer.headers["Content-Disposition"]) == ("text/x-test", "attachment")


@pytest.mark.contract("RFC 9110 field syntax: a header value has no line break")
def test_a_response_header_cannot_smuggle_another(bucket: Any) -> None:
    bucket.put_object("k", b"x")
    url = bucket.sign_url("GET", "k", 60, params={"response-content-type": "text/plain\r\nSet-Cookie: a=b"})
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.contract("OSS: x-oss-forbid-overwrite gives 409 FileAlreadyExists; a value other than true or false gives 400")
def test_forbid_overwrite_creates_only(bucket: Any) -> None:
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("k", b"first", headers=forbid)
    writes: list[Callable[[], object]] = [
        lambda: bucket.put_object("k", b"second", headers=forbid),
        lambda: bucket.copy_object(bucket.bucket_name, "k", "k", headers=forbid),
        lambda: bucket.init_multipart_upload("k", headers=forbid),
    ]
    for write in writes:
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            write()
        assert (refusal.value.status, refusal.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("k").read() == b"first"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object("k", b"x", headers={"x-oss-forbid-overwrite": "yes"})


@pytest.mark.contract("OSS PutObject: conditional headers are answered with 400 NotImplemented (EC 0017-00000245)")
def test_a_conditional_put_is_not_implemented(bucket: Any) -> None:
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.put_object("k", b"x", headers={"If-None-Match": "*"})


@pytest.mark.contract("OSS PutObject: Content-MD5 is checked; oss2.exceptions.InvalidDigest")
@pytest.mark.parametrize("digest", ["1B2M2Y8AsgTpgAmY7PhCfg==", "not base64"])
def test_content_that_is_not_what_its_digest_says_is_refused(cloud: LocalOss, bucket: Any, digest: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidDigest):
        bucket.put_object("k", b"content", headers={"Content-MD5": digest})
    assert not bucket.object_exists("k")
    assert cloud.blob_files() == []


@pytest.mark.contract("OSS range download: a range that leaves the object is ignored, unless x-oss-range-behavior is standard")
@pytest.mark.parametrize(
    ("wanted", "standard", "status", "content"),
    [
        ("bytes=0-9", False, 206, b"0123456789"),
        ("bytes=15-19", False, 206, b"fghij"),
        ("bytes=5-", False, 206, b"56789abcdefghij"),
        ("bytes=-4", False, 206, b"ghij"),
        ("bytes=15-25", False, 200, b"0123456789abcdefghij"),
        ("bytes=20-", False, 200, b"0123456789abcdefghij"),
        ("bytes=-21", False, 200, b"0123456789abcdefghij"),
        ("bytes=-0", False, 200, b"0123456789abcdefghij"),
        ("bytes=9-5", False, 200, b"0123456789abcdefghij"),
        ("bytes=0-1,3-4", False, 200, b"0123456789abcdefghij"),
        ("bytes=15-25", True, 206, b"fghij"),
        ("bytes=20-", True, 416, None),
        ("bytes=-21", True, 206, b"0123456789abcdefghij"),
    ],
)
def test_ranges_follow_the_rule_of_oss(bucket: Any, wanted: str, standard: bool, status: int, content: bytes | None) -> None:
    bucket.put_object("k", b"0123456789abcdefghij")
    headers = {"Range": wanted, **({"x-oss-range-behavior": "standard"} if standard else {})}
    answer = requests.get(bucket.sign_url("GET", "k", 60, headers=headers), headers=headers, timeout=10)
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content
    if status == 206 and content:
        assert answer.headers["Content-Range"].endswith("/20")


@pytest.mark.contract("OSS GetObject: If-None-Match 304, If-Match 412, dates alike; used by oss2's resumable_download")
def test_conditional_reads(bucket: Any) -> None:
    etag = bucket.put_object("k", b"x").etag
    modified = bucket.head_object("k").headers["Last-Modified"]
    with pytest.raises(oss2.exceptions.NotModified):
        bucket.get_object("k", headers={"If-None-Match": f'"{etag}"'})
    with pytest.raises(oss2.exceptions.NotModified):
        bucket.get_object("k", headers={"If-Modified-Since": modified})
    with pytest.raises(oss2.exceptions.PreconditionFailed):
        bucket.get_object("k", headers={"If-Match": '"0"'})
    assert bucket.get_object("k", headers={"If-Match": f'"{etag}"', "If-Unmodified-Since": modified}).read() == b"x"


@pytest.mark.contract("OSS AppendObject: position must equal the length, else 409 with x-oss-next-append-position; oss2 checks the CRC")
def test_an_append_is_a_compare_and_swap(bucket: Any) -> None:
    first = bucket.append_object("log", 0, b"one\n", init_crc=0)
    second = bucket.append_object("log", first.next_position, b"two\n", init_crc=first.crc)
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as refusal:
        bucket.append_object("log", first.next_position, b"late\n")
    assert refusal.value.next_position == second.next_position == 8
    assert bucket.get_object("log").read() == b"one\ntwo\n"
    assert bucket.head_object("log").object_type == "Appendable"
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength):
        bucket.append_object("new", 5, b"x")


@pytest.mark.contract("OSS AppendObject: 409 ObjectNotAppendable; PutObject replaces an appendable object; a copy of one is normal")
def test_appendable_and_normal_objects_differ(bucket: Any) -> None:
    bucket.append_object("log", 0, b"one")
    bucket.copy_object(bucket.bucket_name, "log", "copy")
    with pytest.raises(oss2.exceptions.ObjectNotAppendable):
        bucket.append_object("copy", 3, b"x")
    bucket.put_object("log", b"whole")
    assert bucket.head_object("log").object_type == "Normal"


@pytest.mark.contract("OSS CopyObject: content is kept; metadata is the source's, or the request's with REPLACE")
def test_copies_and_metadata_updates(bucket: Any) -> None:
    bucket.put_object("源 a", b"content", headers={"x-oss-meta-a": "1", "Content-Type": "text/x-one"})
    copied = bucket.copy_object(bucket.bucket_name, "源 a", "b")
    assert copied.etag == hashlib.md5(b"content").hexdigest().upper()
    assert bucket.get_object("b").read() == b"content"
    assert bucket.head_object("b").headers["x-oss-meta-a"] == "1"
    bucket.update_object_meta("b", {"x-oss-meta-b": "2", "Content-Type": "text/x-two"})
    head = bucket.head_object("b")
    assert (head.headers.get("x-oss-meta-a"), head.headers["x-oss-meta-b"], head.content_type) == (None, "2", "text/x-two")
    assert bucket.get_object("b").read() == b"content"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.copy_object(bucket.bucket_name, "nothing", "c")


@pytest.mark.contract("OSS GetObjectMeta, tagging, object ACL, symlink as oss2 parses them")
def test_the_smaller_operations(bucket: Any) -> None:
    bucket.put_object("k", b"12345", headers={"x-oss-tagging": "a=1&%E7%8C%AB=c%2Fd"})
    assert bucket.get_object_meta("k").content_length == 5
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a": "1", "猫": "c/d"}
    rule = oss2.models.TaggingRule()
    rule.add("c", "3")
    bucket.put_object_tagging("k", oss2.models.Tagging(rule))
    assert bucket.head_object("k").headers["x-oss-tagging-count"] == "1"
    bucket.delete_object_tagging("k")
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {}
    assert bucket.get_object_acl("k").acl == "default"
    bucket.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ)
    assert bucket.get_object_acl("k").acl == "public-read"
    bucket.put_symlink("k", "a link/猫", headers={"x-oss-meta-own": "1"})
    assert bucket.get_symlink("a link/猫").target_key == "k"
    assert bucket.get_object("a link/猫").read() == b"12345"
    link = bucket.head_object("a link/猫")
    assert (link.content_length, link.headers["x-oss-meta-own"], link.object_type) == (5, "1", "Symlink")
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_object("k", b"x", headers={"x-oss-tagging": "a=%25"})


@pytest.mark.contract("oss2 get_object_to_file and put_object_from_file with their CRC check; chunked upload of an iterable")
def test_large_content_comes_back_as_it_went(tmp_path: Path, bucket: Any) -> None:
    content = bytes(range(256)) * (3 * IN_MEMORY // 256) + b"end"
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    bucket.put_object_from_file("file", str(source))
    bucket.get_object_to_file("file", str(target))
    assert target.read_bytes() == content
    bucket.put_object("chunked", (content[start : start + 100_000] for start in range(0, len(content), 100_000)))
    assert bucket.get_object("chunked").read() == content
    assert bucket.put_object("empty", b"").etag == "D41D8CD98F00B204E9800998ECF8427E"
    assert bucket.get_object("empty").read() == b""


@pytest.mark.contract("OSS answers what it does not have with 400 NotImplemented, and a wrong method with 405")
def test_an_unknown_operation_gets_the_clouds_own_error(bucket: Any) -> None:
    bucket.put_object("k", b"x")
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.get_bucket_worm()
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.select_object("k", "select * from ossobject")
    assert bucket.get_object("k").read() == b"x"


TOO_LONG = "9" * 5000


@pytest.mark.contract("house rule: bad input gets the cloud's own error; Python reads no number of more than 4300 digits")
def test_a_number_of_any_length_is_answered(bucket: Any) -> None:
    bucket.put_object("k", b"0123456789")
    assert bucket.get_object("k", headers={"Range": f"bytes=0-{TOO_LONG}"}).read() == b"0123456789"
    upload = bucket.init_multipart_upload("k").upload_id
    calls: list[Callable[[], object]] = [
        lambda: bucket.list_objects(max_keys=TOO_LONG),
        lambda: bucket.append_object("log", TOO_LONG, b"x"),
        lambda: bucket.get_object("k", process=f"video/snapshot,t_{TOO_LONG},f_jpg"),
        lambda: bucket.complete_multipart_upload("k", upload, [oss2.models.PartInfo(TOO_LONG, "0")]),
        lambda: bucket.upload_part_copy(bucket.bucket_name, "k", (0, TOO_LONG), "k", upload, 1),
    ]
    for call in calls:
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            call()
        assert refusal.value.status == 400


@pytest.mark.contract("OSS CopyObject: of a symlink the link is copied, not what it points to")
def test_a_copied_symlink_is_a_symlink(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("k", b"12345")
    bucket.put_symlink("k", "link")
    bucket.copy_object(bucket.bucket_name, "link", "copy")
    bucket.update_object_meta("link", {"x-oss-meta-a": "1"})
    for name in ("copy", "link"):
        assert bucket.get_symlink(name).target_key == "k"
        assert bucket.get_object(name).read() == b"12345"
    assert bucket.head_object("link").headers["x-oss-meta-a"] == "1"
    bucket.put_symlink("link", "second")
    with pytest.raises(oss2.exceptions.ServerError, match="SymlinkTargetNotExist"):
        bucket.get_object("second")
    assert cloud.storage.find(bucket.bucket_name, "second") is None


@pytest.mark.contract("RFC 9110 field syntax: no control characters, and white space around a value is none of it")
@pytest.mark.parametrize(("wanted", "status", "sent"), [(" text/x-test ", 200, "text/x-test"), ("a\x0cb", 400, "application/xml")])
def test_a_response_header_is_sent_as_one(bucket: Any, wanted: str, status: int, sent: str) -> None:
    bucket.put_object("k", b"x")
    answer = requests.get(bucket.sign_url("GET", "k", 60, params={"response-content-type": wanted}), timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, sent)


@pytest.mark.contract("oss2 make_exception: an error document of more than 4096 bytes is not understood")
def test_an_error_is_short_enough_to_be_read(bucket: Any) -> None:
    for method in (bucket.get_object, bucket.head_object):
        with pytest.raises(oss2.exceptions.NoSuchKey):
            method("&" * 1023)
    url = bucket.sign_url("GET", "&" * 1023, 60)
    for host in ("&" * 8000, "h" * 8000):
        answer = requests.get(url, headers={"Host": host}, timeout=10)
        assert len(answer.content) <= 4096
        assert ElementTree.fromstring(answer.content).findtext("Code")


ENCRYPTION = "x-oss-server-side-encryption"


@pytest.mark.contract("OSS PutObject, CopyObject, InitiateMultipartUpload: x-oss-server-side-encryption is answered by writes and reads")
def test_encryption_that_was_asked_for_is_answered(bucket: Any) -> None:
    asked = {ENCRYPTION: "AES256"}
    assert bucket.put_object("k", b"x", headers=asked).headers[ENCRYPTION] == "AES256"
    for found in (bucket.head_object("k"), bucket.get_object("k")):
        assert found.headers[ENCRYPTION] == "AES256"
    begun = bucket.init_multipart_upload("parts", headers=asked)
    part = bucket.upload_part("parts", begun.upload_id, 1, b"x")
    done = bucket.complete_multipart_upload("parts", begun.upload_id, [oss2.models.PartInfo(1, part.etag)])
    appended = bucket.append_object("log", 0, b"x", headers=asked)
    assert [one.headers[ENCRYPTION] for one in (begun, part, done, appended, bucket.head_object("parts"))] == ["AES256"] * 5
    kms = {ENCRYPTION: "KMS", f"{ENCRYPTION}-key-id": "9468da86-3509-4f8d-a61e-6eab1eac0000"}
    bucket.copy_object(bucket.bucket_name, "k", "copy", headers=kms)
    assert kms.items() <= dict(bucket.head_object("copy").headers).items()
    bucket.copy_object(bucket.bucket_name, "k", "plain")
    assert ENCRYPTION not in bucket.head_object("plain").headers


@pytest.mark.contract("OSS error codes: 400 InvalidEncryptionAlgorithmError; KMSMasterKeyID is for KMS")
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({ENCRYPTION: "ROT13"}, "InvalidEncryptionAlgorithmError"),
        ({f"{ENCRYPTION}-key-id": "key"}, "InvalidEncryptionAlgorithmError"),
        ({ENCRYPTION: "AES256", f"{ENCRYPTION}-key-id": "key"}, "InvalidArgument"),
    ],
)
def test_encryption_that_does_not_exist_is_refused(bucket: Any, headers: dict[str, str], code: str) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.put_object("k", b"x", headers=headers)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert not bucket.object_exists("k")


@pytest.mark.contract("OSS CopyObject: 412 where if-match or if-unmodified-since fails, 304 where if-none-match or if-modified-since does")
@pytest.mark.parametrize(
    ("condition", "value", "status"),
    [
        ("if-match", "0" * 32, 412),
        ("if-unmodified-since", "Fri, 01 Jan 2010 00:00:00 GMT", 412),
        ("if-none-match", hashlib.md5(b"x").hexdigest().upper(), 304),
        ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT", 304),
    ],
)
def test_a_copy_under_a_condition_that_does_not_hold(bucket: Any, condition: str, value: str, status: int) -> None:
    bucket.put_object("k", b"x")
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.copy_object(bucket.bucket_name, "k", "copy", headers={f"x-oss-copy-source-{condition}": value})
    assert refusal.value.status == status
    assert not bucket.object_exists("copy")
