"""Dead letters, ordered queues, message properties and long polls, through the official SDK where it can say them."""

from __future__ import annotations

import http.client
import threading
import time
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from mns.message_property import MessagePropertyValue, MessageSystemPropertyValue, PropertyType, SystemPropertyType
from mns.queue import Message, QueueMeta

from localcloud.door.server import WORKERS
from tests.contract.mns.support import DOCUMENT, SDK, Cloud, eventually, refusal, signed

# The SDK marks its message counts as deprecated, and sets them itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")

DEAD_LETTERS = "Simple Message Queue, Dead-letter queue"
ORDERED = "Simple Message Queue, Ordered messages"
ONE = "<Name>n</Name><Value>v</Value><Type>STRING</Type>"
POLICY = (
    "<DlqPolicy><Enabled>{}</Enabled><DeadLetterTargetQueue>{}</DeadLetterTargetQueue><MaxReceiveCount>{}</MaxReceiveCount></DlqPolicy>"
)


def make(cloud: Cloud, name: str, inner: str, change: bool = False) -> tuple[int, str]:
    return cloud.send("PUT", f"/queues/{name}{'?metaoverride=true' if change else ''}", f"<Queue>{inner}</Queue>")


@pytest.fixture
def dead(account: Any) -> Any:
    queue = account.get_queue("dead")
    queue.create(QueueMeta())
    return queue


@pytest.mark.contract(DEAD_LETTERS + "; that the policy's XML is spelled as in mns-open 2022-01-19 is our assumption")
def test_what_is_received_too_often_goes_to_the_dead_letter_queue(cloud: Cloud, account: Any, dead: Any) -> None:
    assert make(cloud, "work", "<VisibilityTimeout>10</VisibilityTimeout>" + POLICY.format("true", "dead", 2))[0] == 201
    queue = account.get_queue("work")
    message = Message("poison", priority=3)
    message.add_user_property("kind", MessagePropertyValue(PropertyType.STRING, "video"))
    sent = queue.send_message(message)
    for count in (1, 2):
        assert queue.receive_message(0).dequeue_count == count
        assert refusal(dead.receive_message, 0).type == "MessageNotExist"
        cloud.ahead += 10
    assert refusal(queue.receive_message, 0).type == "MessageNotExist"
    got = dead.receive_message_with_str_body(0)
    assert (got.message_body, got.dequeue_count, got.priority) == ("poison", 1, 3)
    assert got.user_properties["kind"].get_string_value_by_type() == "video"
    assert got.system_properties["DLQOriginMessageId"].get_string_value_by_type() == sent.message_id != got.message_id
    assert got.system_properties["DLQSourceArn"].get_string_value_by_type().endswith(":/queues/work")


@pytest.mark.contract(DEAD_LETTERS + ": the message's life does not start again in the dead-letter queue")
def test_a_dead_letter_lives_no_longer_than_it_would_have(cloud: Cloud, account: Any, dead: Any) -> None:
    make(cloud, "work", "<MessageRetentionPeriod>100</MessageRetentionPeriod>" + POLICY.format("True", "dead", 1))
    account.get_queue("work").send_message(Message("a"))
    account.get_queue("work").receive_message(0)
    cloud.ahead += 50
    assert dead.peek_message_with_str_body().message_body == "a"
    cloud.ahead += 50
    assert refusal(dead.peek_message).type == "MessageNotExist"
    assert dead.get_attributes().active_messages == 0


@pytest.mark.contract(DEAD_LETTERS + "; a receiver that waits there gets a dead letter when it becomes one: our assumption")
def test_a_long_poll_of_the_dead_letter_queue_sees_what_dies(cloud: Cloud, account: Any, dead: Any) -> None:
    make(cloud, "work", "<VisibilityTimeout>1</VisibilityTimeout>" + POLICY.format("true", "dead", 1))
    account.get_queue("work").send_message(Message("a"))
    account.get_queue("work").receive_message(0)
    assert dead.receive_message_with_str_body(20).message_body == "a"


