"""Signatures of the OpenAPI gateway, against requests that were captured from the official SDK."""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import json
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from localcloud.acs import AcsError, acs_error_reply, authenticate, parameters
from localcloud.http import Body, Headers, Request
from localcloud.identity import Credential, Keyring
from localcloud.nonces import NonceBook, NonceMemory

# Captured from alibabacloud_ice20201109 6.20.2 (tea_openapi 0.4.6), create_search_lib, secret "testSK".
CAPTURED = [
    ("Accept-Encoding", "identity"),
    ("host", "127.0.0.1:36515"),
    ("x-acs-version", "2020-11-09"),
    ("x-acs-action", "CreateSearchLib"),
    ("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2"),
    ("x-acs-date", "2026-11-20T23:59:09Z"),
    ("x-acs-signature-nonce", "e7ef4288ee4d1a07421696add105127b"),
    ("accept", "application/json"),
    ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("x-acs-credentials-provider", "static_ak"),
    (
        "Authorization",
        "ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=accept;host;user-agent;x-acs-action;x-acs-content-sha256;"
        "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=974fe366f40e26dd51b30fa4fc5abffcabc65d641ed6385b5c39e83f8beee6c7",
    ),
]
CAPTURED_AT = float(calendar.timegm((2026, 11, 20, 23, 59, 9)))
# Captured from the same SDK with signature_algorithm="v2", secret "testSK".
CAPTURED_V1 = (
    "/?Action=CreateSearchLib&Format=json&Version=2020-11-09&Timestamp=2026-11-20T23%3A59%3A10Z"
    "&SignatureNonce=c927e05c20337e086530e9859f2ebd12&SearchLibName=a+b&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0"
    "&AccessKeyId=testAK&Signature=z91LzeIpC3KVx%2F0fYsJtSYU6SXU%3D"
)
KEYRING = Keyring(Credential("testAK", "testSK"), clock=lambda: CAPTURED_AT)


def captured(target: str = "/?SearchLibName=IPCamera_test1", **changed: str) -> Request:
    headers = [(name, changed.get(name.replace("-", "_"), value)) for name, value in CAPTURED]
    return Request("POST", target, Headers(headers))


def refusal(request: Request, keyring: Keyring = KEYRING, now: float = CAPTURED_AT, nonces: NonceMemory | None = None) -> AcsError:
    with pytest.raises(AcsError) as caught:
        authenticate(request, keyring, now, nonces or NonceMemory())
    return caught.value


def sign_v3(credential: Credential, target: str, method: str = "POST", body: bytes = b"", **headers: str) -> Request:
    """A second implementation of the signature, written from the document, for what was not captured."""
    given = {
        "host": "127.0.0.1:1",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(CAPTURED_AT)),
        "x-acs-signature-nonce": "n-1",
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if credential.security_token:
        given |= {"x-acs-accesskey-id": credential.access_key_id, "x-acs-security-token": credential.security_token}
    path, _, query = target.partition("?")
    names = ";".join(sorted(given))
    lines = "".join(f"{name}:{given[name]}\n" for name in sorted(given))
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{given['x-acs-content-sha256']}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(credential.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    given["authorization"] = f"ACS3-HMAC-SHA256 Credential={credential.access_key_id},SignedHeaders={names},Signature={signature}"
    return Request(method, target, Headers(list(given.items())), Body(body))


def sign_v1(secret: str, form: dict[str, str]) -> Request:
    given = {"AccessKeyId": "testAK", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", **form}
    pairs = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(given.items()))
    digest = hmac.new(f"{secret}&".encode(), f"POST&%2F&{quote(pairs, safe='~')}".encode(), hashlib.sha1).digest()
    body = urlencode(given | {"Signature": base64.b64encode(digest).decode()}).encode()
    return Request("POST", "/", Headers([("content-type", "application/x-www-form-urlencoded; charset=utf-8")]), Body(body))


def test_a_captured_request_is_accepted() -> None:
    assert authenticate(captured(), KEYRING, CAPTURED_AT, NonceMemory()).access_key_id == "testAK"


def test_a_captured_version_1_request_is_accepted() -> None:
    request = Request("POST", CAPTURED_V1, Headers([]))
    assert authenticate(request, KEYRING, CAPTURED_AT, NonceMemory()).access_key_id == "testAK"


def test_a_version_1_signature_in_a_form_body_is_accepted() -> None:
    request = sign_v1("testSK", {"Timestamp": "2026-11-20T23:59:10Z", "SignatureNonce": "n", "Title": "a b+c~*中文", "Empty": ""})
    assert authenticate(request, KEYRING, CAPTURED_AT, NonceMemory()).access_key_id == "testAK"
    assert parameters(request)["Title"] == "a b+c~*中文"
    assert parameters(request)["Empty"] == ""


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (captured("/?SearchLibName=IPCamera_test2"), "SignatureDoesNotMatch"),
        (captured(host="127.0.0.1:36516"), "SignatureDoesNotMatch"),
        (captured(x_acs_action="DropSearchLib"), "SignatureDoesNotMatch"),
        (captured(x_acs_date="20 November 2026"), "InvalidTimeStamp.Format"),
        (captured(Authorization="ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=host"), "IncompleteSignature"),
        (captured(Authorization="ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=host,Signature=00"), "IncompleteSignature"),
        (Request("POST", CAPTURED_V1.replace("a+b", "a+c"), Headers([])), "SignatureDoesNotMatch"),
        (Request("POST", CAPTURED_V1.replace("HMAC-SHA1", "HMAC-MD5"), Headers([])), "InvalidSignatureMethod"),
        (Request("POST", "/?Action=ListSearchLib", Headers([])), "MissingAccessKeyId"),
    ],
)
def test_a_changed_request_is_refused(request_: Request, code: str) -> None:
    assert refusal(request_).code == code


