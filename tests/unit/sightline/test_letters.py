"""Letters: one for each record that failed, tried again while that may help, and kept for a person when it may not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

import pytest

from sightline.errors import BadInput, ServiceUnreachable
from sightline.events.records import Event
from sightline.letters.attempt import Act, Failure
from sightline.letters.letter import LARGEST_EVENT_BYTES, Letter, read_letter
from sightline.letters.letters import Letters
from sightline.letters.patience import Patience
from sightline.letters.redrive import TROUBLES, redrive
from tests.fakes.sightline import START, FakeBucket, FakeClock

EVENT = {"events": [{"eventName": "ObjectCreated:PutObject", "oss": {"object": {"key": "uploads/门口.mp4"}}}]}
PASSING = Failure("the service is away", may_pass=True)
LASTING = Failure("the role may not", may_pass=False)
ATTEMPTS = 3


class Desk:
    """Letters over fakes; `act` is what the function would do."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.bucket = FakeBucket("state", self.clock)
        self.letters = Letters(self.bucket, Patience(ATTEMPTS, 60), self.clock, Random(0))
        self.seen: list[Event] = []

    def redrive(self, act: Act, seconds: float = 60) -> Mapping[str, str]:
        report = redrive(self.letters, {"submit": act}, self.clock, self.clock() + timedelta(seconds=seconds))
        assert report.errors == {}
        return report.outcomes

    def works(self, event: Event) -> str:
        self.seen.append(event)
        return "submitted"

    def fails(self, event: Event) -> str:
        self.seen.append(event)
        raise ServiceUnreachable("IMS", "SubmitSmarttagJob", "ConnectError")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_letter_is_one_object_that_a_person_can_read(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, LASTING)
    (key,) = desk.bucket.keys("")
    assert key == f"letters/dead/{letter.id}.json"
    text = desk.bucket.contents[key].decode()
    assert "uploads/门口.mp4" in text
    assert len(text.splitlines()) > 10
    document = json.loads(text)
    assert (document["function"], document["state"], document["reason"]) == ("submit", "dead", "the role may not")
    assert (document["attempts"], document["first"], document["due"]) == (1, "2026-11-21T08:15:30.000Z", None)
    assert document["event"] == EVENT
    assert read_letter(text.encode()) == letter == desk.letters.get(letter.id)


def test_the_same_poison_twice_is_one_letter(desk: Desk) -> None:
    first = desk.letters.keep("submit", EVENT, LASTING)
    desk.clock.forward(3600)
    reordered = {"events": [dict(reversed(EVENT["events"][0].items()))]}
    again = desk.letters.keep("submit", reordered, Failure("another reason", may_pass=True))
    assert [letter.id for letter in desk.letters.all()] == [first.id]
    assert (again.attempts, again.first, again.last) == (2, START, START + timedelta(hours=1))
    assert (again.state, again.reason) == ("dead", "another reason")
    assert desk.letters.keep("collect", EVENT, LASTING).id != first.id


