"""Our signatures beside those that the official SDKs make of the same requests."""

from __future__ import annotations

from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit

import oss2
import pytest
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from sightline.credentials import Credentials
from sightline.ims.signature import canonical_query, sign
from sightline.store.signature import sign_headers, sign_query

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc)
CREDENTIALS = Credentials("testAK", "testSK")
TEMPORARY = Credentials("STS.testAK", "testSK", "token/with+signs=")


@pytest.mark.contract("oss2 2.19.1, AuthV4: its presigned address of the same object")
@pytest.mark.parametrize("key", ["a.mp4", "uploads/a b+c.mp4", "uploads/门口/%2F.mp4", "uploads/📹.mp4"])
@pytest.mark.parametrize("process", [None, "video/snapshot,t_0,f_jpg,w_480,m_fast"])
def test_a_presigned_address_of_oss(key: str, process: str | None) -> None:
    bucket = oss2.Bucket(oss2.AuthV4("testAK", "testSK"), "http://127.0.0.1:1", "media", region="cn-shanghai")
    query = {"x-oss-process": process} if process else {}
    official = dict(parse_qsl(urlsplit(bucket.sign_url("GET", key, 600, params=dict(query))).query, keep_blank_values=True))
    then = datetime.strptime(official["x-oss-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert sign_query(CREDENTIALS, "cn-shanghai", then, "GET", f"/media/{key}", query, 600) == official


@pytest.mark.contract("oss2 2.19.1, AuthV4: the headers that it adds to the same request")
@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY])
def test_a_signed_request_of_oss(credentials: Credentials) -> None:
    provider = oss2.StaticCredentialsProvider(credentials.access_key_id, credentials.access_key_secret, credentials.security_token)
    headers = {"Content-Type": "text/plain", "x-oss-forbid-overwrite": "true"}
    query = {"append": "", "position": "0"}
    request = oss2.http.Request(
        "POST", "http://127.0.0.1:1/media/a%20b", params=dict(query), headers=dict(headers), region="cn-shanghai", product="oss"
    )
    oss2.ProviderAuthV4(provider)._sign_request(request, "media", "a b")
    official = {name.lower(): value for name, value in request.headers.items()}
    then = datetime.strptime(official["x-oss-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    ours = {
        name.lower(): value for name, value in sign_headers(credentials, "cn-shanghai", then, "POST", "/media/a b", query, headers).items()
    }
    assert ours["authorization"] == official["authorization"]
    assert {name: official[name] for name in ours} == ours


@pytest.mark.contract("alibabacloud_tea_openapi 0.4.6: the Authorization header that it makes of the same request")
@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY])
def test_a_signed_call_of_ims(credentials: Credentials) -> None:
    query = {"Title": "ipc 测试+b~*/%", "UserData": '{"a":1}', "Namespace": ""}
    ours = sign(credentials, NOW, "nonce", "POST", "127.0.0.1:1", "SubmitSmarttagJob", "2020-11-09", canonical_query(query))
    request = DaraRequest()
    request.method, request.pathname, request.query = "POST", "/", query
    request.headers = {name: value for name, value in ours.items() if name != "Authorization"}
    official = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", ours["x-acs-content-sha256"], credentials.access_key_id, credentials.access_key_secret
    )
    assert ours["Authorization"] == official
