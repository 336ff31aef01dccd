"""The buckets, the callback topic and the queue of failed events.

On a laptop they are made here. In the cloud they belong to template.yaml, which also encrypts them, closes them to the public and lets
them expire: there they are only looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import oss2
from mns.mns_exception import MNSExceptionBase, MNSServerException
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from cli.deployment.target import Target
from cli.errors import CommandError
from cli.provision.making import Work

# As template.yaml makes it: kept for the longest time there is, and hidden from another sweep for as long as one takes to store a batch.
DEAD_QUEUE = QueueMeta(vis_timeout=30, msg_ttl=604_800)
STACK = "create the ROS stack from template.yaml in this region (docs/deploy.md says how), with the same names"


def storage(work: Work) -> None:
    """Raises CommandError where a service can't be asked."""
    names, messages = work.target.names, work.target.messages()
    for bucket in dict.fromkeys((names.media_bucket, names.state_bucket)):
        _bucket(work, bucket)
    topic, queue = messages.get_topic(names.topic), messages.get_queue(names.dead_queue)
    _one(work, "topic", names.topic, lambda: _found(topic.get_attributes), lambda: topic.create(TopicMeta()))
    _one(work, "queue", names.dead_queue, lambda: _found(queue.get_attributes), lambda: queue.create(DEAD_QUEUE))


def _bucket(work: Work, name: str) -> None:
    bucket = work.target.bucket(name)
    where = _one(work, "bucket", name, lambda: _location(bucket), lambda: bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE))
    if where not in (None, "", f"oss-{work.target.region}"):
        fix = f"name a bucket in {work.target.region} (SIGHTLINE_MEDIA_BUCKET, SIGHTLINE_STATE_BUCKET), or set SIGHTLINE_REGION"
        work.note(f"it lies in {where.removeprefix('oss-')}, where nothing of this deployment can watch it", fix, "missing")


def _one(work: Work, kind: str, name: str, find: Callable[[], str | None], make: Callable[[], Any]) -> str | None:
    """What was found of it; None where it was missing."""
    with _told(work.target, kind, name):
        found = find()
        if found is not None:
            work.tell(kind, name, "found")
        elif not work.target.is_laptop:
            work.tell(kind, name, "missing", "template.yaml makes it", STACK)
        elif work.acts:
            make()
            work.tell(kind, name, "made")
        else:
            work.tell(kind, name, "would make")
        return found


def _location(bucket: oss2.Bucket) -> str | None:
    try:
        return str(bucket.get_bucket_info().location)
    except oss2.exceptions.NoSuchBucket:
        return None


def _found(ask: Callable[[], Any]) -> str | None:
    try:
        ask()
    except MNSServerException as error:
        if error.type in ("TopicNotExist", "QueueNotExist"):
            return None
        raise
    return ""


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
        problem = f"{kind} {name}: OSS says {error.status} {error.code}"
        raise CommandError(problem, f"see that it is in this account and region, and grant {rights[kind]} to this key") from error
    except MNSExceptionBase as error:
        problem = f"{kind} {name}: {target.endpoints.mns} says {error.type}"
        raise CommandError(problem, f"see that this machine reaches it, and grant {rights[kind]} to this key") from error
