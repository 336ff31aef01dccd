"""The 24 steps of the SDK's sample_all.py, one after the other, each with what it should have done."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta, SubscriptionNotifyContentFormat, SubscriptionNotifyStrategy
from mns.topic import Base64TopicMessage, TopicMessage, TopicMeta

from tests.contract.mns.support import SDK, Cloud, Inbox, refusal

# The SDK marks its message counts as deprecated, and sets them itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")


def names(urls: list[str]) -> list[str]:
    return [url.rpartition("/")[2] for url in urls]


@pytest.mark.contract(SDK + "sample_all.py, steps 1 to 14")
def test_the_steps_of_a_queue(cloud: Cloud, account: Any) -> None:
    # Create, change, describe and list.
    queue = account.get_queue("MNS-Sample-MyQueue-1")
    created = QueueMeta(vis_timeout=100, max_msg_size=10240, msg_ttl=3600, delay_sec=10, polling_wait_sec=20, logging_enabled=True)
    url = queue.create(created)
    assert url == f"{cloud.endpoint}/queues/MNS-Sample-MyQueue-1"
    queue.set_attributes(QueueMeta(vis_timeout=50, max_msg_size=5120, msg_ttl=1800, delay_sec=5, polling_wait_sec=10))
    known = queue.get_attributes()
    assert (known.visibility_timeout, known.maximum_message_size, known.message_retention_period) == (50, 5120, 1800)
    assert (known.delay_seconds, known.polling_wait_seconds, known.logging_enabled) == (5, 10, True)
    assert names(account.list_queue("MNS-Sample", 10, "")[0]) == ["MNS-Sample-MyQueue-1"]

    # Send with a delay, look once it is over, receive, change the visibility, delete.
    sent = queue.send_message(Message("I am test Message.", delay_seconds=6, priority=10))
    assert sent.receipt_handle
    assert refusal(queue.peek_message).type == "MessageNotExist"
    cloud.ahead += 6
    assert queue.peek_message_with_str_body().message_id == sent.message_id
    received = queue.receive_message_with_str_body(10)
    assert (received.message_body, received.priority, received.message_body_md5) == ("I am test Message.", 10, sent.message_body_md5)
    changed = queue.change_message_visibility(received.receipt_handle, 35)
    queue.delete_message(changed.receipt_handle)

    # The same in batches.
    batch = queue.batch_send_message([Message(f"I am test Message {number}.") for number in range(3)])
    cloud.ahead += 6
    assert {one.message_id for one in queue.batch_peek_message_with_str_body(3)} == {one.message_id for one in batch}
    handles = [one.receipt_handle for one in queue.batch_receive_message_with_str_body(3, 10)]
    queue.batch_delete_message(handles)
    assert queue.get_attributes().inactive_messages == 0
    queue.delete()
    assert refusal(queue.get_attributes).type == "QueueNotExist"


@pytest.mark.contract(SDK + "sample_all.py, steps 15 to 24")
def test_the_steps_of_a_topic(cloud: Cloud, account: Any, inbox: Inbox) -> None:
    topic = account.get_topic("MyTopic-1")
    assert topic.create(TopicMeta(maximum_message_size=10240)) == f"{cloud.endpoint}/topics/MyTopic-1"
    topic.set_attributes(TopicMeta(maximum_message_size=6144, logging_enabled=True))
    known = topic.get_attributes()
    assert (known.topic_name, known.maximum_message_size, known.message_retention_period) == ("MyTopic-1", 6144, 86400)
    assert names(account.list_topic("MyTopic", 10, "")[0]) == ["MyTopic-1"]

    subscription = topic.get_subscription("MySub-1")
    endpoint = f"http://127.0.0.1:{inbox.server_port}/notifications"
    meta = SubscriptionMeta(endpoint, SubscriptionNotifyStrategy.BACKOFF, SubscriptionNotifyContentFormat.SIMPLIFIED, "important")
    assert subscription.subscribe(meta) == f"{cloud.endpoint}/topics/MyTopic-1/subscriptions/MySub-1"
    subscription.set_attributes(SubscriptionMeta(notify_strategy=SubscriptionNotifyStrategy.EXPONENTIAL))
    described = subscription.get_attributes()
    assert (described.notify_strategy, described.notify_content_format, described.filter_tag) == (
        "EXPONENTIAL_DECAY_RETRY",
        "SIMPLIFIED",
        "important",
    )
    assert names(topic.list_subscription("MySub", 10, "")[0]) == ["MySub-1"]

    topic.publish_message(TopicMessage("nobody asked for this", "other"))
    topic.publish_message(TopicMessage("I am test message.", "important"))
    assert inbox.pushes.get(timeout=10)[2] == b"I am test message."
    topic.publish_message(Base64TopicMessage("I am test message.", "important"))
    assert inbox.pushes.get(timeout=10)[2] == b"SSBhbSB0ZXN0IG1lc3NhZ2Uu"

    subscription.unsubscribe()
    assert topic.list_subscription()[0] == []
    topic.delete()
    assert refusal(topic.get_attributes).type == "TopicNotExist"


@pytest.mark.contract(SDK + "ListTopicDecoder, ListSubscriptionByTopicDecoder: NextMarker absent at the end")
def test_topics_and_subscriptions_are_paged(account: Any, topic: Any) -> None:
    for number in range(5):
        account.get_topic(f"many-{number}").create(TopicMeta())
        topic.get_subscription(f"sub-{number}").subscribe(SubscriptionMeta("http://127.0.0.1:9/"))
    for page, prefix in ((account.list_topic, "many-"), (topic.list_subscription, "sub-")):
        found: list[str] = []
        marker = ""
        for _ in range(10):
            urls, marker = page(prefix, 2, marker)
            found += names(urls)
            if not marker:
                break
        assert found == [f"{prefix}{number}" for number in range(5)]
    assert page("none", 2, "") == ([], "")


@pytest.mark.contract("our assumption: what two receivers get at once is never the same message")
def test_receivers_side_by_side_never_share_a_message(cloud: Cloud, queue: Any) -> None:
    got: list[str] = []
    total = 60

    def receive() -> None:
        mine = cloud.account().get_queue("jobs")
        while len(got) < total:
            with suppress(MNSServerException):
                got.extend(each.message_body for each in mine.batch_receive_message_with_str_body(3, 1))

    receivers = [threading.Thread(target=receive, daemon=True) for _ in range(6)]
    for receiver in receivers:
        receiver.start()
    for number in range(0, total, 4):
        queue.batch_send_message([Message(str(number + each)) for each in range(4)])
    for receiver in receivers:
        receiver.join(30)
    assert sorted(got, key=int) == [str(number) for number in range(total)]
    assert queue.get_attributes().active_messages == 0
