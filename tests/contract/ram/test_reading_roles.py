"""RAM's API as a deploy is looked at with it, asked with the official SDKs' core."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from localcloud.identity import Credential, Keyring

GUIDE = "RAM API reference, 2015-05-01: {} (the sample of the answer)"


def call(endpoint: str, key: Credential, action: str, **query: str) -> Any:
    config = Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.security_token,
        endpoint=endpoint,
        protocol="HTTP",
    )
    params = Params(
        action=action,
        version="2015-05-01",
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    return Client(config).call_api(params, OpenApiRequest(query=query), RuntimeOptions(autoretry=False))["body"]


@pytest.mark.contract(GUIDE.format("GetRole"))
def test_a_role_is_read_by_its_name(endpoint: str, keyring: Keyring) -> None:
    role = call(endpoint, keyring.account, "GetRole", RoleName="reader-dev")["Role"]
    assert role["RoleName"] == "reader-dev"
    assert role["Arn"] == "acs:ram::1000000000000001:role/reader-dev"
    assert json.loads(role["AssumeRolePolicyDocument"])["Statement"][0]["Principal"] == {"Service": ["fc.aliyuncs.com"]}
    assert set(role) >= {"RoleId", "Description", "CreateDate", "UpdateDate", "MaxSessionDuration"}


@pytest.mark.contract("RAM API reference, GetRole: EntityNotExist.Role, 404")
def test_an_unknown_role_does_not_exist(endpoint: str, keyring: Keyring) -> None:
    for action in ("GetRole", "ListPoliciesForRole"):
        with pytest.raises(TeaException) as caught:
            call(endpoint, keyring.account, action, RoleName="nobody")
        assert (caught.value.code, caught.value.data["statusCode"]) == ("EntityNotExist.Role", 404)


@pytest.mark.contract(GUIDE.format("ListPoliciesForRole and GetPolicy"))
def test_its_policies_are_listed_and_read(endpoint: str, keyring: Keyring) -> None:
    (policy,) = call(endpoint, keyring.account, "ListPoliciesForRole", RoleName="reader-dev")["Policies"]["Policy"]
    assert (policy["PolicyName"], policy["PolicyType"], policy["DefaultVersion"]) == ("reading", "Custom", "v1")
    answer = call(endpoint, keyring.account, "GetPolicy", PolicyName="reading", PolicyType="Custom")
    document = json.loads(answer["DefaultPolicyVersion"]["PolicyDocument"])
    assert document["Statement"][0]["Resource"] == ["acs:oss:*:1000000000000001:films/*"]
    assert answer["Policy"]["PolicyName"] == "reading"


@pytest.mark.contract("RAM API reference, GetPolicy: EntityNotExist.Policy, 404")
@pytest.mark.parametrize(("name", "kind"), [("writing", "Custom"), ("reading", "System")])
def test_an_unknown_policy_does_not_exist(endpoint: str, keyring: Keyring, name: str, kind: str) -> None:
    with pytest.raises(TeaException) as caught:
        call(endpoint, keyring.account, "GetPolicy", PolicyName=name, PolicyType=kind)
    assert caught.value.code == "EntityNotExist.Policy"


@pytest.mark.contract("our assumption: an operation that is not here is none of the gateway's; the code is on its error page")
def test_roles_are_not_changed_here(endpoint: str, keyring: Keyring) -> None:
    with pytest.raises(TeaException) as caught:
        call(endpoint, keyring.account, "CreateRole", RoleName="another")
    assert caught.value.code == "InvalidApi.NotFound"


@pytest.mark.contract("RAM, access denied errors: the details that SDKs read (aliyun-openapi-java-sdk#761); the status is our assumption")
def test_a_role_reads_what_its_policies_allow(endpoint: str, keyring: Keyring) -> None:
    key = keyring.issue("acs:ram::1000000000000001:role/reader-dev", 3600)
    assert call(endpoint, key, "GetRole", RoleName="reader-dev")["Role"]["RoleName"] == "reader-dev"
    with pytest.raises(TeaException) as caught:
        call(endpoint, key, "ListPoliciesForRole", RoleName="reader-dev")
    assert (caught.value.code, caught.value.data["statusCode"]) == ("Forbidden.RAM", 403)
    assert caught.value.data["AccessDeniedDetail"]["AuthAction"] == "ram:ListPoliciesForRole"
    assert caught.value.data["AccessDeniedDetail"]["NoPermissionType"] == "ImplicitDeny"
