"""The message service as the official SDK (aliyun-mns-sdk) sees it, over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import json
import sqlite3
import threading
import time
from contextlib import closing
from email.utils import formatdate
from typing import Any
from xml.etree import ElementTree

import pytest
from mns.message_property import MessagePropertyValue, PropertyType
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta, SubscriptionNotifyContentFormat, SubscriptionNotifyStrategy
from mns.topic import Base64TopicMessage, TopicMessage, TopicMeta

from localcloud.identity import Credential
from tests.contract.mns.support import DOCUMENT, KEY, PLACE, SDK, Cloud, Inbox, raw, refusal, signed

# The SDK marks its message counts as deprecated, and sets them itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")


def post_messages(cloud: Cloud, inner: str) -> tuple[int, list[str]]:
    """Status, and the error code of each message in a batch or of the whole."""
    target = "/queues/jobs/messages"
    connection = http.client.HTTPConnection("127.0.0.1", cloud.door.port, timeout=10)
    connection.request(
        "POST", target, f"<Messages>{inner}</Messages>".encode(), signed("POST", target, formatdate(time.time(), usegmt=True))
    )
    answer = connection.getresponse()
    root = ElementTree.fromstring(answer.read())
    connection.close()
    namespace = "{http://mns.aliyuncs.com/doc/v1/}"
    if root.tag == f"{namespace}Error":
        return answer.status, [root.findtext(f"{namespace}Code", "")]
    return answer.status, [message.findtext(f"{namespace}ErrorCode", "") for message in root]


@pytest.mark.contract(SDK + "mns_client.get_signature; " + DOCUMENT + "error codes")
def test_a_wrong_secret_and_an_unknown_key_are_refused(cloud: Cloud) -> None:
    error = refusal(cloud.account(Credential(KEY.access_key_id, "wrong")).list_queue)
    assert error.type == "SignatureDoesNotMatch"
    assert refusal(cloud.account(Credential("nobody", "wrong")).list_queue).type == "InvalidAccessKeyId"


@pytest.mark.contract(SDK + "security-token header, unsigned; the code for an expired token is an assumption")
def test_temporary_keys_work_until_they_expire(cloud: Cloud) -> None:
    assert cloud.account(cloud.keyring.issue("role", 60)).list_queue()[0] == []
    assert refusal(cloud.account(cloud.keyring.issue("role", -1)).list_queue).type == "AccessDenied"


@pytest.mark.contract(DOCUMENT + "error codes: 400 for missing or malformed headers, 408 TimeExpired after 15 minutes")
def test_each_flaw_of_a_request_has_its_own_code(cloud: Cloud) -> None:
    now = formatdate(time.time(), usegmt=True)
    late = formatdate(time.time() - 16 * 60, usegmt=True)
    assert raw(cloud, "GET", "/queues", {}) == (400, "MissingAuthorizationHeader")
    assert raw(cloud, "GET", "/queues", {"Authorization": "MNS nonsense"}) == (400, "InvalidAuthorizationHeader")
    assert raw(cloud, "GET", "/queues", {"Authorization": "MNS a:b"}) == (400, "MissingDateHeader")
    assert raw(cloud, "GET", "/queues", {"Authorization": "MNS a:b", "date": "soon"}) == (400, "InvalidDateHeader")
    assert raw(cloud, "GET", "/queues", signed("GET", "/queues", late)) == (408, "TimeExpired")
    for odd in ("Sat, 21 Nov 99999999999 05:42:45 GMT", "Sat, 99 Nov 2026 00:00:00 GMT"):
        assert raw(cloud, "GET", "/queues", signed("GET", "/queues", odd)) == (400, "InvalidDateHeader")
    for version, code in {"2014-01-01": "InvalidVersionHeader", "": "MissingVersionHeader"}.items():
        assert raw(cloud, "GET", "/queues", signed("GET", "/queues", now, {"x-mns-version": version})) == (400, code)
    assert raw(cloud, "GET", "/elsewhere", signed("GET", "/elsewhere", now)) == (400, "InvalidRequestURL")
    assert raw(cloud, "GET", "/queues?a=b", signed("GET", "/queues", now)) == (403, "SignatureDoesNotMatch")
    digest = {"content-md5": "wrong", "content-type": "text/xml"}
    assert raw(cloud, "PUT", "/queues/q", signed("PUT", "/queues/q", now, digest), b"<Queue/>") == (400, "InvalidDegist")
    assert raw(cloud, "PUT", "/queues/q", signed("PUT", "/queues/q", now), b"<Queue>") == (400, "MalformedXML")


@pytest.mark.contract(SDK + "mns_xml_handler.GetQueueAttrDecoder; " + DOCUMENT + "CreateQueue, SetQueueAttributes, GetQueueAttributes")
def test_the_life_of_a_queue(cloud: Cloud, account: Any) -> None:
    queue = account.get_queue("MNS-Sample-1")
    meta = QueueMeta(vis_timeout=100, max_msg_size=10240, msg_ttl=3600, delay_sec=10, polling_wait_sec=20, logging_enabled=True)
    assert queue.create(meta) == f"{cloud.endpoint}/queues/MNS-Sample-1"
    assert queue.create(meta) == f"{cloud.endpoint}/queues/MNS-Sample-1"
    assert refusal(queue.create, QueueMeta(vis_timeout=99)).type == "QueueAlreadyExist"

    change = QueueMeta()
    change.set_visibilitytimeout(50)
    change.set_delay_seconds(5)
    queue.set_attributes(change)
    known = queue.get_attributes()
    assert (known.queue_name, known.visibility_timeout, known.delay_seconds) == ("MNS-Sample-1", 50, 5)
    assert (known.polling_wait_seconds, known.logging_enabled) == (20, True)
    assert abs(known.create_time - time.time()) < 60

    queue.delete()
    assert refusal(queue.get_attributes).type == "QueueNotExist"


@pytest.mark.contract(SDK + "mns_xml_handler.ListQueueDecoder; NextMarker absent at the end")
def test_lists_are_paged(account: Any) -> None:
    for number in range(5):
        account.get_queue(f"many-{number}").create(QueueMeta())
    account.get_queue("other").create(QueueMeta())
    names: list[str] = []
    marker = ""
    while True:
        urls, marker = account.list_queue("many-", 2, marker)
        assert 1 <= len(urls) <= 2
        names += [url.rpartition("/")[2] for url in urls]
        if not marker:
            break
    assert names == [f"many-{number}" for number in range(5)]


@pytest.mark.contract(SDK + "its tests' golden samples: MessageBodyMD5 is the upper-case hex MD5 of the text as sent")
@pytest.mark.parametrize("encoding", [True, False])
def test_a_message_goes_round(queue: Any, encoding: bool) -> None:
    text = "你好 <&> ]]> 'quoted' \U0001f3a5"
    queue.set_encoding(encoding)
    sent = queue.send_message(Message(text))
    assert sent.receipt_handle == ""
    got = queue.receive_message_with_str_body(5)
    assert (got.message_body, got.message_id, got.dequeue_count, got.priority) == (text, sent.message_id, 1, 8)
    assert got.message_body_md5 == sent.message_body_md5
    if not encoding:
        assert sent.message_body_md5 == hashlib.md5(text.encode()).hexdigest().upper()
    assert 0 < got.next_visible_time - got.first_dequeue_time <= 30_000
    queue.delete_message(got.receipt_handle)
    assert refusal(queue.delete_message, got.receipt_handle).type == "ReceiptHandleError"
    assert refusal(queue.receive_message, 0).type == "MessageNotExist"


@pytest.mark.contract(SDK + "mns_xml_handler.MessageEncoder: UserProperties and MessageGroupId")
def test_properties_and_the_group_travel_with_the_message(queue: Any) -> None:
    message = Message("body", message_group_id="camera-1")
    message.add_user_property("kind", MessagePropertyValue(PropertyType.STRING, "video"))
    message.add_user_property("raw", MessagePropertyValue(PropertyType.BINARY, b"\x00\xff"))
    queue.send_message(message)
    (got,) = queue.batch_receive_message(1, 0)
    assert got.message_group_id == "camera-1"
    assert got.user_properties["kind"].get_string_value_by_type() == "video"
    assert got.user_properties["raw"].get_binary_value() == b"\x00\xff"


@pytest.mark.contract(SDK + "Batch* decoders; sample_all.py")
def test_batches(queue: Any) -> None:
    sent = queue.batch_send_message([Message(f"message {number}") for number in range(16)])
    assert len({each.message_id for each in sent}) == 16
    peeked = queue.batch_peek_message_with_str_body(3)
    assert [each.message_body for each in peeked] == ["message 0", "message 1", "message 2"]
    assert [each.dequeue_count for each in peeked] == [0, 0, 0]
    assert queue.peek_message_with_str_body().message_body == "message 0"
    got = queue.batch_receive_message_with_str_body(16, 5)
    assert [each.message_body for each in got] == [f"message {number}" for number in range(16)]
    handles = [each.receipt_handle for each in got]
    error = refusal(queue.batch_delete_message, [handles[0], handles[1], "1-" + "0" * 32])
    assert [each["ReceiptHandle"] for each in error.sub_errors] == ["1-" + "0" * 32]
    assert error.type == "ReceiptHandleError"
    queue.batch_delete_message(handles[2:])
    assert refusal(queue.batch_peek_message, 3).type == "MessageNotExist"


@pytest.mark.contract(SDK + "mns_xml_handler.BatchSendMessageDecoder.decodeError; " + DOCUMENT + "BatchSendMessage: 500 when some fail")
def test_a_batch_that_fails_in_part_says_which(queue: Any) -> None:
    change = QueueMeta()
    change.set_maximum_message_size(1024)
    queue.set_attributes(change)
    queue.set_encoding(False)
    error = refusal(queue.batch_send_message, [Message("small"), Message("x" * 1025)])
    assert error.type == "InvalidArgument"
    assert [sorted(each) for each in error.sub_errors] == [["MessageBodyMD5", "MessageId"], ["ErrorCode", "ErrorMessage"]]
    assert queue.receive_message_with_str_body(0).message_body == "small"


@pytest.mark.contract(DOCUMENT + "BatchSendMessage: at most 16 messages; DelaySeconds 0 to 604800")
def test_a_batch_with_an_unreadable_message_or_too_many(cloud: Cloud, queue: Any) -> None:
    inner = (
        "<Message><MessageBody>a</MessageBody></Message><Message><MessageBody>b</MessageBody><DelaySeconds>soon</DelaySeconds></Message>"
    )
    assert post_messages(cloud, inner) == (500, ["", "InvalidArgument"])
    assert queue.get_attributes().active_messages == 1
    assert post_messages(cloud, "<Message><MessageBody>a</MessageBody></Message>" * 17) == (400, ["InvalidArgument"])
    assert post_messages(cloud, "") == (400, ["InvalidArgument"])


@pytest.mark.contract(DOCUMENT + "ChangeMessageVisibility: a new handle, and the old one is void")
def test_changing_the_visibility(cloud: Cloud, queue: Any) -> None:
    queue.send_message(Message("a"))
    got = queue.receive_message(0)
    changed = queue.change_message_visibility(got.receipt_handle, 100)
    assert changed.receipt_handle != got.receipt_handle
    assert 90_000 < int(changed.next_visible_time) - time.time() * 1000 <= 100_000
    assert refusal(queue.change_message_visibility, got.receipt_handle, 100).type == "MessageNotExist"
    cloud.ahead = 101
    assert queue.receive_message(0).dequeue_count == 2


@pytest.mark.contract(DOCUMENT + "SendMessage: a delayed message has a receipt handle")
def test_a_delayed_message_can_be_deleted_before_anyone_sees_it(queue: Any) -> None:
    sent = queue.send_message(Message("later", delay_seconds=600))
    assert queue.get_attributes().delay_messages == 1
    queue.delete_message(sent.receipt_handle)
    assert queue.get_attributes().delay_messages == 0


@pytest.mark.contract(DOCUMENT + "ReceiveMessage: waitseconds overrides PollingWaitSeconds")
def test_a_long_poll_returns_with_the_message(cloud: Cloud, queue: Any) -> None:
    got: list[str] = []
    receiver = cloud.account().get_queue("jobs")
    poll = threading.Thread(target=lambda: got.append(receiver.receive_message_with_str_body(20).message_body))
    poll.start()
    began = time.monotonic()
    queue.send_message(Message("here"))
    poll.join(10)
    assert got == ["here"]
    assert time.monotonic() - began < 10


@pytest.mark.contract(SDK + "account.set_attributes: LoggingBucket")
def test_the_logging_bucket_is_kept(account: Any) -> None:
    from mns.account import AccountMeta

    account.set_attributes(AccountMeta("logs"))
    assert account.get_attributes().logging_bucket == "logs"


@pytest.mark.contract(SDK + "mns_xml_handler.GetTopicAttrDecoder, GetSubscriptionAttrDecoder; sample_all.py")
def test_the_life_of_a_topic_and_a_subscription(cloud: Cloud, account: Any, topic: Any) -> None:
    change = TopicMeta()
    change.set_maximum_message_size(6144)
    change.set_logging_enabled(True)
    topic.set_attributes(change)
    known = topic.get_attributes()
    assert (known.maximum_message_size, known.logging_enabled, known.message_retention_period) == (6144, True, 86400)
    assert account.list_topic("call", 10, "") == ([f"{cloud.endpoint}/topics/callbacks"], "")

    subscription = topic.get_subscription("sub")
    wanted = SubscriptionMeta("http://127.0.0.1:9", SubscriptionNotifyStrategy.BACKOFF, SubscriptionNotifyContentFormat.XML, "important")
    assert subscription.subscribe(wanted) == f"{cloud.endpoint}/topics/callbacks/subscriptions/sub"
    wanted.set_filter_tag("other")
    assert refusal(subscription.subscribe, wanted).type == "SubscriptionAlreadyExist"
    subscription.set_attributes(SubscriptionMeta(notify_strategy=SubscriptionNotifyStrategy.EXPONENTIAL))
    got = subscription.get_attributes()
    assert (got.topic_owner, got.endpoint, got.filter_tag) == (PLACE.account_id, "http://127.0.0.1:9", "important")
    assert (got.notify_strategy, got.notify_content_format) == ("EXPONENTIAL_DECAY_RETRY", "XML")
    assert topic.list_subscription()[0] == [f"{cloud.endpoint}/topics/callbacks/subscriptions/sub"]
    subscription.unsubscribe()
    assert refusal(subscription.get_attributes).type == "SubscriptionNotExist"
    topic.delete()
    assert refusal(topic.publish_message, TopicMessage("a")).type == "TopicNotExist"


@pytest.mark.contract(DOCUMENT + "QueueEndpoint; Base64TopicMessage with SIMPLIFIED suits the SDK's decoding queue")
def test_a_topic_feeds_a_queue(topic: Any, queue: Any) -> None:
    endpoint = f"acs:mns:{PLACE.region}:{PLACE.account_id}:queues/jobs"
    topic.get_subscription("s").subscribe(SubscriptionMeta(endpoint, notify_content_format=SubscriptionNotifyContentFormat.SIMPLIFIED))
    published = topic.publish_message(Base64TopicMessage("it is done", "tag"))
    assert published.message_id
    assert queue.receive_message_with_str_body(10).message_body == "it is done"


@pytest.mark.contract(DOCUMENT + "HttpEndpoint: POST, any 2xx is delivered, EXPONENTIAL_DECAY_RETRY tries again after a second")
def test_an_http_endpoint_is_pushed_until_it_takes_the_message(topic: Any, inbox: Inbox) -> None:
    inbox.statuses = [503]
    endpoint = f"http://127.0.0.1:{inbox.server_port}/in?x=1"
    meta = SubscriptionMeta(endpoint, SubscriptionNotifyStrategy.EXPONENTIAL, SubscriptionNotifyContentFormat.JSON)
    topic.get_subscription("s").subscribe(meta)
    published = topic.publish_message(TopicMessage("你好", "tag"))
    first, second = inbox.pushes.get(timeout=10), inbox.pushes.get(timeout=10)
    assert first[2] == second[2]
    path, headers, body = second
    assert path == "/in?x=1"
    assert headers["x-mns-version"] == "2015-06-06"
    message = json.loads(body)
    assert (message["Message"], message["MessageTag"], message["MessageId"]) == ("你好", "tag", published.message_id)
    assert message["MessageMD5"] == published.message_body_md5


@pytest.mark.contract("house rule: bad input gets the cloud's own error")
@pytest.mark.parametrize(
    ("method", "target", "body", "status", "code"),
    [
        ("GET", "/queues/%FF", b"", 404, "QueueNotExist"),
        ("PUT", "/queues/a%25b", b"<Queue/>", 400, "InvalidQueueName"),
        ("PUT", "/queues/%E4%BD%A0", b"<Queue/>", 400, "InvalidQueueName"),
        ("PUT", "/queues/a%0A", b"<Queue/>", 400, "InvalidQueueName"),
        ("PUT", "/queues/" + "a" * 121, b"<Queue/>", 400, "QueueNameLengthError"),
        ("PUT", "/topics/a_b", b"<Topic/>", 400, "TopicNameInvalid"),
        ("GET", "/queues/q/messages?peekonly=maybe", b"", 400, "InvalidQueryString"),
        ("PUT", "/queues/q?metaoverride=maybe", b"<Queue/>", 400, "InvalidQueryString"),
        ("POST", "/queues/q/messages", b"<Message><MessageBody>" + b"x" * 2_000_000 + b"</MessageBody></Message>", 400, "InvalidArgument"),
        ("POST", "/queues/q/messages", b"<!DOCTYPE m><Message><MessageBody>a</MessageBody></Message>", 400, "MalformedXML"),
        ("POST", "/queues/q/messages", b"<Message>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Message>", 400, "InvalidArgument"),
        ("PUT", "/queues/%FF", b"<Queue/>", 400, "InvalidQueueName"),
        ("PUT", f"/queues/q/messages?ReceiptHandle=1-{'0' * 32}&VisibilityTimeout=%C2%B2", b"", 400, "InvalidArgument"),
        ("PUT", f"/queues/q/messages?ReceiptHandle=1-{'0' * 32}&VisibilityTimeout={'9' * 5000}", b"", 400, "InvalidArgument"),
        ("POST", "/queues/q/messages", b'<?xml version="1.0" encoding="nobodys"?><Message/>', 400, "MalformedXML"),
    ],
)
def test_malformed_input_is_refused_in_the_clouds_words(
    cloud: Cloud, method: str, target: str, body: bytes, status: int, code: str
) -> None:
    cloud.account().get_queue("q").create(QueueMeta())
    assert raw(cloud, method, target, signed(method, target, formatdate(usegmt=True)), body) == (status, code)
    assert cloud.account().get_queue("q").get_attributes().active_messages == 0


@pytest.mark.contract("XML 1.0, CDATA sections: what stands in one is text")
def test_a_message_may_speak_of_messages(cloud: Cloud) -> None:
    queue = cloud.account().get_queue("q")
    queue.create(QueueMeta())
    queue.set_encoding(False)
    target, body = "/queues/q/messages", b"<Message><MessageBody><![CDATA[<Messages>]]></MessageBody></Message>"
    status, _ = raw(cloud, "POST", target, signed("POST", target, formatdate(usegmt=True)), body)
    assert (status, queue.receive_message().message_body) == (201, "<Messages>")


@pytest.mark.contract(DOCUMENT + "error codes: 500 InternalError")
def test_what_the_disk_refuses_is_an_internal_error_in_the_services_words(cloud: Cloud, queue: Any) -> None:
    with closing(sqlite3.connect(cloud.folder / "mns" / "mns.sqlite3")) as connection:
        connection.execute("DROP TABLE message")
    assert refusal(queue.send_message, Message("a")).type == "InternalError"
    assert refusal(queue.receive_message, 5).type == "InternalError"
