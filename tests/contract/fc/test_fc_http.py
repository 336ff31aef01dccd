"""Functions on the web, over a real socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from localcloud.door import Door
from localcloud.fc.service import FunctionCompute
from localcloud.identity import Credential
from tests.contract.fc.laptop import KEYRING, Laptop, eventually

HELP = "official help, Use an HTTP trigger to invoke a function"
ECHO = "def handler(event, context): return {'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': event.decode()}"


def http_trigger(*methods: str, **config: Any) -> list[dict[str, Any]]:
    config = {"authType": "anonymous", "methods": list(methods or ("GET", "POST", "HEAD")), **config}
    return [{"triggerName": "web", "triggerType": "http", "triggerConfig": config}]


@contextmanager
def website(laptop: Laptop, fc: FunctionCompute) -> Iterator[httpx.Client]:
    (entry,) = fc.http_triggers()
    assert entry.function == "work"
    door = Door([entry.service], scratch=laptop.folder / "scratch")
    door.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{door.port}", timeout=20) as client:
            yield client
    finally:
        door.stop()


@pytest.mark.contract(HELP + "; github.com/aliyun/fc-runtime-go-sdk, events/http.go")
def test_the_event(laptop: Laptop) -> None:
    with website(laptop, laptop.start(ECHO, triggers=http_trigger())) as client:
        headers = {"X-One": "1", "x-fc-secret": "no", "Content-Type": "text/plain; charset=utf-8", "User-Agent": "test"}
        response = client.post("/a%20b/文?q=x&q=y+z&empty=", content="Hello 文", headers=headers)
    event = response.json()
    assert (event["version"], event["rawPath"]) == ("v1", "/a%20b/%E6%96%87")
    assert (event["body"], event["isBase64Encoded"]) == ("Hello 文", False)
    assert event["queryParameters"] == {"q": "x,y z", "empty": ""}
    assert event["headers"]["X-One"] == "1"
    assert event["headers"]["Content-Type"] == "text/plain; charset=utf-8"
    assert not {name.lower() for name in event["headers"]} & {"x-fc-secret", "connection"}
    context = event["requestContext"]
    assert context["accountId"] == "1000000000000001"
    assert context["http"] == {"method": "POST", "path": "/a b/文", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    assert context["requestId"] == response.headers["x-fc-request-id"]
    assert context["timeEpoch"].isdigit()


@pytest.mark.contract(HELP + ": binary bodies are base64; assumption: which ones count as binary")
def test_a_binary_body(laptop: Laptop) -> None:
    with website(laptop, laptop.start(ECHO, triggers=http_trigger())) as client:
        event = client.post("/", content=b"\x00\xff", headers={"Content-Type": "image/png"}).json()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff", True)


@pytest.mark.contract(HELP + ": statusCode, headers, isBase64Encoded, body")
def test_the_response(laptop: Laptop) -> None:
    picture = base64.b64encode(b"\x89PNG").decode()
    reply = {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png", "X-Own": "1", "Server": "mine"},
        "isBase64Encoded": True,
        "body": picture,
    }
    with website(laptop, laptop.start(f"def handler(event, context): return {reply}", triggers=http_trigger())) as client:
        response = client.get("/")
        head = client.head("/")
    assert (response.status_code, response.content, response.headers["content-type"]) == (201, b"\x89PNG", "image/png")
    assert response.headers["x-own"] == "1"
    assert "server" not in response.headers
    assert "content-disposition" not in response.headers
    assert (head.status_code, head.content, head.headers["content-length"]) == (201, b"", "4")


@pytest.mark.contract("our assumption: a value without statusCode is a body, sent with 200 as application/json")
def test_a_bare_value(laptop: Laptop) -> None:
    with website(laptop, laptop.start("def handler(event, context): return '<p>hello'", triggers=http_trigger())) as client:
        response = client.get("/")
    assert (response.status_code, response.text, response.headers["content-type"]) == (200, "<p>hello", "application/json")


@pytest.mark.contract("our assumption: a function that failed is 502 with the error JSON; InvokeFunction: X-Fc-Error-Type")
def test_a_function_that_fails(laptop: Laptop) -> None:
    with website(laptop, laptop.start("def handler(event, context): raise ValueError('no')", triggers=http_trigger())) as client:
        response = client.get("/")
    assert (response.status_code, response.headers["x-fc-error-type"]) == (502, "UnhandledInvocationError")
    assert response.json()["errorMessage"] == "no"


@pytest.mark.contract(HELP + ": response headers over 8 KB are a 502 BadResponse; assumption: so is a status that is none")
@pytest.mark.parametrize(
    "reply",
    [
        {"statusCode": 200, "headers": {"X-Long": "x" * 9000}},
        {"statusCode": "soon"},
        {"statusCode": "²"},
        {"statusCode": 200, "headers": {"two words": "x"}},
        {"statusCode": 200, "headers": {"名": "x"}},
        {"statusCode": 200, "headers": {"X-Nul": "\0"}},
        {"statusCode": 200, "body": "é", "isBase64Encoded": True},
    ],
)
def test_a_bad_response(laptop: Laptop, reply: dict[str, Any]) -> None:
    with website(laptop, laptop.start(f"def handler(event, context): return {reply}", triggers=http_trigger())) as client:
        response = client.get("/")
    assert (response.status_code, response.json()["Code"]) == (502, "BadResponse")


@pytest.mark.contract("RFC 9110, 15.3.5: a 204 has no body, whatever the function gave it")
def test_a_reply_that_can_have_no_body(laptop: Laptop) -> None:
    fc = laptop.start("def handler(event, context): return {'statusCode': 204, 'body': 'done'}", triggers=http_trigger())
    with website(laptop, fc) as client:
        assert [(response.status_code, response.content) for response in (client.get("/"), client.get("/"))] == [(204, b"")] * 2


@pytest.mark.contract(HELP + ": a path and query over 4 KB is a 400 InvalidArgument")
def test_a_long_address(laptop: Laptop) -> None:
    with website(laptop, laptop.start(ECHO, triggers=http_trigger())) as client:
        response = client.get("/?q=" + "x" * 5000)
    assert (response.status_code, response.json()["Code"]) == (400, "InvalidArgument")


@pytest.mark.contract("our assumption: a method that the trigger does not list is a 405")
def test_a_method_that_is_not_listed(laptop: Laptop) -> None:
    with website(laptop, laptop.start(ECHO, triggers=http_trigger("GET"))) as client:
        response = client.post("/")
    assert (response.status_code, response.json()["Code"]) == (405, "MethodNotAllowed")


@pytest.mark.contract(HELP + ": X-Fc-Invocation-Type: Async is answered with 202 and the request id")
def test_an_asynchronous_request(laptop: Laptop) -> None:
    source = "import pathlib\ndef handler(event, context): pathlib.Path('seen').write_bytes(event)"
    fc = laptop.start(source, triggers=http_trigger())
    with website(laptop, fc) as client:
        response = client.post("/later", headers={"X-Fc-Invocation-Type": "Async"})
    assert (response.status_code, response.content) == (202, b"")
    eventually(lambda: not fc.pending())
    event = json.loads((laptop.folder / "code" / "seen").read_bytes())
    assert event["requestContext"]["requestId"] == response.headers["x-fc-request-id"]


@pytest.mark.contract(HELP + ": the body of a request may have 32 MB; a binary one is longer in its event")
def test_large_binary_bodies(laptop: Laptop) -> None:
    source = """
    import base64, json
    def handler(event, context):
        request = json.loads(event)
        assert request["isBase64Encoded"]
        return {"statusCode": 200, "headers": {"Content-Type": "video/mp4"}, "isBase64Encoded": True, "body": request["body"]}
    """
    body = bytes(range(256)) * 4096 * 28
    with website(laptop, laptop.start(source, triggers=http_trigger(), timeout=20)) as client:
        response = client.post("/", content=body, headers={"Content-Type": "application/octet-stream"})
        assert (response.status_code, response.headers["content-type"]) == (200, "video/mp4")
        assert response.content == body
        too_large = client.post("/", content=b"x" * (32 * 2**20 + 1))
    assert (too_large.status_code, too_large.json()["Code"]) == (400, "EntityTooLarge")


def signature(method: str, path: str, query: str, headers: dict[str, str], key: Credential) -> str:
    """As the SDK alibabacloud-openapi-util signs in the samples of the help: get_authorization(request, 'ACS3-HMAC-SHA256', '', …)."""
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    text = "\n".join([method, path, query, lines, signed, ""])
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
    mac = hmac.new(key.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key.access_key_id},SignedHeaders={signed},Signature={mac}"


@pytest.mark.contract(
    "official help, Configure signature authentication for HTTP triggers; captured from the SDK alibabacloud-openapi-util 0.2.4"
)
def test_a_trigger_that_asks_for_a_signature(laptop: Laptop) -> None:
    def headers(key: Credential, age: float = 0, **more: str) -> dict[str, str]:
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
        token = {"x-acs-security-token": key.security_token} if key.security_token else {}
        signed = {"x-acs-date": date, **token, **more}
        return {**signed, "authorization": signature("POST", "/a", "b=1", signed, key)}

    account, temporary = KEYRING.account, KEYRING.issue("role", 60)
    with website(laptop, laptop.start(ECHO, triggers=http_trigger(authType="function"))) as client:

        def status(given: dict[str, str], path: str = "/a?b=1") -> int:
            return client.post(path, headers=given, content=b"x").status_code

        assert [status(headers(account)), status(headers(temporary)), status(headers(account, host=client.base_url.netloc.decode()))] == [
            200
        ] * 3
        wrong = Credential(account.access_key_id, "wrong")
        expired = KEYRING.issue("role", -1)
        lines = len(laptop.log())
        for given in ({}, headers(wrong), headers(account, age=3600), headers(expired)):
            refused = client.post("/a?b=1", headers=given)
            assert refused.status_code in (400, 403)
            assert refused.json()["Code"]
        assert status(headers(account), "/a?b=2") == 400
        assert len(laptop.log()) == lines, "a refused request must not run the function"
