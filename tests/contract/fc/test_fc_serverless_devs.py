"""What `s invoke` of Serverless Devs sends, byte for byte, answered through the door.

Captured from @serverless-devs/s 3.1.10 with its component fc3 0.1.22 (@alicloud/fc20230330 4.7.6, Node 20), with the keys of these tests
and FC_CLIENT_CUSTOM_ENDPOINT=http://127.0.0.1:7070. The clock stands at the moment of the capture, since the date is signed.
"""

from __future__ import annotations

import base64
import calendar
import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from localcloud.fc.service import FunctionCompute
from tests.contract.fc.clients import served
from tests.contract.fc.laptop import Laptop, eventually

CAPTURED = "captured from the SDK: s invoke, @serverless-devs/s 3.1.10, fc3 0.1.22"
MOMENT = calendar.timegm((2026, 11, 21, 6, 0, 45))
COMMON = """\
POST /2023-03-30/functions/work/invocations?qualifier=LATEST HTTP/1.1
host: 127.0.0.1:7070
x-acs-version: 2023-03-30
x-acs-action: InvokeFunction
user-agent: AlibabaCloud (linux; x64) Node.js/v20.20.2 Core/1.0.1 TeaDSL/2 S3:3.1.10;Component:fc3@0.1.22;
x-acs-date: 2026-11-21T06:00:45Z
accept: application/json
content-type: application/octet-stream
x-acs-credentials-provider: static_ak
Connection: keep-alive
Transfer-Encoding: chunked
"""
SIGNED = "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version"
SYNC = f"""\
x-acs-signature-nonce: 38c3e7db26d3eebc803c45bef4e55fd4c7deed9c2ab8847dc4773da8d1f847c3
x-fc-invocation-type: Sync
x-fc-log-type: Tail
x-acs-content-sha256: c6c0a269c3d5a55e9c687d138cc1fcd13962dc2d96c1b9ff1ea01ff4ad4047d3
Authorization: ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders={SIGNED},\
Signature=462866a3e898b94d410f6d9958a97864f18bb8521c8fcaee11d415aab3f632b7
"""
ASYNC = f"""\
x-acs-signature-nonce: 8f217ccb8dee80dbe72aa889c92b36fe5ac8ee29b88f32446d898f6fc64abc20
x-fc-async-task-id: my-task
x-fc-invocation-type: Async
x-fc-log-type: None
x-acs-content-sha256: 1d9283d848ea941ace1fe0d2378ef8b70056a0d4d1648b95a322d90163e78285
Authorization: ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders={SIGNED},\
Signature=5908ce7e0600f6e23bcc8b480c3a6b7b3e2037a098ef4808d888336d3bc41186
"""


@pytest.fixture
def fc(laptop: Laptop) -> FunctionCompute:
    source = """
    def handler(event, context):
        print("seen")
        return b"you said " + event
    """
    return laptop.start(source, clock=lambda: MOMENT)


@pytest.fixture
def port(laptop: Laptop, fc: FunctionCompute) -> Iterator[int]:
    with served(laptop, fc) as port:
        yield port


def replay(port: int, headers: str, body: bytes) -> tuple[HTTPResponse, bytes]:
    """The answer to a captured request; its body goes out as one chunk, as Node sends it."""
    head = (COMMON + headers + "\n").replace("\n", "\r\n").encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        response = HTTPResponse(connection)
        response.begin()
        return response, response.read()


@pytest.mark.contract(CAPTURED + "; the headers that its component reads: src/subCommands/invoke/index.ts")
def test_invoke_and_wait(port: int) -> None:
    event = '{"a": "é"}'.encode()
    response, body = replay(port, SYNC, event)
    assert (response.status, body) == (200, b"you said " + event)
    assert "seen" in base64.b64decode(response.headers["x-fc-log-result"]).decode()
    assert response.headers["x-fc-instance-id"].startswith("i-")
    assert response.headers["x-fc-code-checksum"].isdigit()
    assert response.headers["x-fc-invocation-service-version"] == "LATEST"
    assert response.headers["x-fc-request-id"].startswith("1-")
    # WHEN somebody who listened sends the same once more
    again, _ = replay(port, SYNC, event)
    # THEN it is refused
    assert again.status == 400


@pytest.mark.contract(CAPTURED + " --invocation-type Async --async-task-id my-task")
def test_invoke_and_go_on(port: int, fc: FunctionCompute) -> None:
    response, body = replay(port, ASYNC, b"later")
    assert (response.status, body, response.headers["x-fc-async-task-id"]) == (202, b"", "my-task")
    eventually(lambda: not fc.pending())


@pytest.mark.contract(CAPTURED + ", with another event put in its place")
def test_another_event_is_not_what_was_signed(port: int, fc: FunctionCompute) -> None:
    changed = ASYNC.replace("8f217ccb", "9f217ccb")
    for headers, body in ((ASYNC, b"laser"), (changed, b"later")):
        response, _ = replay(port, headers, body)
        assert response.status == 400
    assert not fc.kept_invocations.of_function("work")
