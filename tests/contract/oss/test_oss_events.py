"""What Function Compute is told of changes."""

from __future__ import annotations

from typing import Any

import pytest
from oss2.models import PartInfo

from localcloud.ports import ObjectEvent
from tests.contract.oss.server import BUCKET, LocalOss, eventually


def told(cloud: LocalOss, key: str, count: int) -> list[ObjectEvent]:
    assert eventually(lambda: len(cloud.listener.named(key)) >= count)
    return cloud.listener.named(key)


@pytest.mark.contract("fc.md 1.1: deltaSize is the new size, or the difference on overwrite; eTag upper-case hex; raw key; user metadata")
def test_a_put_tells_everything_of_the_object(cloud: LocalOss, bucket: Any) -> None:
    first = bucket.put_object("猫/a b.mp4", b"12345", headers={"x-oss-meta-camera": "门口".encode()})
    second = bucket.put_object("猫/a b.mp4", b"12")
    events = told(cloud, "猫/a b.mp4", 2)
    assert [(event.name, event.size, event.delta_size) for event in events] == [
        ("ObjectCreated:PutObject", 5, 5),
        ("ObjectCreated:PutObject", 2, -3),
    ]
    assert [event.request_id for event in events] == [first.request_id, second.request_id]
    assert [event.etag for event in events] == [first.etag, second.etag]
    assert (events[0].bucket, events[0].mime_type, events[0].source_ip) == (BUCKET, "video/mp4", "127.0.0.1")
    assert events[0].user_meta == {"x-oss-meta-camera": "门口"}
    assert abs(events[0].time - cloud.clock()) < 30


@pytest.mark.contract("OSS event types of Function Compute triggers")
def test_each_way_to_change_an_object_has_its_event(cloud: LocalOss, bucket: Any) -> None:
    bucket.append_object("k", 0, b"123")
    bucket.append_object("k", 3, b"45")
    bucket.delete_object("k")
    bucket.put_object("source", b"1234567")
    bucket.copy_object(BUCKET, "source", "k")
    upload = bucket.init_multipart_upload("k").upload_id
    bucket.complete_multipart_upload("k", upload, [PartInfo(1, bucket.upload_part("k", upload, 1, b"1").etag)])
    bucket.batch_delete_objects(["k", "never was"])
    assert [(event.name, event.delta_size) for event in told(cloud, "k", 6)] == [
        ("ObjectCreated:AppendObject", 3),
        ("ObjectCreated:AppendObject", 2),
        ("ObjectRemoved:DeleteObject", -5),
        ("ObjectCreated:CopyObject", 7),
        ("ObjectCreated:CompleteMultipartUpload", -6),
        ("ObjectRemoved:DeleteObjects", -1),
    ]
    assert cloud.listener.named("never was") == []


@pytest.mark.contract("ports.py: told again when it was not taken")
def test_a_refused_event_is_told_again_in_order_and_holds_up_no_other(cloud: LocalOss, bucket: Any) -> None:
    # GIVEN a listener that refuses one object's events
    cloud.listener.refusals["stubborn"] = 1_000_000
    # WHEN that object changes twice and another once
    bucket.put_object("stubborn", b"1")
    bucket.put_object("stubborn", b"12")
    bucket.put_object("easy", b"1")
    # THEN the other is told at once, and the refused ones in order when the listener has come round
    told(cloud, "easy", 1)
    cloud.listener.refusals.clear()
    assert [event.size for event in told(cloud, "stubborn", 2)] == [1, 2]
    assert len(cloud.listener.taken) == 3


@pytest.mark.contract("ports.py: told again after a restart")
def test_events_not_told_survive_a_restart(cloud: LocalOss, bucket: Any) -> None:
    cloud.listener.refusals["k"] = 1_000_000
    bucket.put_object("k", b"1")
    cloud.stop()
    assert cloud.listener.named("k") == []
    cloud.listener.refusals.clear()
    cloud.start()
    assert [event.size for event in told(cloud, "k", 1)] == [1]
