"""Who may call IMS, over HTTP. The signatures themselves are tested in tests/unit/localcloud/test_acs.py."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_util.models import RuntimeOptions

from localcloud.identity import Credential
from tests.contract.ims.cloud import KEY, Cloud

GATEWAY = "OpenAPI gateway, common error codes; request syntax and signature method V3, and RPC"


def lists(cloud: Cloud, key: Credential = KEY, **settings: Any) -> int:
    return int(cloud.client(key, **settings).list_search_lib(ice.ListSearchLibRequest()).body.total)


@pytest.mark.contract(GATEWAY)
@pytest.mark.parametrize("settings", [{}, {"signature_algorithm": "v2"}], ids=["ACS3-HMAC-SHA256", "HMAC-SHA1"])
def test_temporary_keys(cloud: Cloud, settings: dict[str, Any]) -> None:
    key = cloud.keyring.issue("role", 3600)
    assert lists(cloud, key, **settings) == 1
    for wrong in (
        Credential(key.access_key_id, key.access_key_secret, "another token"),
        Credential(key.access_key_id, "another secret", key.security_token),
        cloud.keyring.issue("role", -1),
    ):
        with pytest.raises(ClientException) as caught:
            lists(cloud, wrong, **settings)
        assert caught.value.code in ("InvalidSecurityToken.Malformed", "SignatureDoesNotMatch", "InvalidSecurityToken.Expired")


def unsigned(cloud: Cloud, action: str, headers: dict[str, str] | None = None, **query: str) -> tuple[int, str]:
    answer = httpx.post(
        f"http://127.0.0.1:{cloud.door.port}/",
        params=query,
        headers={"x-acs-action": action, "x-acs-version": "2020-11-09", **(headers or {})},
        trust_env=False,
    )
    return answer.status_code, answer.json()["Code"]


@pytest.mark.contract(GATEWAY + "; the SDK's anonymous and bearer token requests")
def test_who_does_not_sign_is_refused(cloud: Cloud) -> None:
    params = open_api.Params(
        action="CreateSearchLib",
        version="2020-11-09",
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="Anonymous",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    with pytest.raises(ClientException) as caught:
        cloud.client().call_api(params, open_api.OpenApiRequest(query={"SearchLibName": "anonymous"}), RuntimeOptions())
    assert caught.value.code == "MissingAccessKeyId"
    bearer = {"x-acs-bearer-token": "token"}
    assert unsigned(cloud, "CreateSearchLib", bearer, SignatureType="BEARERTOKEN", SearchLibName="bearer") == (400, "MissingAccessKeyId")
    for authorization in ("ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=,SignedHeaders=,Signature=", "Bearer token"):
        status, code = unsigned(cloud, "CreateSearchLib", {"authorization": authorization}, SearchLibName="odd")
        assert (status, code) in ((400, "IncompleteSignature"), (400, "MissingAccessKeyId"))
    assert lists(cloud) == 1


@pytest.mark.contract(GATEWAY + ": SignatureNonceUsed")
def test_a_request_that_is_sent_twice_counts_once(cloud: Cloud) -> None:
    query = {
        "Action": "CreateSearchLib",
        "Version": "2020-11-09",
        "SearchLibName": "replayed",
        "AccessKeyId": KEY.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    canonical = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
    text = f"POST&%2F&{quote(canonical, safe='~')}"
    digest = hmac.new(f"{KEY.access_key_secret}&".encode(), text.encode(), hashlib.sha1).digest()
    query["Signature"] = base64.b64encode(digest).decode()
    url = f"http://127.0.0.1:{cloud.door.port}/"
    first, second = (httpx.post(url, params=query, trust_env=False).json() for _ in range(2))
    assert (first["Code"], second["Code"]) == ("200", "SignatureNonceUsed")
    cloud.stop()
    cloud.start()
    url = f"http://127.0.0.1:{cloud.door.port}/"
    assert httpx.post(url, params=query, trust_env=False).json()["Code"] == "SignatureNonceUsed"
    changed = httpx.post(url, params={**query, "SearchLibName": "changed", "SignatureNonce": "new"}, trust_env=False).json()
    assert changed["Code"] == "SignatureDoesNotMatch"
    assert lists(cloud) == 2
