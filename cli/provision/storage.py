"""The buckets, the callback topic and the queue of failed events.

On a laptop they are made here. In the cloud they belong to template.yaml, which also encrypts them, closes them to the public and lets
them expire: there they are only looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import oss2
from mns.account import Account
from mns.mns_exception import MNSExceptionBase, MNSServerException
from mns.mns_request import (
    GetQueueAttributesRequest,
    GetQueueAttributesResponse,
    GetTopicAttributesRequest,
    GetTopicAttributesResponse,
)
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from cli.deployment.target import Target
from cli.errors import CommandError
from cli.provision.making import Work
from cli.provision.report import Item
from sightline.untrusted import plain

# As template.yaml makes it: kept for the longest time there is, and hidden from another sweep for as long as one takes to store a batch.
DEAD_QUEUE = QueueMeta(vis_timeout=30, msg_ttl=604_800)
LONGEST_SAID = 200
STACK = "create the ROS stack from template.yaml in this region (docs/deploy.md says how), with the same names"


def storage(work: Work) -> None:
    """Raises CommandError where a service can't be asked."""
    names, messages = work.target.names, work.target.messages()
    for name in dict.fromkeys((names.media_bucket, names.state_bucket)):
        bucket = work.target.bucket(name)
        _one(work, "bucket", name, partial(_has_bucket, bucket), partial(bucket.create_bucket, oss2.BUCKET_ACL_PRIVATE))
    topic, queue = messages.get_topic(names.topic), messages.get_queue(names.dead_queue)
    _one(work, "topic", names.topic, partial(_has_topic, messages, names.topic), partial(topic.create, TopicMeta()))
    _one(work, "queue", names.dead_queue, partial(_has_queue, messages, names.dead_queue), partial(queue.create, DEAD_QUEUE))


def _one(work: Work, kind: str, name: str, is_there: Callable[[], bool], make: Callable[[], Any]) -> None:
    with _told(work.target, kind, name):
        if is_there():
            work.tell(Item(kind, name, "found"))
        elif not work.target.is_laptop:
            work.tell(Item(kind, name, "missing", "template.yaml makes it", STACK))
        elif work.acts:
            make()
            work.tell(Item(kind, name, "made"))
        else:
            work.tell(Item(kind, name, "would make"))


def _has_bucket(bucket: oss2.Bucket) -> bool:
    """Of this account and region: OSS refuses to tell of any other."""
    try:
        bucket.get_bucket_info()
    except oss2.exceptions.NoSuchBucket:
        return False
    return True


def _has_topic(messages: Account, name: str) -> bool:
    try:
        messages.mns_client.get_topic_attributes(GetTopicAttributesRequest(name), GetTopicAttributesResponse())
    except MNSServerException as error:
        if error.type != "TopicNotExist":
            raise
        return False
    return True


def _has_queue(messages: Account, name: str) -> bool:
    """Below the SDK's `Queue.get_attributes`, which warns of fields of its own."""
    try:
        messages.mns_client.get_queue_attributes(GetQueueAttributesRequest(name), GetQueueAttributesResponse())
    except MNSServerException as error:
        if error.type != "QueueNotExist":
            raise
        return False
    return True


@contextmanager
def _told(target: Target, kind: str, name: str) -> Iterator[None]:
    """Turns the SDKs' errors into one that says what to do; theirs would print headers with the signature of the request."""
    rights = {
        "bucket": "oss:GetBucketInfo on it",
        "topic": "mns:GetTopicAttributes on it",
        "queue": "mns:GetQueueAttributes on it",
    }
    try:
        yield
    except oss2.exceptions.RequestError as error:
        raise CommandError(f"{kind} {name}: no answer from {target.endpoints.oss}", "see that this machine reaches it") from error
    except oss2.exceptions.OssError as error:
        problem = f"{kind} {name}: OSS says {error.status} {error.code}: {plain(error.message, LONGEST_SAID)}"
        raise CommandError(problem, f"see that it is in this account and region, and grant {rights[kind]} to this key") from error
    except MNSExceptionBase as error:
        problem = f"{kind} {name}: {target.endpoints.mns} says {error.type}"
        raise CommandError(problem, f"see that this machine reaches it, and grant {rights[kind]} to this key") from error
