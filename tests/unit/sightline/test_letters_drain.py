"""From the queue of failed events into letters; a crash anywhere between loses nothing and doubles nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sightline.errors import ServiceUnreachable
from sightline.letters.drain import BATCH, Drained, drain
from sightline.letters.letters import Letters
from sightline.letters.patience import Patience
from sightline.letters.redrive import redrive
from tests.fakes.dead_queue import FakeQueue
from tests.fakes.sightline import FakeBucket, FakeClock

SAMPLE = json.loads((Path(__file__).parents[3] / "events" / "destination_failure.json").read_text())


def report(event: object, **changes: Any) -> str:
    return json.dumps({**SAMPLE, "requestPayload": event if isinstance(event, str) else json.dumps(event), **changes})


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.clock.forward(3600)
        self.bucket = FakeBucket("state", self.clock)
        self.letters = Letters(self.bucket, Patience(3, 60), self.clock, Random(0))

    def drain(self, queue: FakeQueue) -> Drained:
        return drain(queue, self.letters, self.clock, self.clock() + timedelta(seconds=60))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_event_whose_retries_are_used_up_is_a_dead_letter(desk: Desk) -> None:
    queue = FakeQueue(json.dumps(SAMPLE))
    drained = desk.drain(queue)
    (letter,) = desk.letters.all()
    assert drained.letters == [letter.id]
    assert (letter.function, letter.state, letter.attempts) == ("submit", "dead", 4)
    assert letter.reason == "RetryNeeded: IMS SubmitSmarttagJob: no answer (ConnectError)"
    assert letter.event == json.loads(SAMPLE["requestPayload"])
    assert letter.first.isoformat() == "2026-11-21T08:16:01.250000+00:00"
    assert queue.bodies == {}


def test_what_failed_for_a_while_is_tried_again_before_it_is_dead(desk: Desk) -> None:
    """GIVEN an outage that outlasts Function Compute's four attempts WHEN it is over THEN the sweep does the record."""
    desk.letters = Letters(desk.bucket, Patience(8, 60), desk.clock, Random(0))
    queue = FakeQueue(json.dumps(SAMPLE))
    desk.drain(queue)
    (letter,) = desk.letters.all()
    assert (letter.state, letter.attempts) == ("retrying", 4)
    assert letter.due is not None
    assert 240 <= (letter.due - letter.last).total_seconds() <= 480
    before = dict(desk.bucket.contents)
    assert desk.drain(FakeQueue(json.dumps(SAMPLE))).letters == [letter.id]
    assert desk.bucket.contents == before
    outcomes = redrive(desk.letters, {"submit": lambda event: "submitted"}, desk.clock, desk.clock.now.replace(year=2030)).outcomes
    assert outcomes == {letter.id: "done: submitted"}
    assert list(desk.letters.all()) == []


class Killed(BaseException):
    pass


def test_a_crash_between_storing_and_deleting_stores_the_same_again(desk: Desk) -> None:
    queue = FakeQueue(*(report({"events": [number]}) for number in range(5)))

    def crash() -> None:
        raise Killed

    queue.before_delete = crash
    with pytest.raises(Killed):
        desk.drain(queue)
    before = dict(desk.bucket.contents)
    assert (len(before), len(queue.bodies)) == (5, 5)
    queue.before_delete = lambda: None
    assert desk.drain(queue).letters == []
    queue.show_again()
    desk.clock.forward(60)
    assert len(desk.drain(queue).letters) == 5
    assert desk.bucket.contents == before
    assert queue.bodies == {}


