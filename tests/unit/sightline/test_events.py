"""The raw shapes of events. Formats: the documents that events/README.md names for each file."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from sightline.errors import BadInput
from sightline.events.callbacks import JobMessage, read_job_message
from sightline.events.failures import read_failure
from sightline.events.http import HttpResponse, parse_http
from sightline.events.objects import ObjectChange, read_change
from sightline.events.records import DEEPEST, Event, event_bytes, read_event, single_events

EVENTS = Path(__file__).parents[3] / "events"
JOB = JobMessage("d80e4e4044975745c14b000000000001", "smarttag", "Success")


def sample(name: str) -> bytes:
    return (EVENTS / name).read_bytes()


def events_of(name: str) -> list[Event]:
    return list(single_events(read_event(sample(name))))


def test_an_upload() -> None:
    key = "uploads/home/front_door/2026-11-21T08-15-30.mp4"
    assert [read_change(event) for event in events_of("oss_put.json")] == [
        ObjectChange("ObjectCreated:PutObject", "sightline-media", key, "58F9FF2D3DF792092E12044C")
    ]


@pytest.mark.parametrize("key", ["a b.mp4", "a+b.mp4", "a%2Fb.mp4", "门口/視頻.mp4", "📹.mp4", "x" * 1023])
def test_a_key_is_taken_as_it_stands(key: str) -> None:
    (event,) = events_of("oss_put.json")
    event["events"][0]["oss"]["object"]["key"] = key
    assert read_change(read_event(json.dumps(event).encode())).key == key


def test_each_record_is_an_event_of_its_own() -> None:
    (event,) = events_of("oss_put.json")
    good = event["events"][0]
    bad = [{"eventName": "ObjectCreated:PutObject"}, "text", {**good, "eventName": "Replication:Done"}]
    several = single_events({"events": [good, *bad, good], "more": 1})
    assert several[0] == {"events": [good], "more": 1}
    assert read_change(several[0]) == read_change(several[4]) == read_change(event)
    for one in several[1:4]:
        with pytest.raises(BadInput):
            read_change(one)
    assert single_events([1, 2]) == [[1], [2]]
    assert single_events({"events": 5}) == [{"events": 5}]
    assert single_events({"events": []}) == []


@pytest.mark.parametrize(
    "event", [b"", b"not json", b"[]", b'{"events": 5}', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 200 + b"1" + b"}" * 200]
)
def test_what_is_no_oss_event_says_so(event: bytes) -> None:
    with pytest.raises(BadInput):
        read_change(read_event(event))


def test_half_a_surrogate_is_no_key() -> None:
    (event,) = events_of("oss_put.json")
    event["events"][0]["oss"]["object"]["key"] = "uploads/\ud800.mp4"
    with pytest.raises(BadInput):
        read_change(event)


@pytest.mark.parametrize("event", [b"text", b"\xff\x00\xfe", b'"a text"', b"5", "门口".encode(), b'{"a": "\\ud800"}', b"[1.5, null]"])
def test_an_event_that_was_read_can_be_sent_again(event: bytes) -> None:
    again = event_bytes(read_event(event))
    assert again == event or json.loads(again) == json.loads(event)
    assert read_event(again) == read_event(event)


@pytest.mark.parametrize("event", ['{"a": NaN}', "[-Infinity]", '{"a": 1e999}'])
def test_numbers_that_json_does_not_have_make_a_text(event: str) -> None:
    assert read_event(event.encode()) == event


def test_what_is_nested_too_deep_is_a_text() -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b"]" * depth

    assert isinstance(read_event(nested(DEEPEST)), list)
    assert read_event(nested(DEEPEST + 1)) == nested(DEEPEST + 1).decode()


@pytest.mark.parametrize("name", ["mns_topic_json.json", "mns_topic_stream.json", "mns_queue_eventbridge.json"])
def test_a_callback_by_each_way(name: str) -> None:
    assert [read_job_message(event) for event in events_of(name)] == [JOB]


@pytest.mark.parametrize(
    ("name", "kind"), [("mns_topic_production.json", "IProduction"), ("ai_produce_complete.json", "AIProduceComplete")]
)
def test_a_production_job_that_ended(name: str, kind: str) -> None:
    assert [read_job_message(event) for event in events_of(name)] == [JobMessage("39f8e0bc005e4f309379000000000001", kind, "Success")]


def test_every_sample_is_told_of() -> None:
    page = (EVENTS / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in EVENTS.glob("*.json") if f"`{file.name}`" not in page] == []


def test_a_callback_in_base64() -> None:
    (event,) = events_of("mns_queue_eventbridge.json")
    body = base64.b64encode(event[0]["data"]["messageBody"].encode())
    event[0]["data"]["messageBody"] = body.decode()
    assert read_job_message(event) == JOB
    assert read_job_message(read_event(body)) == JOB


def test_an_event_envelope_of_ims() -> None:
    envelope = {
        "EventType": "SmarttagX",
        "UserId": 1,
        "EventTime": "2026-11-21T08:15:30Z",
        "MessageBody": {"JobId": "j", "Status": "Success"},
    }
    assert read_job_message(envelope) == JobMessage("j", "SmarttagX", "Success")


@pytest.mark.parametrize("event", [b"plain text", b"{}", b'{"JobId": 5}', b"[1]", b"[1, 2]", b'""', b'{"JobId": "\\ud800"}'])
def test_a_message_without_a_job_says_so(event: bytes) -> None:
    with pytest.raises(BadInput):
        read_job_message(read_event(event))


def test_a_failed_invocation() -> None:
    failed = read_failure(sample("destination_failure.json").decode())
    assert (failed.function, failed.attempts) == ("submit", 4)
    assert failed.reason == "RetryNeeded: IMS SubmitSmarttagJob: no answer (ConnectError)"
    assert failed.event == read_event(sample("oss_put.json"))
    assert failed.at == datetime(2026, 11, 21, 8, 16, 1, 250_000, timezone.utc)


def test_a_failed_invocation_in_base64() -> None:
    text = sample("destination_failure.json")
    assert read_failure(base64.b64encode(text).decode()) == read_failure(text.decode())


@pytest.mark.parametrize(
    ("arn", "function"),
    [
        ("acs:fc:cn-shanghai:1:functions/sightline-submit", "submit"),
        ("acs:fc:cn-shanghai:1:functions/sightline-submit-prod", "submit"),
        ("acs:fc:cn-shanghai:1:functions/collect/LATEST", "collect"),
        ("acs:fc:::services/sightline.LATEST/functions/sightline-collect", "collect"),
    ],
)
def test_the_function_that_failed_is_named_whatever_its_stage(arn: str, function: str) -> None:
    report = json.loads(sample("destination_failure.json"))
    report["requestContext"]["functionArn"] = arn
    assert read_failure(json.dumps(report)).function == function


@pytest.mark.parametrize("payload", ["", "killed", "5", '{"errorMessage": ""}', "[" * 5000])
def test_a_failure_without_words_has_the_name_of_its_error(payload: str) -> None:
    report = json.loads(sample("destination_failure.json"))
    report["responsePayload"] = payload
    assert read_failure(json.dumps(report)).reason == "UnhandledInvocationError"
    report |= {"responseContext": None, "timestamp": "soon"}
    report["requestContext"]["approximateInvokeCount"] = "many"
    failed = read_failure(json.dumps(report))
    assert (failed.reason, failed.at, failed.attempts) == ("Function Compute gave no reason", None, 1)


@pytest.mark.parametrize("body", ["", "text", "[]", "{}", '{"requestPayload": "x"}', '{"requestPayload": "x", "requestContext": 5}'])
def test_what_is_no_report_of_a_failure_says_so(body: str) -> None:
    with pytest.raises(BadInput):
        read_failure(body)


def test_an_http_request() -> None:
    request = parse_http(sample("http_search.json"))
    assert (request.method, request.path) == ("GET", "/search")
    assert request.query == {"q": "a person walks to the right", "namespace": "home"}
    assert request.headers["user-agent"] == "curl/8.5.0"


def test_a_body_that_is_no_text_is_encoded() -> None:
    answer = HttpResponse(200, b"\xff\xd8\xff", "image/jpeg").to_event()
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"\xff\xd8\xff")