@pytest.mark.contract(DEAD_LETTERS + ": no queue is its own; a target that exists, and MaxReceiveCount from 1, are our assumption")
def test_a_dead_letter_policy_is_checked_kept_and_switched_off(cloud: Cloud, account: Any, dead: Any) -> None:
    for policy, named in [
        (POLICY.format("true", "work", 2), "another queue"),
        (POLICY.format("true", "nowhere", 2), "nowhere"),
        (POLICY.format("true", "dead", 0), "MaxReceiveCount"),
        (POLICY.format("true", "", 2), "DeadLetterTargetQueue"),
        (POLICY.format("perhaps", "dead", 2), "Enabled"),
        ("<DlqPolicy><DeadLetterTargetQueue>dead</DeadLetterTargetQueue></DlqPolicy>", "MaxReceiveCount"),
    ]:
        status, text = make(cloud, "work", policy)
        assert (status, "<Code>InvalidArgument</Code>" in text, named in text) == (400, True, True), text
    assert make(cloud, "work", POLICY.format("true", "dead", 2))[0] == 201
    assert make(cloud, "work", POLICY.format("true", "dead", 3))[0] == 409
    account.get_queue("work").set_attributes(QueueMeta(vis_timeout=9))
    assert POLICY.format("true", "dead", 2) in cloud.send("GET", "/queues/work")[1].replace("\n", "")
    assert account.get_queue("work").get_attributes().visibility_timeout == 9
    assert make(cloud, "work", POLICY.format("false", "", ""), change=True)[0] == 204
    assert "DlqPolicy" not in cloud.send("GET", "/queues/work")[1]


@pytest.mark.contract(ORDERED + ": the group lock; that a fifo queue wants a MessageGroupId, and its XML QueueType, are our assumption")
def test_an_ordered_queue_gives_a_group_in_its_order_and_one_at_a_time(cloud: Cloud, account: Any) -> None:
    assert make(cloud, "ordered", "<QueueType>fifo</QueueType>")[0] == 201
    assert "<QueueType>fifo</QueueType>" in cloud.send("GET", "/queues/ordered")[1]
    queue = account.get_queue("ordered")
    assert "MessageGroupId" in refusal(queue.send_message, Message("lost")).message
    for body in ("a1", "a2", "b1", "a3"):
        queue.send_message(Message(body, message_group_id=body[0], priority=9 if body == "a1" else 8))
    first = queue.batch_receive_message_with_str_body(16, 0)
    assert [got.message_body for got in first] == ["a1", "b1"]
    assert refusal(queue.receive_message, 0).type == "MessageNotExist"
    queue.delete_message(first[0].receipt_handle)
    assert queue.receive_message_with_str_body(0).message_body == "a2"
    cloud.ahead += 30
    assert [got.message_body for got in queue.batch_receive_message_with_str_body(16, 0)] == ["a2", "b1"]


@pytest.mark.contract(ORDERED + ": the next of a group can be pulled once the one before is deleted")
def test_deleting_lets_a_waiting_receiver_have_the_next_of_the_group(cloud: Cloud, account: Any) -> None:
    make(cloud, "ordered", "<QueueType>fifo</QueueType>")
    queue = account.get_queue("ordered")
    for body in ("a1", "a2"):
        queue.send_message(Message(body, message_group_id="a"))
    first = queue.receive_message(0)
    got: list[str] = []
    other = cloud.account().get_queue("ordered")
    poll = threading.Thread(target=lambda: got.append(other.receive_message_with_str_body(20).message_body))
    poll.start()
    queue.delete_message(first.receipt_handle)
    poll.join(10)
    assert got == ["a2"]


@pytest.mark.contract("Simple Message Queue, Message attributes: name to 256, value to 4096 characters, four types, unique names")
@pytest.mark.parametrize(
    ("inner", "named"),
    [
        ("<Name></Name><Value>v</Value><Type>STRING</Type>", "Name"),
        (f"<Name>{'n' * 257}</Name><Value>v</Value><Type>STRING</Type>", "256"),
        (f"<Name>n</Name><Value>{'v' * 4097}</Value><Type>STRING</Type>", "4096"),
        (f"<Name>n</Name><Value>{'v' * 900_000}</Value><Type>STRING</Type>", "4096"),
        ("<Name>n</Name><Value>v</Value><Type>DATE</Type>", "Type"),
        ("<Name>n</Name><Value>yes</Value><Type>BOOLEAN</Type>", "BOOLEAN"),
        (f"{ONE}</PropertyValue><PropertyValue>{ONE}", "unique"),
    ],
)
def test_a_property_out_of_its_limits_is_refused(cloud: Cloud, queue: Any, inner: str, named: str) -> None:
    body = f"<Message><MessageBody>b</MessageBody><UserProperties><PropertyValue>{inner}</PropertyValue></UserProperties></Message>"
    status, text = cloud.send("POST", "/queues/jobs/messages", body)
    assert (status, "<Code>InvalidArgument</Code>" in text, named in text) == (400, True, True), text
    assert queue.get_attributes().active_messages == 0


@pytest.mark.contract(SDK + "SystemPropertyName: trace context travels with a message")
def test_system_properties_travel(queue: Any) -> None:
    message = Message("b")
    message.add_system_property("traceparent", MessageSystemPropertyValue(SystemPropertyType.STRING, "00-1-2-01"))
    queue.send_message(message)
    assert queue.receive_message(0).system_properties["traceparent"].get_string_value_by_type() == "00-1-2-01"


