"""PostObject: what a browser's form sends, made with requests, since no SDK posts forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import oss2
import pytest
import requests

from localcloud.identity import Credential
from tests.contract.oss.server import ACCOUNT, BUCKET, REGION, LocalOss, eventually

Fields = dict[str, str]


def policy(*conditions: Any, seconds: float = 600) -> str:
    expiration = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + seconds))
    return base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions or [{"bucket": BUCKET}]}).encode()).decode()


def signed(encoded: str, key: Credential = ACCOUNT) -> Fields:
    signature = base64.b64encode(hmac.new(key.access_key_secret.encode(), encoded.encode(), "sha1").digest()).decode()
    token = {"x-oss-security-token": key.security_token} if key.security_token else {}
    return {"OSSAccessKeyId": key.access_key_id, "policy": encoded, "Signature": signature, **token}


def signed_v4(encoded: str, region: str = REGION) -> Fields:
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{date[:8]}/{region}/oss/aliyun_v4_request"
    key = f"aliyun_v4{ACCOUNT.access_key_secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return {
        "policy": encoded,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{ACCOUNT.access_key_id}/{scope}",
        "x-oss-date": date,
        "x-oss-signature": hmac.new(key, encoded.encode(), "sha256").hexdigest(),
    }


def post(cloud: LocalOss, fields: Fields, content: bytes = b"hello", name: str = "a.txt") -> requests.Response:
    file = (name, content, "text/plain")
    return requests.post(f"{cloud.endpoint}/{BUCKET}/", data=fields, files={"file": file}, allow_redirects=False, timeout=30)


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


@pytest.mark.contract(
    '"PostObject" of OSS: 204 without a body by default, headers ETag and crc; fields become what headers are; an event of its own'
)
def test_a_form_makes_an_object(cloud: LocalOss, bucket: Any) -> None:
    fields = {"key": "小/${filename}", "x-oss-meta-who": "me", "Cache-Control": "no-cache", "x-oss-object-acl": "public-read"}
    answer = post(cloud, {**fields, **signed(policy())})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["ETag"] == f'"{hashlib.md5(b"hello").hexdigest().upper()}"'
    found = bucket.get_object("小/a.txt")
    assert found.read() == b"hello"
    assert (found.headers["x-oss-meta-who"], found.headers["Cache-Control"], found.content_type) == ("me", "no-cache", "text/plain")
    assert bucket.get_object_acl("小/a.txt").acl == "public-read"
    assert eventually(lambda: [event.name for event in cloud.listener.named("小/a.txt")] == ["ObjectCreated:PostObject"])


@pytest.mark.contract(
    '"PostObject" of OSS: success_action_status 200 and 201 with a PostResponse; success_action_redirect adds bucket, key and etag'
)
def test_what_a_form_is_answered_with(cloud: LocalOss, bucket: Any) -> None:
    fields = {"key": "k", **signed(policy())}
    assert post(cloud, {**fields, "success_action_status": "200"}).status_code == 200
    created = post(cloud, {**fields, "success_action_status": "201"})
    assert created.status_code == 201
    assert f"<Bucket>{BUCKET}</Bucket>" in created.text
    assert "<Key>k</Key>" in created.text
    assert post(cloud, {**fields, "success_action_status": "500"}).status_code == 204
    away = post(cloud, {**fields, "success_action_redirect": "http://example.com/done?x=1"})
    assert away.status_code == 303
    assert away.headers["Location"].startswith(f"http://example.com/done?x=1&bucket={BUCKET}&key=k&etag=%22")


@pytest.mark.contract('"PostObject" of OSS: signatures of version 1 and 4, with temporary keys too')
def test_who_may_post(cloud: LocalOss, bucket: Any) -> None:
    assert post(cloud, {"key": "k", **signed_v4(policy())}).status_code == 204
    temporary = cloud.keyring.issue("role", 900)
    assert post(cloud, {"key": "k", **signed(policy(), temporary)}).status_code == 204
    bucket.delete_object("k")
    refused = [
        ((403, "AccessDenied"), {}),
        ((403, "SignatureDoesNotMatch"), {**signed(policy()), "Signature": "AAAA"}),
        ((403, "SignatureDoesNotMatch"), {**signed(policy()), "policy": policy(["starts-with", "$key", "k"])}),
        ((403, "InvalidAccessKeyId"), {**signed(policy()), "OSSAccessKeyId": "nobody"}),
        ((400, "InvalidArgument"), {key: value for key, value in signed(policy()).items() if key != "policy"}),
        ((400, "InvalidArgument"), signed_v4(policy(), "cn-beijing")),
        ((403, "InvalidSecurityToken"), {**signed(policy(), temporary), "x-oss-security-token": "x"}),
    ]
    for expected, fields in refused:
        assert code(post(cloud, {"key": "k", **fields})) == expected
    assert not bucket.object_exists("k")
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    assert post(cloud, {"key": "k"}).status_code == 204


@pytest.mark.contract('"Appendix: Policy" of PostObject: expiration; eq, starts-with, in, not-in and content-length-range')
def test_what_a_policy_allows(cloud: LocalOss, bucket: Any) -> None:
    allowed: list[list[Any]] = [
        [["starts-with", "$key", "user/"], {"bucket": BUCKET}],
        [["eq", "$key", "user/a"], ["content-length-range", 1, 5]],
        [["in", "$key", ["user/a", "b"]], ["not-in", "$content-type", ["image/png"]]],
    ]
    for conditions in allowed:
        assert post(cloud, {"key": "user/a", "content-type": "text/plain", **signed(policy(*conditions))}).status_code == 204
    bucket.delete_object("user/a")
    denied: list[tuple[tuple[int, str], str]] = [
        ((403, "AccessDenied"), policy(["starts-with", "$key", "other/"])),
        ((403, "AccessDenied"), policy({"bucket": "another"})),
        ((403, "AccessDenied"), policy(["eq", "$x-oss-meta-none", "1"])),
        ((403, "AccessDenied"), policy(seconds=-1)),
        ((400, "EntityTooLarge"), policy(["content-length-range", 0, 4])),
        ((400, "EntityTooSmall"), policy(["content-length-range", 6, 10])),
        ((400, "InvalidPolicyDocument"), policy(["around", "$key", "x"])),
        ((400, "InvalidPolicyDocument"), policy("key")),
        ((400, "InvalidPolicyDocument"), policy(["content-length-range", "a", "b"])),
        ((400, "InvalidPolicyDocument"), base64.b64encode(b"{}").decode()),
        ((400, "InvalidPolicyDocument"), "!"),
    ]
    for expected, encoded in denied:
        assert code(post(cloud, {"key": "user/a", **signed(encoded)})) == expected
    assert not bucket.object_exists("user/a")


@pytest.mark.contract(
    "error codes of PostObject: RequestIsNotMultiPartContent, MalformedPOSTRequest, IncorrectNumberOfFilesInPOSTRequest …"
)
def test_forms_that_are_none(cloud: LocalOss, bucket: Any) -> None:
    url, kind = f"{cloud.endpoint}/{BUCKET}/", {"Content-Type": "multipart/form-data; boundary=XX"}
    whole = b'--XX\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--XX--\r\n'
    assert code(requests.post(url, data={"key": "k"}, timeout=10)) == (400, "RequestIsNotMultiPartContent")
    assert code(requests.post(url, data=whole, headers=kind, timeout=10)) == (400, "IncorrectNumberOfFilesInPOSTRequest")
    for broken in (
        b"",
        b"--XX",
        whole[:-8],
        b"junk",
        b"--XX\r\n\r\n\r\n--XX",
        whole.replace(b"name", b"nom"),
        whole.replace(b"k\r", b"\xff\r"),
    ):
        assert code(requests.post(url, data=broken, headers=kind, timeout=10)) == (400, "MalformedPOSTRequest")
    assert code(post(cloud, signed(policy()))) == (400, "InvalidArgument")
    assert code(post(cloud, {"key": "/k", **signed(policy())})) == (400, "InvalidObjectName")
    assert code(post(cloud, {"key": "k", "note": "x" * 70_000, **signed(policy())})) == (400, "FieldItemTooLong")
    assert code(post(cloud, {"key": "k", "Content-MD5": "AAAA", **signed(policy())})) == (400, "InvalidDigest")
    assert code(post(cloud, {"key": "k", "x-oss-meta-a": "a\r\nb", **signed(policy())})) == (400, "InvalidArgument")
    assert not oss2.ObjectIterator(bucket).entries
    assert not cloud.blob_files()


@pytest.mark.contract("our assumption: the file's bytes are kept as they are, whatever they look like and however many they are")
@pytest.mark.parametrize("content", [b"", b"\r\n--", b"\r\n" * 1000, bytes(range(256)) * 12_000], ids=["empty", "dashes", "lines", "3 MB"])
def test_the_content_of_a_form(cloud: LocalOss, bucket: Any, content: bytes) -> None:
    assert post(cloud, {"key": "k", **signed(policy())}, content).status_code == 204
    assert bucket.get_object("k").read() == content


@pytest.mark.contract('"PostObject" of OSS: x-oss-forbid-overwrite, tags and storage class as in PutObject')
def test_a_form_says_what_headers_say(cloud: LocalOss, bucket: Any) -> None:
    fields = {"key": "k", "x-oss-tagging": "a=1", "x-oss-storage-class": "IA", "x-oss-forbid-overwrite": "true", **signed(policy())}
    assert post(cloud, fields).status_code == 204
    assert bucket.get_object_tagging("k").tag_set.tagging_rule == {"a": "1"}
    assert bucket.head_object("k").headers["x-oss-storage-class"] == "IA"
    assert code(post(cloud, fields)) == (409, "FileAlreadyExists")