def test_a_message_that_cannot_be_stored_comes_back_and_its_neighbours_do_not(desk: Desk) -> None:
    queue = FakeQueue(*(report({"events": [number]}) for number in range(3)))
    put, refused = desk.bucket.put, [True]

    def flaky(key: str, content: bytes, content_type: str = "") -> None:
        if refused and b"[\n      1\n" in content:
            raise OSError("the disk is full")
        put(key, content, content_type)

    desk.bucket.put = flaky  # type: ignore[method-assign]
    drained = desk.drain(queue)
    assert (len(drained.letters), drained.errors, list(queue.bodies)) == (2, ["OSError: the disk is full"], ["1"])
    refused.clear()
    queue.show_again()
    assert len(desk.drain(queue).letters) == 1
    assert len(list(desk.letters.all())) == 3


def test_a_sweep_takes_messages_until_its_time_is_up_and_the_next_one_goes_on(desk: Desk) -> None:
    queue = FakeQueue(*(report({"events": [number]}) for number in range(BATCH * 4)))
    queue.before_delete = lambda: desk.clock.forward(25)
    assert len(desk.drain(queue).letters) == BATCH * 3
    assert len(desk.drain(queue).letters) == BATCH
    assert (len(list(desk.letters.all())), queue.bodies) == (BATCH * 4, {})


def test_while_the_state_bucket_is_away_one_message_of_a_batch_finds_it_out(desk: Desk) -> None:
    queue, asked = FakeQueue(*(report({"events": [number]}) for number in range(BATCH))), []

    def refuse(*_: object) -> None:
        asked.append(1)
        raise ServiceUnreachable("OSS", "PUT state", "ReadTimeout")

    desk.bucket.put = refuse  # type: ignore[method-assign, assignment]
    assert desk.drain(queue).errors == ["OSS PUT state: no answer (ReadTimeout)"]
    assert (len(asked), len(queue.bodies)) == (1, BATCH)


def test_of_an_event_with_several_records_each_is_tried_by_itself(desk: Desk) -> None:
    """GIVEN an event one of whose records ended the function each time WHEN the sweep tries them THEN the others are done."""
    desk.drain(FakeQueue(report({"events": ["good", "killer", "good too"]}, responsePayload="killed")))
    assert [letter.state for letter in desk.letters.all()] == ["retrying"] * 3
    seen = []

    def act(event: Any) -> str:
        seen.append(event["events"][0])
        if event["events"] == ["killer"]:
            raise RuntimeError("the end")
        return "done"

    for _ in range(4):
        redrive(desk.letters, {"submit": act}, desk.clock, desk.clock.now.replace(year=2030))
        desk.clock.forward(3600)
    (letter,) = desk.letters.all()
    assert (letter.state, letter.event) == ("dead", {"events": ["killer"]})
    assert sorted(seen) == ["good", "good too", *["killer"] * 3]


@pytest.mark.parametrize("body", ["", "a stranger's message", "[]", '{"requestPayload": 5}', "[" * 5000])
def test_a_message_that_is_no_report_is_kept_too(desk: Desk, body: str) -> None:
    queue = FakeQueue(body)
    desk.drain(queue)
    (letter,) = desk.letters.all()
    assert (letter.function, letter.state, letter.event) == ("unknown", "dead", body)
    assert queue.bodies == {}


@pytest.mark.parametrize("payload", ["[" * 500 + "]" * 500, "5", "null", '{"events": [{"a": 1}]}'])
def test_a_payload_that_is_no_text_is_kept_as_one_that_is(desk: Desk, payload: str) -> None:
    queue = FakeQueue(report("PAYLOAD").replace('"PAYLOAD"', payload), report(payload))
    assert desk.drain(queue).errors == []
    assert len(list(desk.letters.all())) == 1


@pytest.mark.parametrize("event", ["no JSON", "[" * 5000, "", '{"a": "\\ud800"}', "\ud800", '{"events": 5}'])
def test_an_event_of_any_kind_is_kept(desk: Desk, event: str) -> None:
    queue = FakeQueue(report(event))
    assert desk.drain(queue).errors == []
    (letter,) = desk.letters.all()
    assert (letter.function, letter.state) == ("submit", "dead")
    assert queue.bodies == {}