def test_a_wrong_secret_is_refused() -> None:
    other = Keyring(Credential("testAK", "anotherSK"))
    assert (refusal(captured(), other).status, refusal(captured(), other).code) == (400, "SignatureDoesNotMatch")


def test_an_unknown_key_is_refused() -> None:
    error = refusal(captured(), Keyring(Credential("LTAIother", "testSK")))
    assert (error.status, error.code) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("skew", [901, -901])
def test_a_request_from_another_time_is_refused(skew: int) -> None:
    assert refusal(captured(), now=CAPTURED_AT + skew).code == "InvalidTimeStamp.Expired"


def test_a_replayed_request_is_refused() -> None:
    nonces = NonceMemory()
    authenticate(captured(), KEYRING, CAPTURED_AT, nonces)
    assert refusal(captured(), nonces=nonces).code == "SignatureNonceUsed"


def test_a_body_that_is_not_the_signed_one_is_refused() -> None:
    signed = sign_v3(KEYRING.account, "/", body=b"signed")
    assert refusal(Request("POST", "/", signed.headers, Body(b"another"))).code == "InvalidParameter.ContentSha256"


def test_a_large_body_is_read_from_its_file(tmp_path: Path) -> None:
    data = bytes(3_000_000)
    (tmp_path / "body").write_bytes(data)
    signed = sign_v3(KEYRING.account, "/2023-03-30/functions/a%20b", "PUT", data)
    authenticate(Request("PUT", signed.target, signed.headers, Body(path=tmp_path / "body")), KEYRING, CAPTURED_AT, NonceMemory())


def test_temporary_keys() -> None:
    issued = KEYRING.issue("role", 60)
    assert authenticate(sign_v3(issued, "/"), KEYRING, CAPTURED_AT, NonceMemory()).access_key_id == issued.access_key_id

    for token in ("Zm9yZ2Vk.00", "Zm9yZ2Vk.é", "é"):
        forged = Credential(issued.access_key_id, issued.access_key_secret, token)
        assert refusal(sign_v3(forged, "/")).code == "InvalidSecurityToken.Malformed"
    later = Keyring(KEYRING.account, clock=lambda: CAPTURED_AT + 61)
    assert refusal(sign_v3(issued, "/"), later).code == "InvalidSecurityToken.Expired"


def test_the_memory_of_nonces_is_bounded_and_forgets_what_can_not_be_replayed() -> None:
    nonces = NonceMemory(capacity=2)
    assert nonces.use("key", "1", 0)
    assert not nonces.use("key", "1", 1)
    assert nonces.use("another key", "1", 1)
    assert nonces.use("key", "2", 2)
    assert nonces.use("key", "1", 3)
    assert NonceMemory().use("key", "1", 0)


def test_the_book_of_nonces_outlives_the_process_and_forgets_what_can_not_be_replayed(tmp_path: Path) -> None:
    before = NonceBook(tmp_path / "nonces.sqlite")
    assert before.use("key", "1" * 10_000, 0)
    assert before.use("another key", "1", 0)
    before.close()
    after = NonceBook(tmp_path / "nonces.sqlite")
    assert not after.use("key", "1" * 10_000, 1800)
    assert after.use("key", "1" * 10_000, 1801)
    assert not after.use("key", "1" * 10_000, 1802)
    after.close()


def test_an_error_names_what_the_official_samples_print() -> None:
    reply = acs_error_reply(AcsError(404, "InvalidApi.NotFound", "No such operation."), "R-1", "127.0.0.1:1")
    assert reply.status == 404
    assert isinstance(reply.body, bytes)
    body = json.loads(reply.body)
    assert body | {"Recommend": ""} == {
        "RequestId": "R-1",
        "HostId": "127.0.0.1:1",
        "Code": "InvalidApi.NotFound",
        "Message": "No such operation.",
        "Recommend": "",
    }
    assert "InvalidApi.NotFound" in body["Recommend"]
