"""Signature version 4, as the Java SDK writes it on request."""

from __future__ import annotations

import http.client
import time
from datetime import datetime, timezone
from email.utils import format_datetime
from urllib.parse import quote

import pytest

from localcloud.http import Headers, Request
from localcloud.mns.signature_v4 import signature
from tests.contract.mns.support import KEY, Cloud

JAVA = "aliyun-mns-java-sdk 2.0.0, MNSV4SignerTest.testSignV4PublicCloud"
QUERY = "&".join(
    f"{name}={quote(value)}" for name, value in {"param1": "abc", "PARAM2": "d  ef", "PARAM3": "[def]#bbb", "PARAM4": "中文参数"}.items()
)
ENTITY = {"content-type": "application/json", "content-md5": "0d9d2ce750000593eb34f00"}


@pytest.mark.contract(JAVA)
@pytest.mark.parametrize(
    ("method", "target", "headers", "secret", "region", "date", "expected"),
    [
        (
            *("POST", f"/queues/TestQueue/?{QUERY}", {}, "sk1", "region1", datetime(2025, 6, 3, 10, 52, 35, tzinfo=timezone.utc)),
            "1fc6013f158d4c3aba09570895a2a93c8445c2c5213d82a1463baf602cf0d945",
        ),
        (
            *("PUT", "/queues/TestQueue123456", {"x-mns-abc": "kkk", "X-MNS-Sss": "2015-06-06xFFF", "x-kkk-def": "jjj"}),
            *("skkkkkkk1111111111", "region2", datetime(2025, 12, 3, 11, 23, 48, tzinfo=timezone.utc)),
            "04f1e5f929b5aaac3af6a54970f591581ecd2aade2562f926c5f2ec5d5c8cfad",
        ),
        (
            *(
                "GET",
                "/queues",
                {"x-mns-version": "2015-06-30", "x-mns-ttt": "1", "X-MNS-UUUuu": "FALse", "bb-MNS-UUUuu": "abcdddDDD"} | ENTITY,
            ),
            *("skkkkkk2222222222", "eu-west-1", datetime(2025, 12, 4, 6, 32, 35, tzinfo=timezone.utc)),
            "294f776a2d5726df679b54b081ab8126a199a2545c8c8a7a875adff0b386e458",
        ),
    ],
)
def test_the_java_sdks_own_examples(
    method: str, target: str, headers: dict[str, str], secret: str, region: str, date: datetime, expected: str
) -> None:
    assert signature(Request(method, target, Headers(list(headers.items()))), secret, region, date) == expected


def ask(cloud: Cloud, secret: str, target: str, signed_target: str = "") -> tuple[int, str]:
    date = datetime.fromtimestamp(time.time(), timezone.utc).replace(microsecond=0)
    headers = {"x-mns-version": "2015-06-06", "date": format_datetime(date, usegmt=True), "content-type": "text/xml;charset=UTF-8"}
    made = signature(Request("GET", signed_target or target, Headers(list(headers.items()))), secret, "cn-shanghai", date)
    scope = f"{KEY.access_key_id}/{date:%Y%m%d}/cn-shanghai/mns/aliyun_v4_request"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.door.port, timeout=10)
    connection.request("GET", target, headers=headers | {"Authorization": f"MNS4-HMAC-SHA256 Credential={scope},Signature={made}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.contract("aliyun-mns-java-sdk 2.0.0, MNSV4Signer.buildAuthorization")
def test_a_request_signed_so_is_genuine_and_a_changed_one_is_not(cloud: Cloud) -> None:
    assert ask(cloud, KEY.access_key_secret, "/queues")[0] == 200
    assert "QueueNotExist" in ask(cloud, KEY.access_key_secret, "/queues/q/messages?waitseconds=0&numOfMessages=2")[1]
    assert "SignatureDoesNotMatch" in ask(cloud, "wrong", "/queues")[1]
    assert "SignatureDoesNotMatch" in ask(cloud, KEY.access_key_secret, "/queues?a=b", "/queues")[1]
