"""Events from the other services reach the function in the formats of the cloud."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.ports import ObjectEvent, QueueMessage, TopicMessage
from tests.contract.fc.laptop import Laptop, eventually

HELP = "official help, "
KEEP = """
import os, pathlib
def handler(event, context):
    folder = pathlib.Path(__file__).parent / "events"
    folder.mkdir(exist_ok=True)
    (folder / f"{context.request_id}.partial").write_bytes(event)
    os.rename(folder / f"{context.request_id}.partial", folder / f"{context.request_id}.event")
    if b"poison" in event: raise ValueError("poison")
"""
UPLOAD = ObjectEvent(
    name="ObjectCreated:PutObject",
    bucket="media",
    key="uploads/前门 a+b%2F.mp4",
    etag='"688a7bf4f233dc9c88a80bf985ab0000"',
    size=122539,
    delta_size=122539,
    mime_type="video/mp4",
    request_id="58F9FF2D3DF792092E12044C",
    time=1660373143.5,
    user_meta={"device": "door"},
)


def events(laptop: Laptop, count: int = 1) -> list[bytes]:
    folder = laptop.folder / "code" / "events"
    eventually(lambda: len(list(folder.glob("*.event"))) >= count)
    return [file.read_bytes() for file in sorted(folder.glob("*.event"))]


def oss_trigger(**config: Any) -> dict[str, Any]:
    config = {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "uploads/", "suffix": ".mp4"}}, **config}
    arn = "acs:oss:cn-shanghai:1000000000000001:media"
    return {"triggerName": "upload", "triggerType": "oss", "sourceArn": arn, "triggerConfig": config}


def topic_trigger(**config: Any) -> dict[str, Any]:
    arn = "acs:mns:cn-shanghai:1000000000000001:/topics/done"
    return {"triggerName": "callback", "triggerType": "mns_topic", "sourceArn": arn, "triggerConfig": config}


def queue_trigger(parameters: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    source = {"eventSourceType": "MNS", "eventSourceParameters": {"sourceMNSParameters": {"QueueName": "jobs", **(parameters or {})}}}
    return {"triggerName": "jobs", "triggerType": "eventbridge", "triggerConfig": {"eventSourceConfig": source, **config}}


@pytest.mark.contract(HELP + "Format of OSS events; github.com/aliyun/fc-runtime-go-sdk, events/oss.go")
def test_an_upload(laptop: Laptop) -> None:
    fc = laptop.start(KEEP, triggers=[oss_trigger()])
    fc.object_event(UPLOAD)
    assert fc.pending() <= 1
    (record,) = json.loads(events(laptop)[0])["events"]
    rule = record["oss"].pop("ruleId")
    assert rule
    assert record == {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": "2022-08-13T06:45:43.500Z",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": "acs:oss:cn-shanghai:1000000000000001:media",
                "name": "media",
                "ownerIdentity": "1000000000000001",
                "virtualBucket": "",
            },
            "object": {
                "deltaSize": 122539,
                "eTag": "688A7BF4F233DC9C88A80BF985AB0000",
                "key": "uploads/前门 a+b%2F.mp4",
                "objectMeta": {"mimeType": "video/mp4", "userMeta": {"x-oss-meta-device": "door"}},
                "size": 122539,
            },
            "ossSchemaVersion": "1.0",
        },
        "region": "cn-shanghai",
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
        "userIdentity": {"principalId": "1000000000000001"},
    }


@pytest.mark.contract(HELP + "Format of MNS topic events: STREAM is the body as it is")
def test_a_message_as_a_stream(laptop: Laptop) -> None:
    fc = laptop.start(KEEP, triggers=[topic_trigger(notifyContentFormat="STREAM")])
    fc.topic_message(TopicMessage("done", "m1", "not json 文", "ab", 1550216480.04))
    fc.topic_message(TopicMessage("another", "m2", "not for us", "ab", 1550216480.04))
    assert events(laptop) == ["not json 文".encode()]


@pytest.mark.contract(HELP + "Format of MNS topic events: JSON")
def test_a_message_as_json(laptop: Laptop) -> None:
    fc = laptop.start(KEEP, triggers=[topic_trigger(notifyContentFormat="JSON", filterTag="ours")])
    fc.topic_message(TopicMessage("done", "m0", "other tag", "ab", 1550216480.04, tag="theirs"))
    fc.topic_message(TopicMessage("done", "m1", "hello topic", "f5c4d1f6d0e0ab", 1550216480.04, tag="ours"))
    (event,) = events(laptop)
    assert json.loads(event) == {
        "TopicOwner": "1000000000000001",
        "Message": "hello topic",
        "Subscriber": "1000000000000001",
        "PublishTime": 1550216480040,
        "SubscriptionName": "work-callback",
        "MessageMD5": "F5C4D1F6D0E0AB",
        "TopicName": "done",
        "MessageId": "m1",
    }


@pytest.mark.contract(HELP + "MNS queue triggers: a list of CloudEvents, even of one; IsBase64Decode is true by default")
def test_a_queue_through_eventbridge(laptop: Laptop) -> None:
    laptop.queues.create("jobs")
    laptop.start(KEEP, triggers=[queue_trigger()])
    laptop.queues.send("jobs", base64.b64encode("任务".encode()).decode())
    (event,) = events(laptop)
    (cloud_event,) = json.loads(event)
    assert cloud_event["data"] == {"requestId": "message-0", "messageId": "message-0", "messageBody": "任务"}
    assert (cloud_event["type"], cloud_event["specversion"]) == ("mns:Queue:SendMessage", "1.0")
    assert cloud_event["subject"] == "acs:mns:cn-shanghai:1000000000000001:queues/jobs"
    assert cloud_event["source"] == cloud_event["aliyuneventbusname"] == "MNS-Function-jobs"
    eventually(lambda: not laptop.queues.hidden())


@pytest.mark.contract(HELP + "MNS queue triggers: CountBasedWindow; sourceMNSParameters.IsBase64Decode false")
def test_a_batch(laptop: Laptop) -> None:
    laptop.queues.create("jobs")
    for number in range(3):
        laptop.queues.send("jobs", f"job {number}")
    window = {"batchWindow": {"CountBasedWindow": 10, "TimeBasedWindow": 0}}
    laptop.start(KEEP, triggers=[queue_trigger({"IsBase64Decode": False}, runOptions=window)])
    assert [one["data"]["messageBody"] for one in json.loads(events(laptop)[0])] == ["job 0", "job 1", "job 2"]


@pytest.mark.contract("our assumption: what failed stays in the queue until its retries are used up, then goes to the dead-letter queue")
def test_a_poisoned_message_ends_in_the_dead_letter_queue(laptop: Laptop) -> None:
    laptop.queues.create("jobs")
    laptop.queues.create("dead")
    options = {"deadLetterQueue": {"Arn": "acs:mns:cn-shanghai:1000000000000001:/queues/dead"}, "errorsTolerance": "ALL"}
    laptop.start(KEEP, triggers=[queue_trigger(runOptions=options)])
    laptop.queues.send("jobs", "poison")
    laptop.queues.send("jobs", "good")
    for attempt in range(1, 4):
        events(laptop, attempt + 1)
        eventually(lambda: laptop.queues.hidden() == ["message-0"])
        laptop.queues.show_hidden_again("jobs")
    eventually(lambda: laptop.queues.bodies("dead") == ["poison"])
    eventually(lambda: not laptop.queues.hidden())
    assert len(events(laptop)) == 5


@pytest.mark.contract("our assumption: a stop is no failure of the message that is being handled; it stays in its queue")
def test_a_stop_gives_up_no_message(laptop: Laptop, tmp_path: Path) -> None:
    laptop.queues.create("jobs")
    laptop.queues.create("dead")
    options = {"deadLetterQueue": {"Arn": "acs:mns:cn-shanghai:1000000000000001:/queues/dead"}}
    started = tmp_path / "started"
    source = f"""
        import pathlib, time
        def handler(event, context):
            pathlib.Path({str(started)!r}).touch()
            time.sleep(60)
    """
    laptop.queues.queues["jobs"].append(QueueMessage("message-0", "last try", "message-0", 1_700_000_000.0, 3))
    laptop.start(source, triggers=[queue_trigger(runOptions=options)], timeout=90)
    eventually(started.exists)
    laptop.stop()
    assert laptop.queues.bodies("dead") == []
    assert laptop.queues.hidden() == ["message-0"]


@pytest.mark.contract(HELP + "Time triggers: triggerTime, triggerName, payload as text")
def test_a_timer(laptop: Laptop) -> None:
    config = {"cronExpression": "@every 1s", "payload": '{"job":"sweep"}'}
    laptop.start(KEEP, triggers=[{"triggerName": "sweep", "triggerType": "timer", "triggerConfig": config}])
    event = json.loads(events(laptop)[0])
    assert event.pop("triggerTime")[-1] == "Z"
    assert event == {"triggerName": "sweep", "payload": '{"job":"sweep"}'}


@pytest.mark.contract(HELP + "Time triggers: enable false")
def test_a_timer_that_is_off(laptop: Laptop) -> None:
    config = {"cronExpression": "@every 1s"}
    off = {"triggerName": "off", "triggerType": "timer", "triggerConfig": {**config, "enable": False}}
    on = {"triggerName": "on", "triggerType": "timer", "triggerConfig": config}
    laptop.start(KEEP, triggers=[off, on])
    assert {json.loads(event)["triggerName"] for event in events(laptop, 2)} == {"on"}
