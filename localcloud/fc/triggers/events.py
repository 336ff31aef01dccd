"""The events that functions get, in Function Compute's exact formats. Pure: no clock, no network.

Sources: the official help, "Formats of event for different event sources"; github.com/aliyun/fc-runtime-go-sdk, events/; and
github.com/devsapp/fc3, src/subCommands/trigger-template/event-template.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timezone

from localcloud.place import Place
from localcloud.ports import ObjectEvent, QueueMessage, TopicMessage


def object_event(event: ObjectEvent, rule: str, place: Place) -> bytes:
    """The event of an OSS trigger. `rule` identifies the trigger; the key is not URL-encoded.

    `objectMeta` is in the newer documents only and `virtualBucket` in the older ones; both are given.
    """
    user_meta = {name if name.startswith("x-oss-meta-") else f"x-oss-meta-{name}": value for name, value in event.user_meta.items()}
    record = {
        "eventName": event.name,
        "eventSource": "acs:oss",
        "eventTime": _milliseconds(event.time),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": place.bucket_arn(event.bucket),
                "name": event.bucket,
                "ownerIdentity": place.account_id,
                "virtualBucket": "",
            },
            "object": {
                "deltaSize": event.delta_size,
                "eTag": event.etag.strip('"').upper(),
                "key": event.key,
                "objectMeta": {"mimeType": event.mime_type, "userMeta": user_meta},
                "size": event.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": hashlib.sha1(rule.encode()).hexdigest(),
        },
        "region": place.region,
        "requestParameters": {"sourceIPAddress": event.source_ip},
        "responseElements": {"requestId": event.request_id},
        "userIdentity": {"principalId": place.account_id},
    }
    return _encode({"events": [record]})


def topic_stream(message: TopicMessage) -> bytes:
    """The event of an `mns_topic` trigger in the format STREAM: the body as it is, JSON or not."""
    return message.body.encode()


def topic_json(message: TopicMessage, subscription: str, place: Place) -> bytes:
    """The event of an `mns_topic` trigger in the format JSON."""
    return _encode(
        {
            "TopicOwner": place.account_id,
            "Message": message.body,
            "Subscriber": place.account_id,
            "PublishTime": int(message.publish_time * 1000),
            "SubscriptionName": subscription,
            "MessageMD5": message.body_md5.upper(),
            "TopicName": message.topic,
            "MessageId": message.message_id,
        }
    )


def queue_events(messages: Sequence[QueueMessage], queue: str, trigger: str, place: Place, *, decode: bool, as_list: bool) -> bytes:
    """The CloudEvents of an EventBridge trigger on an MNS queue: a list, even of one, or a single one in the older mode."""
    events = [_queue_event(message, queue, f"MNS-Function-{trigger}", place, decode) for message in messages]
    return _encode(events if as_list else events[0])


def timer_event(triggered_at: float, trigger: str, payload: str) -> bytes:
    """The event of a timer; its time is in UTC, to the second."""
    return _encode({"triggerTime": _seconds(triggered_at), "triggerName": trigger, "payload": payload})


def _queue_event(message: QueueMessage, queue: str, source: str, place: Place, decode: bool) -> dict[str, object]:
    return {
        "id": message.message_id,
        "source": source,
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": f"acs:mns:{place.region}:{place.account_id}:queues/{queue}",
        "time": _milliseconds(message.enqueue_time),
        "aliyunaccountid": place.account_id,
        "aliyunpublishtime": _milliseconds(message.enqueue_time),
        "aliyunoriginalaccountid": place.account_id,
        "aliyuneventbusname": source,
        "aliyunregionid": place.region,
        "aliyunpublishaddr": "127.0.0.1",
        "data": {
            "requestId": message.message_id,
            "messageId": message.message_id,
            "messageBody": _decoded(message.body) if decode else message.body,
        },
    }


def _decoded(body: str) -> str:
    """The text behind the base64 that MNS SDKs put around queue messages; a body that is none stays as it is (assumption)."""
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return body


def _encode(value: object) -> bytes:
    # Keys may hold bytes that are no UTF-8 (as lone surrogates), which only escapes can carry.
    return json.dumps(value).encode()


def _milliseconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
