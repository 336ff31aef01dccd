"""Pushes to HTTP endpoints: a subscriber that trusts nobody can tell that they are genuine."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta
from mns.subscription import SubscriptionMeta, SubscriptionNotifyContentFormat, SubscriptionNotifyStrategy
from mns.topic import TopicMessage, TopicMeta

from localcloud.mns.signing import CERTIFICATE_PATH
from tests.contract.mns.support import DOCUMENT, KEY, Cloud, Inbox, refusal

FORMATS = [
    SubscriptionNotifyContentFormat.XML,
    SubscriptionNotifyContentFormat.JSON,
    SubscriptionNotifyContentFormat.SIMPLIFIED,
]


def verify(target: str, headers: dict[str, str], body: bytes) -> x509.Certificate:
    """What a subscriber does before it believes a push. Raises InvalidSignature or AssertionError."""
    url = base64.b64decode(headers["x-mns-signing-cert-url"]).decode()
    certificate = x509.load_pem_x509_certificate(httpx.get(url, trust_env=False).content)
    own = "\n".join(f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-mns-"))
    text = f"POST\n{headers['content-md5']}\n{headers['content-type']}\n{headers['date']}\n{own}\n{target}"
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(headers["authorization"]), text.encode(), padding.PKCS1v15(), hashes.SHA1())
    assert base64.b64decode(headers["content-md5"]).decode() == hashlib.md5(body).hexdigest()
    return certificate


@pytest.mark.contract(
    "a genuine push of 2023 that verifies so (string to sign, RSA-SHA1); base64(hex) Content-MD5 as in the document's sample"
)
@pytest.mark.parametrize("content_format", FORMATS)
@pytest.mark.parametrize("tag", ["", "tag", "重要"])
def test_a_subscriber_can_verify_a_push(topic: Any, inbox: Inbox, content_format: str, tag: str) -> None:
    meta = SubscriptionMeta(f"http://127.0.0.1:{inbox.server_port}/in%20box?x=1&y=%2F", notify_content_format=content_format)
    topic.get_subscription("s").subscribe(meta)
    topic.publish_message(TopicMessage("你好 <&>\r\n", tag))
    target, headers, body = inbox.pushes.get(timeout=10)
    certificate = verify(target, headers, body)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    with pytest.raises(AssertionError):
        verify(target, headers, body + b" ")


@pytest.mark.contract("our assumption: the certificate has an address of the laptop cloud's own, and outlives a restart")
def test_the_key_is_made_once_and_kept_secret(cloud: Cloud, tmp_path: Path) -> None:
    first = httpx.get(cloud.endpoint + CERTIFICATE_PATH, trust_env=False)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/x-pem-file")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "mns").glob("*key*")] == [0o600]
    assert b"PRIVATE" not in first.content
    again = Cloud(tmp_path)
    assert httpx.get(again.endpoint + CERTIFICATE_PATH, trust_env=False).content == first.content
    again.stop()


@pytest.mark.contract(DOCUMENT + "HttpEndpoint: only 2xx is delivered")
def test_a_redirect_is_no_delivery_and_is_not_followed(cloud: Cloud, topic: Any, inbox: Inbox) -> None:
    inbox.statuses = [302, 200]
    meta = SubscriptionMeta(f"http://127.0.0.1:{inbox.server_port}/in", SubscriptionNotifyStrategy.EXPONENTIAL)
    topic.get_subscription("s").subscribe(meta)
    topic.publish_message(TopicMessage("a"))
    assert [inbox.pushes.get(timeout=10)[0] for _ in range(2)] == ["/in", "/in"]


@pytest.mark.contract("house rule: nothing reads what a cloud server could read of itself; the code is the official .NET SDK's")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://100.100.100.200/latest/meta-data",
        "http://169.254.169.254/",
        "http://[fe80::1]/",
        "http://[::ffff:100.100.100.200]/",
        "http://1684301000/",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1:port/",
        "http:///x",
        "mail:directmail:a@example.com",
        "sms:directsms:anonymous",
        "push:1234",
        "acs:fc:cn-shanghai:1:functions/f",
        "http://h/" + "x" * 1_000_000,
    ],
)
def test_an_endpoint_that_may_not_or_cannot_be_served_is_refused(topic: Any, endpoint: str) -> None:
    assert refusal(topic.get_subscription("s").subscribe, SubscriptionMeta(endpoint)).type == "EndpointInvalid"
    assert topic.list_subscription()[0] == []


@pytest.mark.contract("sample_all.py: a topic's owner and an endpoint's account need not be the same")
def test_one_bad_subscriber_delays_no_other(cloud: Cloud, account: Any, topic: Any, inbox: Inbox) -> None:
    account.get_queue("jobs").create(QueueMeta())
    for name, endpoint in {
        "nobody": "http://127.0.0.1:9/",
        "unknown": "http://no-such-host.invalid/",
        "no-queue": "acs:mns:cn-shanghai:127:queues/gone",
        "queue": "acs:mns:cn-shanghai:127:queues/jobs",
        "good": f"http://127.0.0.1:{inbox.server_port}/",
    }.items():
        topic.get_subscription(name).subscribe(SubscriptionMeta(endpoint))
    for number in range(3):
        topic.publish_message(TopicMessage(str(number)))
    assert len([inbox.pushes.get(timeout=10) for _ in range(3)]) == 3
    queue = cloud.account(KEY).get_queue("jobs")
    queue.set_encoding(False)
    assert len([queue.receive_message(10) for _ in range(3)]) == 3


def until_received(cloud: Cloud, queue: Any, nudge: Any) -> Any:
    """Turn the clock from retry to retry; a message to another topic lets the courier look at it."""
    for _ in range(30):
        cloud.ahead += 21
        nudge.publish_message(TopicMessage("look"))
        try:
            return queue.receive_message(1)
        except MNSServerException:
            continue
    raise AssertionError("nothing came")


@pytest.mark.contract("Simple Message Queue, dead-letter queue of a subscription; what the dead letter holds is our assumption")
def test_what_no_subscriber_takes_ends_in_its_dead_letter_queue(cloud: Cloud, account: Any) -> None:
    topic = account.get_topic("alarms")
    topic.create(TopicMeta())
    nudge = account.get_topic("nudge")
    nudge.create(TopicMeta())
    dead = account.get_queue("dead")
    dead.create(QueueMeta())
    dead.set_encoding(False)
    body = (
        "<Subscription><Endpoint>http://127.0.0.1:9/</Endpoint><DlqPolicy><Enabled>true</Enabled>"
        "<DeadLetterTargetQueue>dead</DeadLetterTargetQueue></DlqPolicy></Subscription>"
    )
    assert cloud.send("PUT", "/topics/alarms/subscriptions/s", body)[0] == 201
    assert "<DeadLetterTargetQueue>dead<" in cloud.send("GET", "/topics/alarms/subscriptions/s")[1]
    published = topic.publish_message(TopicMessage("nobody home"))
    got = until_received(cloud, dead, nudge)
    assert got.message_body == "nobody home"
    assert got.system_properties["DLQOriginMessageId"].get_string_value_by_type() == published.message_id
    assert got.system_properties["DLQSourceArn"].get_string_value_by_type().endswith(":/topics/alarms/subscriptions/s")
