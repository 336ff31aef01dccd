"""The raw shapes of events. Formats: the documents that events/README.md names for each file."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from sightline.errors import BadInput
from sightline.events import BadRecord, HttpResponse, JobMessage, ObjectChange, parse_callbacks, parse_http, parse_objects

EVENTS = Path(__file__).parents[3] / "events"
JOB = JobMessage("d80e4e4044975745c14b000000000001", "smarttag", "Success")


def sample(name: str) -> bytes:
    return (EVENTS / name).read_bytes()


def test_an_upload() -> None:
    key = "uploads/home/front_door/2026-11-21T08-15-30.mp4"
    assert parse_objects(sample("oss_put.json")) == [
        ObjectChange("ObjectCreated:PutObject", "sightline-media", key, "58F9FF2D3DF792092E12044C")
    ]


@pytest.mark.parametrize("key", ["a b.mp4", "a+b.mp4", "a%2Fb.mp4", "门口/視頻.mp4", "📹.mp4", "x" * 1023])
def test_a_key_is_taken_as_it_stands(key: str) -> None:
    event = json.loads(sample("oss_put.json"))
    event["events"][0]["oss"]["object"]["key"] = key
    (change,) = parse_objects(json.dumps(event).encode())
    assert isinstance(change, ObjectChange)
    assert change.key == key


def test_one_bad_record_leaves_its_neighbours_alone() -> None:
    event = json.loads(sample("oss_put.json"))
    good = event["events"][0]
    event["events"] = [good, {"eventName": "ObjectCreated:PutObject"}, "text", {**good, "eventName": "Replication:Done"}, good]
    parsed = parse_objects(json.dumps(event).encode())
    assert [type(record) for record in parsed] == [ObjectChange, BadRecord, BadRecord, BadRecord, ObjectChange]


@pytest.mark.parametrize("event", [b"", b"not json", b"[]", b'{"events": 5}', b"\xff\xfe"])
def test_what_is_no_oss_event_says_so(event: bytes) -> None:
    with pytest.raises(BadInput):
        parse_objects(event)


@pytest.mark.parametrize("name", ["mns_topic_json.json", "mns_topic_stream.json", "mns_queue_eventbridge.json"])
def test_a_callback_by_each_way(name: str) -> None:
    assert parse_callbacks(sample(name)) == [JOB]


def test_a_callback_in_base64() -> None:
    event = json.loads(sample("mns_queue_eventbridge.json"))
    event[0]["data"]["messageBody"] = base64.b64encode(event[0]["data"]["messageBody"].encode()).decode()
    assert parse_callbacks(json.dumps(event).encode()) == [JOB]


def test_an_event_envelope_of_ims() -> None:
    envelope = {
        "EventType": "SmarttagX",
        "UserId": 1,
        "EventTime": "2026-11-21T08:15:30Z",
        "MessageBody": {"JobId": "j", "Status": "Success"},
    }
    assert parse_callbacks(json.dumps(envelope).encode()) == [JobMessage("j", "SmarttagX", "Success")]


@pytest.mark.parametrize("event", [b"plain text", b"{}", b'{"JobId": 5}', b"[1, 2]", b'""'])
def test_a_message_without_a_job_is_a_bad_record(event: bytes) -> None:
    assert all(isinstance(record, BadRecord) for record in parse_callbacks(event))


def test_an_http_request() -> None:
    request = parse_http(sample("http_search.json"))
    assert (request.method, request.path) == ("GET", "/search")
    assert request.query == {"q": "a person walks to the right", "namespace": "home"}
    assert request.headers["user-agent"] == "curl/8.5.0"


def test_a_body_that_is_no_text_is_encoded() -> None:
    answer = HttpResponse(200, b"\xff\xd8\xff", "image/jpeg").to_event()
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"\xff\xd8\xff")