def test_what_may_pass_is_parked_and_tried_when_it_is_due(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    assert letter.state == "retrying"
    assert letter.due is not None
    assert timedelta(seconds=30) <= letter.due - START <= timedelta(seconds=60)
    assert desk.redrive(desk.works) == {}
    desk.clock.forward(60)
    assert desk.redrive(desk.works) == {letter.id: "done: submitted"}
    assert desk.seen == [EVENT]
    assert desk.bucket.contents == {}


def test_pauses_grow_and_attempts_end(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    pauses = []
    while letter.due is not None:
        pauses.append((letter.due - desk.clock()).total_seconds())
        desk.clock.now = letter.due
        desk.redrive(desk.fails)
        found = desk.letters.get(letter.id)
        assert found is not None
        letter = found
    assert len(pauses) == ATTEMPTS - 1
    assert 30 <= pauses[0] <= 60 <= pauses[1] <= 120
    assert (letter.state, letter.attempts, len(desk.seen)) == ("dead", ATTEMPTS, ATTEMPTS - 1)
    assert letter.reason == "IMS SubmitSmarttagJob: no answer (ConnectError)"
    desk.clock.forward(10**6)
    assert desk.redrive(desk.works) == {}
    assert list(desk.bucket.keys("")) == [f"letters/dead/{letter.id}.json"]


def test_pauses_are_an_hour_at_most() -> None:
    patience = Patience(100, 60)
    assert timedelta(minutes=30) <= patience.pause(99, Random(0)) <= timedelta(hours=1)


def test_what_no_retry_helps_dies_in_a_retry(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    desk.clock.forward(60)

    def refuses(event: Event) -> str:
        raise BadInput("events", "changed shape", "mend it")

    assert desk.redrive(refuses)[letter.id].startswith("dead: events: changed shape; mend it")


class Killed(BaseException):
    """The end of the process, as far as the code that runs is concerned."""


def test_a_record_that_ends_whoever_tries_it_uses_its_attempts_up(desk: Desk) -> None:
    killer = desk.letters.keep("submit", EVENT, PASSING)
    neighbour = desk.letters.keep("submit", {"events": [1]}, PASSING)

    def kills(event: Event) -> str:
        self_of = desk.works(event)
        if event == EVENT:
            raise Killed
        return self_of

    for _ in range(10):
        desk.clock.forward(3600)
        try:
            desk.redrive(kills)
        except Killed:
            continue
    found = desk.letters.get(killer.id)
    assert found is not None
    assert (found.state, found.attempts) == ("dead", ATTEMPTS)
    assert found.reason == "the last attempt ended whoever made it; before that: the service is away"
    assert desk.letters.get(neighbour.id) is None
    assert desk.seen.count(EVENT) == ATTEMPTS - 1


@pytest.mark.parametrize("calls", range(4))
def test_a_crash_after_any_write_loses_nothing(desk: Desk, calls: int) -> None:
    """GIVEN a last attempt that fails WHEN the sweep dies after any of its writes THEN the next one leaves a dead letter, and one only."""
    letter = desk.letters.keep("submit", EVENT, PASSING)
    desk.clock.forward(60)
    desk.redrive(desk.fails)
    desk.clock.forward(3600)
    crash_after(desk.bucket, calls)
    with pytest.raises(Killed) if calls < 3 else no_crash():
        desk.redrive(desk.fails)
    desk.bucket = revive(desk)
    desk.clock.forward(3600)
    desk.redrive(desk.fails)
    (found,) = desk.letters.all()
    assert (found.id, found.state, found.event) == (letter.id, "dead", EVENT)


class no_crash:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def crash_after(bucket: FakeBucket, calls: int) -> None:
    left = [calls]

    def counted(call: Callable[..., None]) -> Callable[..., None]:
        def do(*arguments: object) -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            call(*arguments)

        return do

    bucket.put, bucket.delete = counted(bucket.put), counted(bucket.delete)  # type: ignore[method-assign]


def revive(desk: Desk) -> FakeBucket:
    bucket = FakeBucket("state", desk.clock)
    for key, content in desk.bucket.contents.items():
        bucket.put(key, content)
    desk.letters = Letters(bucket, Patience(ATTEMPTS, 60), desk.clock, Random(0))
    return bucket


def test_the_dead_one_counts_where_a_crash_left_both(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    (content,) = desk.bucket.contents.values()
    desk.letters.end(letter, LASTING)
    desk.bucket.put(f"letters/retrying/{letter.id}.json", content)
    assert [found.state for found in desk.letters.all()] == ["dead"]
    found = desk.letters.get(letter.id)
    assert found is not None
    assert found.state == "dead"
    desk.letters.drop(letter.id)
    assert desk.bucket.contents == {}


def test_two_sweepers_at_once_do_no_harm(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    desk.clock.forward(60)
    other = Letters(desk.bucket, Patience(ATTEMPTS, 60), desk.clock, Random(1))

    def act(event: Event) -> str:
        if not desk.seen:
            desk.seen.append("the first")
            redrive(other, {"submit": desk.works}, desk.clock, desk.clock() + timedelta(seconds=60))
            desk.clock.forward(60)
            redrive(other, {"submit": desk.works}, desk.clock, desk.clock() + timedelta(seconds=60))
        return desk.works(event)

    assert desk.redrive(act) == {letter.id: "done: submitted"}
    assert desk.bucket.contents == {}


def test_a_sweep_ends_when_its_time_is_up(desk: Desk) -> None:
    for number in range(5):
        desk.letters.keep("submit", {"events": [number]}, PASSING)
    desk.clock.forward(60)

    def slow(event: Event) -> str:
        desk.clock.forward(20)
        return desk.works(event)

    report = redrive(desk.letters, {"submit": slow}, desk.clock, desk.clock() + timedelta(seconds=50))
    assert (len(report.outcomes), bool(report.left)) == (3, True)
    assert len(desk.redrive(slow, 100)) == 2


def test_while_a_service_is_away_the_others_keep_their_attempts(desk: Desk) -> None:
    letters = [desk.letters.keep("submit", {"events": [number]}, PASSING) for number in range(20)]
    desk.clock.forward(60)
    report = redrive(desk.letters, {"submit": desk.fails}, desk.clock, desk.clock() + timedelta(seconds=60))
    assert (len(report.outcomes), report.left) == (TROUBLES, f"{TROUBLES} letters in a row got no answer")
    assert sorted(letter.attempts for letter in desk.letters.all()) == [1] * 17 + [2] * TROUBLES
    # WHEN it answers again THEN all that are due are done in one sweep
    assert len(desk.redrive(desk.works)) == 20 - TROUBLES
    desk.clock.forward(120)
    assert len(desk.redrive(desk.works)) == TROUBLES
    assert len(desk.seen) == len(letters) + TROUBLES


def test_records_that_fail_by_themselves_hold_up_nobody(desk: Desk) -> None:
    """GIVEN more poison than a service that is away has tries WHEN it is swept THEN every record has its turn."""
    for number in range(12):
        desk.letters.keep("submit", {"events": [number]}, PASSING)
    desk.clock.forward(60)

    def act(event: Event) -> str:
        if event["events"][0] < 10:
            raise RuntimeError("poison")
        return desk.works(event)

    assert len(desk.redrive(act)) == 12
    assert len(desk.seen) == 2


def test_no_letters_are_always_the_first(desk: Desk) -> None:
    """GIVEN letters whose service is always away for them alone WHEN it is swept again and again THEN a good one has its turn."""
    for number in range(8):
        desk.letters.keep("submit", {"events": [number]}, PASSING)

    def act(event: Event) -> str:
        return desk.works(event) if event["events"] == [7] else desk.fails(event)

    for _ in range(3):
        desk.clock.forward(3600)
        desk.redrive(act)
    assert {"events": [7]} in desk.seen
    assert not any(letter.event == {"events": [7]} for letter in desk.letters.all())


def test_letters_that_are_not_due_cost_no_more_than_the_time_there_is(desk: Desk) -> None:
    for number in range(10):
        desk.letters.keep("submit", {"events": [number]}, PASSING)
    get, read = desk.bucket.get, []

    def slow(key: str) -> bytes | None:
        read.append(key)
        desk.clock.forward(1)
        return get(key)

    desk.bucket.get = slow  # type: ignore[method-assign]
    report = redrive(desk.letters, {"submit": desk.works}, desk.clock, desk.clock() + timedelta(seconds=3))
    assert (len(read), report.left) == (3, "the time was up")


def test_they_are_counted_without_being_read(desk: Desk) -> None:
    desk.letters.keep("submit", EVENT, PASSING)
    for number in range(2):
        desk.letters.keep("submit", {"events": [number]}, LASTING)
    desk.bucket.get = None  # type: ignore[assignment, method-assign]
    assert desk.letters.count() == {"dead": 2, "retrying": 1}


def test_a_letter_of_a_function_that_is_no_more_dies(desk: Desk) -> None:
    letter = desk.letters.keep("transcode", EVENT, PASSING)
    desk.clock.forward(60)
    assert "there is no function 'transcode'" in desk.redrive(desk.works)[letter.id]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"state": "alive"}', b"\xff"])
def test_a_letter_that_cannot_be_read_stays_and_holds_nobody_up(desk: Desk, content: bytes) -> None:
    desk.bucket.put("letters/retrying/0.json", content)
    letter = desk.letters.keep("submit", EVENT, PASSING)
    desk.clock.forward(60)
    assert desk.redrive(desk.works) == {letter.id: "done: submitted"}
    assert list(desk.bucket.keys("")) == ["letters/retrying/0.json"]


def test_the_state_bucket_away_for_one_letter_is_told(desk: Desk) -> None:
    letter = desk.letters.keep("submit", EVENT, PASSING)
    desk.clock.forward(60)

    def refuse(*_: object) -> None:
        raise ServiceUnreachable("OSS", "PUT state", "ReadTimeout")

    desk.bucket.put = refuse  # type: ignore[method-assign, assignment]
    report = redrive(desk.letters, {"submit": desk.works}, desk.clock, desk.clock() + timedelta(seconds=60))
    assert report.errors == {letter.id: "OSS PUT state: no answer (ReadTimeout)"}
    assert desk.seen == []


SECRET = "kH8fLq2m%2BvX0sPz7aYtR3w%3D"


@pytest.mark.parametrize(
    "text",
    [
        f"https://media.oss.example/a.mp4?Expires=1&OSSAccessKeyId=LTAI5t&Signature={SECRET}",
        f"https://media.oss.example/a.mp4?x-oss-date=1&x-oss-signature={SECRET}&x-oss-process=a",
        f"https://media.oss.example/a.mp4?security-token={SECRET}",
        f"x-oss-security-token: {SECRET}",
        f"Authorization: {SECRET}",
        f'{{"AccessKeySecret": "{SECRET}"}}',
        f'{{\\"SecurityToken\\": \\"{SECRET}\\"}}',
    ],
)
def test_no_secret_gets_into_a_letter(desk: Desk, text: str) -> None:
    event = {"url": text, "list": [text], "Security-Token": SECRET, "accessKeySecret": "short", "key": "uploads/signature.mp4"}
    letter = desk.letters.keep("submit", event, Failure(text, may_pass=False))
    (content,) = desk.bucket.contents.values()
    assert SECRET not in content.decode()
    assert "short" not in content.decode()
    assert "***" in letter.reason
    assert letter.event["key"] == "uploads/signature.mp4"
    # The event that is kept is the one that is sent again, so it leads to the same letter.
    assert desk.letters.keep("submit", letter.event, LASTING).id == letter.id


def test_words_about_secrets_are_no_secrets() -> None:
    for reason in ("OSS GET state: 403 InvalidSecurityToken: expired", "SignatureDoesNotMatch: The request signature we calculated"):
        assert Letter.new("submit", EVENT, reason, START).reason == reason


def test_a_reason_is_one_line_without_control_characters_and_not_endless() -> None:
    letter = Letter.new("submit", EVENT, "a\x1b[31m\nb" + "x" * 10_000, START)
    assert letter.reason.startswith("a [31m b")
    assert len(letter.reason) <= 2000
    assert Letter.new("submit", EVENT, "", START).reason == "no reason was given"


def test_an_event_too_large_to_keep_is_kept_in_part_and_not_tried_again(desk: Desk) -> None:
    large = {"events": ["门" * LARGEST_EVENT_BYTES]}
    letter = desk.letters.keep("submit", large, PASSING)
    (content,) = desk.bucket.contents.values()
    assert (letter.state, letter.is_whole) == ("dead", False)
    assert len(content) < 2 * LARGEST_EVENT_BYTES
    assert desk.letters.keep("submit", large, PASSING).id == letter.id
    assert desk.letters.keep("submit", {"events": ["门" * (LARGEST_EVENT_BYTES + 1)]}, PASSING).id != letter.id


@pytest.mark.parametrize("event", ["no JSON", "\udcff\udc80", {"a": "\ud800"}, [], ["\x00\x1b"], ""])
def test_any_event_can_be_kept(desk: Desk, event: Event) -> None:
    letter = desk.letters.keep("submit", event, LASTING)
    found = desk.letters.get(letter.id)
    assert found is not None
    assert found.event == event
