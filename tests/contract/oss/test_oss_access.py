"""Who may do what: signatures of every version, presigned URLs, temporary keys, anonymous readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests

from localcloud.identity import Credential
from tests.contract.oss.server import ACCOUNT, LocalOss, auth_for


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        call()
    return refused.value.status, refused.value.code


@pytest.mark.contract("OSS error codes: 403 SignatureDoesNotMatch, 403 InvalidAccessKeyId")
def test_a_wrong_secret_and_an_unknown_key_are_refused(cloud: LocalOss, signed_bucket: Any, version: str) -> None:
    wrong = cloud.bucket(auth_for(version, Credential(ACCOUNT.access_key_id, "another-secret")))
    unknown = cloud.bucket(auth_for(version, Credential("LTAIstranger", ACCOUNT.access_key_secret)))
    assert refusal(lambda: wrong.put_object("k", b"x")) == (403, "SignatureDoesNotMatch")
    assert refusal(lambda: unknown.put_object("k", b"x")) == (403, "InvalidAccessKeyId")
    assert not signed_bucket.object_exists("k")


@pytest.mark.contract("OSS: a clock more than 15 minutes off is refused with RequestTimeTooSkewed")
@pytest.mark.parametrize("ahead", [16 * 60, -16 * 60])
def test_a_clock_that_is_off_is_refused(cloud: LocalOss, signed_bucket: Any, ahead: float) -> None:
    cloud.clock.ahead = ahead
    assert refusal(lambda: signed_bucket.put_object("k", b"x")) == (403, "RequestTimeTooSkewed")
    cloud.clock.ahead = ahead * 14 / 16
    signed_bucket.put_object("k", b"x")


@pytest.mark.contract("OSS presigned URLs: GET and PUT by a client that knows no key; headers that were signed must be sent")
def test_presigned_urls_work_without_a_key(signed_bucket: Any) -> None:
    headers = {"Content-Type": "video/mp4", "x-oss-meta-a": "1"}
    put = signed_bucket.sign_url("PUT", "猫/a b+c.mp4", 60, headers=headers)
    assert requests.put(put, data=b"content", headers=headers, timeout=10).status_code == 200
    assert requests.put(put, data=b"content", headers={**headers, "Content-Type": "text/html"}, timeout=10).status_code == 403
    for slash_safe in (False, True):
        get = signed_bucket.sign_url("GET", "猫/a b+c.mp4", 60, slash_safe=slash_safe)
        answer = requests.get(get, timeout=10)
        assert (answer.content, answer.headers["Content-Type"]) == (b"content", "video/mp4")


@pytest.mark.contract("OSS presigned URLs: whatever is signed can't be changed")
def test_a_tampered_url_is_refused(signed_bucket: Any) -> None:
    signed_bucket.put_object("k", b"x")
    signed_bucket.put_object("other", b"x")
    url = signed_bucket.sign_url("GET", "k", 60)
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.delete(url, timeout=10).status_code == 403
    for tampered in (url.replace("/k?", "/other?"), url + "&response-content-type=text%2Fhtml", url[:-4] + "AAAA"):
        assert requests.get(tampered, timeout=10).status_code == 403


@pytest.mark.contract("OSS presigned URLs: 403 AccessDenied, Request has expired.")
def test_an_expired_url_is_refused(cloud: LocalOss, signed_bucket: Any) -> None:
    signed_bucket.put_object("k", b"x")
    url = signed_bucket.sign_url("GET", "k", 3600)
    cloud.clock.ahead = 3590
    assert requests.get(url, timeout=10).status_code == 200
    cloud.clock.ahead = 3610
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code><Message>Request has expired.</Message>" in answer.text


@pytest.mark.contract("OSS with STS: the token is signed with the request and in a URL; oss2.StsAuth")
def test_a_temporary_key_works_until_it_ends(cloud: LocalOss, signed_bucket: Any, version: str) -> None:
    issued = cloud.keyring.issue("function-role", 600)
    temporary = cloud.bucket(auth_for(version, issued))
    temporary.put_object("k", b"x")
    url = temporary.sign_url("GET", "k", 3600)
    assert requests.get(url, timeout=10).content == b"x"
    stolen = Credential(issued.access_key_id, issued.access_key_secret, "bm90IGEgdG9rZW4=.0")
    assert refusal(lambda: cloud.bucket(auth_for(version, stolen)).get_object("k")) == (403, "InvalidSecurityToken")
    cloud.clock.ahead = 601
    assert refusal(lambda: temporary.get_object("k")) == (403, "SecurityTokenExpired")
    assert requests.get(url, timeout=10).status_code == 403


@pytest.mark.contract("oss2's tests/test_exception_ec.py for a header, test_sign.py test_sign_v4_no_region for a URL: message and EC")
def test_another_region_is_refused(cloud: LocalOss, bucket: Any) -> None:
    elsewhere = oss2.Bucket(auth_for("v4"), cloud.endpoint, bucket.bucket_name, region="cn-hangzhou")
    with pytest.raises(oss2.exceptions.InvalidArgument, match=r"Invalid signing region in Authorization header\.") as refusal:
        elsewhere.put_object("k", b"x")
    assert refusal.value.ec == refusal.value.headers["x-oss-ec"] == "0002-00000226"
    with pytest.raises(oss2.exceptions.InvalidArgument, match="signing region in credential is invalid"):
        elsewhere.put_object_with_url(elsewhere.sign_url("PUT", "k", 60), b"x")
    assert not bucket.object_exists("k")


@pytest.mark.contract("OSS ACLs: private, public-read, public-read-write; the object's own counts before the bucket's")
def test_anonymous_callers_may_do_what_the_acl_says(cloud: LocalOss, bucket: Any) -> None:
    anonymous = cloud.bucket(oss2.AnonymousAuth())
    bucket.put_object("k", b"x")
    denied = (403, "AccessDenied")
    assert refusal(lambda: anonymous.get_object("k")) == denied
    assert refusal(anonymous.list_objects) == denied
    bucket.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ)
    assert anonymous.get_object("k").read() == b"x"
    assert refusal(lambda: anonymous.put_object("k", b"y")) == denied
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    anonymous.put_object("new", b"y")
    assert anonymous.get_object("new").read() == b"y"
    bucket.put_object_acl("new", oss2.OBJECT_ACL_PRIVATE)
    assert refusal(lambda: anonymous.get_object("new")) == denied


@pytest.mark.contract("house rule: a secret never reaches an error")
def test_a_refusal_repeats_no_secret(cloud: LocalOss, version: str) -> None:
    issued = cloud.keyring.issue("role", 600)
    wrong = Credential(issued.access_key_id, "wrong", issued.security_token)
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        cloud.bucket(auth_for(version, wrong)).get_object("k")
    assert str(issued.security_token) not in str(refused.value)
    assert issued.access_key_secret not in str(refused.value)


@pytest.mark.contract("house rule: bad input gets the cloud's own error")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("OSSAccessKeyId=a&Signature=b&Expires=-99999999999999999999", 400),
        ("OSSAccessKeyId=a&Signature=b&Expires=%EF%BC%99%EF%BC%99", 400),
        ("OSSAccessKeyId=STS.a&Signature=b&Expires=99999999999&security-token=YQ==.%C3%A9", 403),
    ],
)
def test_a_malformed_presigned_url_is_refused(cloud: LocalOss, bucket: Any, query: str, status: int) -> None:
    answer = requests.get(f"{cloud.endpoint}/{bucket.bucket_name}/k?{query}", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/xml")


@pytest.mark.contract("OSS error codes: 400 InvalidDigest")
def test_a_digest_beyond_ascii_is_refused(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
    answer = requests.put(f"{cloud.endpoint}/{bucket.bucket_name}/k", data=b"x", headers={"Content-MD5": "é".encode()}, timeout=10)
    assert (answer.status_code, "<Code>InvalidDigest</Code>" in answer.text) == (400, True)
