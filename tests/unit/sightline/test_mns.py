"""The client of MNS: its signature beside the official SDK's, and what it makes of answers."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from mns.mns_client import MNSClient

from sightline.credentials import Credentials
from sightline.errors import CredentialsExpired, PermissionMissing, ServiceRefused, ServiceUnreachable
from sightline.host import Host
from sightline.mns.queue import Message, MnsQueue
from sightline.mns.signature import sign
from tests.fakes.over_httpx import OverHttpx

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc)
TARGET = "/queues/sightline-dead/messages"
TEMPORARY = Credentials("STS.id", "secret", "token")


class OfficialKey:
    def get_access_key_id(self) -> str:
        return "testAK"

    def get_access_key_secret(self) -> str:
        return "testSK"


@pytest.mark.contract("aliyun-mns-sdk 1.3.0, mns_client.get_signature: of the same request")
@pytest.mark.parametrize(
    ("method", "target", "body"), [("GET", f"{TARGET}?numOfMessages=16", b""), ("DELETE", TARGET, b"<ReceiptHandles/>")]
)
def test_a_signed_request(method: str, target: str, body: bytes) -> None:
    ours = dict(sign(Credentials("testAK", "testSK"), NOW, method, target, body))
    official: Any = MNSClient.__new__(MNSClient)
    assert ours["authorization"] == official.get_signature(method, ours, target, OfficialKey())
    assert parsedate_to_datetime(ours["date"]) == NOW


@pytest.mark.contract("aliyun-mns-sdk 1.3.0, as captured: an STS token is a header of its own, which is not signed")
def test_a_temporary_key_brings_its_token() -> None:
    ours = sign(Credentials("testAK", "testSK", "token"), NOW, "GET", TARGET)
    assert ours["security-token"] == "token"
    assert ours["authorization"] == sign(Credentials("testAK", "testSK"), NOW, "GET", TARGET)["authorization"]


def queue(
    *answers: httpx.Response, endpoint: str = "http://1.mns.example", key: Credentials = TEMPORARY
) -> tuple[MnsQueue, list[httpx.Request]]:
    """A queue that is answered in turn, the last answer for ever."""
    left, requests = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return left.pop(0) if len(left) > 1 else left[0]

    host = Host(OverHttpx(httpx.MockTransport(answer)), sleep=lambda seconds: None)
    return MnsQueue(host, lambda: key, endpoint, "sightline-dead"), requests


def xml(root: str, status: int = 200) -> httpx.Response:
    text = '<?xml version="1.0"?>' + root.replace(">", ' xmlns="http://mns.aliyuncs.com/doc/v1/">', 1)
    return httpx.Response(status, text=text, headers={"x-mns-request-id": "r-1"})


def refused(code: str, status: int, message: str = "no") -> httpx.Response:
    return xml(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", status)


def test_a_batch_of_messages() -> None:
    entry = (
        "<Message><MessageId>{0}</MessageId><ReceiptHandle>1-{0}</ReceiptHandle><MessageBody>{{&quot;a&quot;: {0}}}</MessageBody></Message>"
    )
    received, requests = queue(xml(f"<Messages>{entry.format(1)}{entry.format(2)}</Messages>"))
    assert received.receive(16) == [Message("1", "1-1", '{"a": 1}'), Message("2", "1-2", '{"a": 2}')]
    assert str(requests[0].url) == "http://1.mns.example/queues/sightline-dead/messages?numOfMessages=16"


def test_an_empty_queue_has_no_messages() -> None:
    assert queue(refused("MessageNotExist", 404))[0].receive(16) == []


def test_deleting_escapes_what_it_sends() -> None:
    deleting, requests = queue(httpx.Response(204))
    deleting.delete(["1-a", "1-<&"])
    assert b"<ReceiptHandle>1-a</ReceiptHandle><ReceiptHandle>1-&lt;&amp;</ReceiptHandle>" in requests[0].content
    assert requests[0].method == "DELETE"


@pytest.mark.parametrize("code", ["MessageNotExist", "ReceiptHandleError"])
def test_a_message_that_came_back_is_left_there(code: str) -> None:
    error = f"<Error><ErrorCode>{code}</ErrorCode><ErrorMessage>late</ErrorMessage><ReceiptHandle>1-a</ReceiptHandle></Error>"
    queue(xml(f"<Errors>{error}</Errors>", 404))[0].delete(["1-a"])


def test_a_missing_queue_is_an_error() -> None:
    with pytest.raises(ServiceRefused, match="QueueNotExist") as raised:
        queue(refused("QueueNotExist", 404))[0].receive(16)
    assert raised.value.missing
    assert raised.value.request_id == "r-1"


def test_a_missing_permission_names_its_action_and_resource() -> None:
    with pytest.raises(PermissionMissing, match=r"grant mns:BatchReceiveMessage on acs:mns:\*:\*:/queues/sightline-dead/messages"):
        queue(refused("AccessDenied", 403), key=Credentials("id", "secret"))[0].receive(16)


def test_a_key_that_has_expired_says_so() -> None:
    with pytest.raises(CredentialsExpired):
        queue(refused("AccessDenied", 403, "The security token you provided is invalid or has expired."))[0].receive(16)


def test_a_broken_service_is_asked_again() -> None:
    received, requests = queue(refused("InternalError", 500), refused("MessageNotExist", 404))
    assert received.receive(16) == []
    assert len(requests) == 2


ENCODED = '<?xml version="1.0" encoding="{}"?><html/>'


@pytest.mark.parametrize("text", ["", "<html>", "{}", ENCODED.format("gbk"), ENCODED.format("martian")])
def test_an_answer_that_is_none_is_no_answer(text: str) -> None:
    with pytest.raises(ServiceUnreachable):
        queue(httpx.Response(200, text=text))[0].receive(16)
    with pytest.raises(ServiceRefused, match="Unknown"):
        queue(httpx.Response(400, text=text))[0].receive(16)