@pytest.mark.contract(DOCUMENT + "ReceiveMessage: a long poll waits; nobody else waits for it")
def test_long_polls_hold_up_nobody_and_a_message_wakes_one_of_them(cloud: Cloud, queue: Any) -> None:
    target = "/queues/jobs/messages?waitseconds=30"
    polls = []
    for _ in range(max(200, 3 * WORKERS)):
        poll = http.client.HTTPConnection("127.0.0.1", cloud.door.port, timeout=40)
        poll.request("GET", target, headers=signed("GET", target, formatdate(usegmt=True)))
        polls.append(poll)
    began = time.monotonic()
    assert httpx.get(cloud.endpoint + "/neighbour", trust_env=False).status_code == 200
    assert queue.get_attributes().active_messages == 0
    sent = {queue.send_message(Message(str(number))).message_id for number in range(5)}
    eventually(lambda: queue.get_attributes().inactive_messages == 5)
    queue.delete()
    answers = [poll.getresponse() for poll in polls]
    got = [answer.read().decode() for answer in answers if answer.status == 200]
    assert {each for each in sent if any(each in text for text in got)} == sent
    assert [len(got), {answer.status for answer in answers}] == [5, {200, 404}]
    assert time.monotonic() - began < 25  # and not the 30 s of a poll
    for poll in polls:
        poll.close()


@pytest.mark.contract("our assumption: a receiver that hung up takes no message")
def test_a_receiver_that_hung_up_takes_no_message(cloud: Cloud, queue: Any) -> None:
    target = "/queues/jobs/messages?waitseconds=30"
    gone = http.client.HTTPConnection("127.0.0.1", cloud.door.port, timeout=40)
    gone.request("GET", target, headers=signed("GET", target, formatdate(usegmt=True)))
    # It waits once a second receiver, which came after it, is answered.
    assert refusal(queue.receive_message, 1).type == "MessageNotExist"
    gone.close()
    assert refusal(queue.receive_message, 1).type == "MessageNotExist"
    queue.send_message(Message("for those who are here"))
    assert queue.receive_message_with_str_body(0).message_body == "for those who are here"


@pytest.mark.contract(DOCUMENT + "CreateQueue: limits of the attributes; InvalidArgument names the element")
@pytest.mark.parametrize(
    ("element", "low", "high"),
    [
        ("DelaySeconds", 0, 604800),
        ("VisibilityTimeout", 1, 43200),
        ("MaximumMessageSize", 1024, 65536),
        ("MessageRetentionPeriod", 60, 604800),
        ("PollingWaitSeconds", 0, 30),
    ],
)
def test_each_attribute_has_its_limits(cloud: Cloud, element: str, low: int, high: int) -> None:
    for limit in (low, high):
        assert make(cloud, f"q{limit}", f"<{element}>{limit}</{element}>")[0] == 201
    for value in (str(low - 1), str(high + 1), "1e3", "٣", " ", "9" * 400_000):
        status, text = make(cloud, "other", f"<{element}>{value}</{element}>")
        assert (status, "InvalidArgument" in text, element in text) == (400, True, True), text[:300]
    assert cloud.send("GET", "/queues/other")[0] == 404


@pytest.mark.contract(DOCUMENT + "error codes: InvalidRequestURL")
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PATCH", "/queues/q"),
        ("POST", "/queues/q"),
        ("GET", "/queues/q/messages/x"),
        ("DELETE", "/queues"),
        ("PUT", "/topics/t/messages"),
        ("POST", "/"),
    ],
)
def test_an_unknown_operation_is_answered_in_the_clouds_words(cloud: Cloud, method: str, target: str) -> None:
    status, text = cloud.send(method, target)
    assert (status, "<Code>InvalidRequestURL</Code>" in text) == (400, True)


@pytest.mark.contract(SDK + "OpenServiceDecoder; that an open service answers with an order is our assumption")
def test_opening_the_open_service_is_no_error(account: Any) -> None:
    account.open_service()
    assert account.get_attributes().logging_bucket == ""


@pytest.mark.contract(
    ORDERED + ": topics are normal or fifo; that its XML is TopicType, and that the ordered kind is refused, is our assumption"
)
def test_an_ordered_topic_is_refused_and_not_made_an_ordinary_one(cloud: Cloud) -> None:
    status, text = cloud.send("PUT", "/topics/ordered", "<Topic><TopicType>fifo</TopicType></Topic>")
    assert (status, "<Code>InvalidArgument</Code>" in text, "TopicType" in text) == (400, True, True), text
    assert cloud.send("GET", "/topics/ordered")[0] == 404
    assert cloud.send("PUT", "/topics/plain", "<Topic><TopicType>normal</TopicType></Topic>")[0] == 201
