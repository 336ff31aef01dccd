"""What becomes of the records of an event: done, left to Function Compute, parked, or dead."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sightline.acts.letters import acts, redrive_due
from sightline.errors import BadInput, Permission, PermissionMissing, ServiceRefused, ServiceUnreachable
from sightline.events.records import Event
from sightline.handlers import RetryNeeded, each_part, handle
from sightline.letters.attempt import Failure
from sightline.letters.letters import Letters
from sightline.letters.patience import Patience
from tests.fakes.sightline import World, make_world

EVENTS = Path(__file__).parents[3] / "events"
AWAY = ServiceUnreachable("IMS", "SubmitSmarttagJob", "ConnectError")
DENIED = PermissionMissing("OSS", "PUT state", 403, "AccessDenied", "no", "r", Permission("oss:PutObject", "acs:oss:*:*:state/*"))


class Office:
    """`problems` are raised by the record of that name, once each."""

    def __init__(self) -> None:
        self.world: World = make_world()
        self.letters = Letters(self.world.state, Patience(3, 60), self.world.clock, Random(0))
        self.problems: dict[str, list[Exception]] = {}
        self.done: list[str] = []

    def act(self, event: Event) -> str:
        (name,) = event["events"]
        if self.problems.get(name):
            raise self.problems[name].pop(0)
        self.done.append(name)
        return f"{name} is done"

    def handle(self, *names: str) -> Any:
        return handle("submit", self.act, lambda: self.letters, json.dumps({"events": names}).encode())


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_goes_well_touches_no_letter(office: Office) -> None:
    assert office.handle("a", "b") == {"outcomes": ["a is done", "b is done"], "letters": []}
    assert office.world.state.contents == {}


@pytest.mark.parametrize("problem", [AWAY, KeyError("surprise")])
def test_one_record_that_may_go_well_later_is_left_to_function_compute(office: Office, problem: Exception) -> None:
    office.problems["a"] = [problem]
    with pytest.raises(RetryNeeded):
        office.handle("a")
    assert office.world.state.contents == {}
    assert office.handle("a")["outcomes"] == ["a is done"]


@pytest.mark.parametrize("problem", [AWAY, KeyError("surprise")])
def test_of_several_records_only_what_failed_is_tried_again(office: Office, problem: Exception) -> None:
    office.problems["b"] = [problem]
    answer = office.handle("a", "b", "c")
    assert office.done == ["a", "c"]
    (letter,) = office.letters.all()
    assert answer["letters"] == [letter.id]
    assert answer["outcomes"][1].startswith("parked until 2026-11-21T08:16:")
    assert (letter.state, letter.event) == ("retrying", {"events": ["b"]})


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
@pytest.mark.parametrize("problem", [BadInput("events", "is wrong", "mend it"), DENIED])
def test_what_no_retry_helps_is_a_dead_letter_at_once(office: Office, names: list[str], problem: Exception) -> None:
    office.problems["a"] = [problem]
    answer = office.handle(*names)
    (letter,) = office.letters.all()
    assert (letter.state, letter.reason, letter.attempts) == ("dead", str(problem), 1)
    assert answer["outcomes"][0] == f"dead: {problem} (letter {letter.id})"
    assert office.done == names[1:]


def test_a_missing_permission_is_named_in_the_letter(office: Office) -> None:
    office.problems["a"] = [DENIED]
    office.handle("a")
    (letter,) = office.letters.all()
    assert "oss:PutObject" in letter.reason


@pytest.mark.parametrize("problem", [AWAY, BadInput("events", "is wrong", "mend it")])
def test_where_no_letter_can_be_kept_function_compute_keeps_the_event(office: Office, problem: Exception) -> None:
    def refuse(*_: object) -> None:
        raise DENIED

    office.problems["a"] = [problem]
    office.world.state.put = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(RetryNeeded, match="no letter could be kept"):
        office.handle("a", "b")
    assert office.done == ["b"]


@pytest.mark.parametrize("event", [b"", b"no JSON", b"[]", b"\xff", b'{"events": 5}', b'{"events": [5]}', b"[" * 10_000, b"{}"])
@pytest.mark.parametrize("function", ["submit", "collect"])
def test_an_event_of_a_foreign_shape_is_a_dead_letter(office: Office, function: str, event: bytes) -> None:
    answer = handle(function, acts(office.world.pipeline)[function], lambda: office.letters, event)
    if event == b"[]":
        assert answer == {"outcomes": [], "letters": []}
        return
    (letter,) = office.letters.all()
    assert (letter.function, letter.state, answer["letters"]) == (function, "dead", [letter.id])


KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"


def upload_event(*keys: str) -> bytes:
    event = json.loads((EVENTS / "oss_put.json").read_text())
    (record,) = event["events"]
    records = []
    for key in keys:
        record = json.loads(json.dumps(record))
        record["oss"]["object"]["key"] = key
        record["oss"]["bucket"]["name"] = "media"
        records.append(record)
    return json.dumps({"events": records}).encode()


def job_event(job_id: str, state: str = "Success") -> bytes:
    return json.dumps({"Type": "smarttag", "JobId": job_id, "State": state}).encode()


def submit_event(office: Office, event: bytes) -> Any:
    return handle("submit", acts(office.world.pipeline)["submit"], lambda: office.letters, event)


def test_bad_records_do_not_delay_the_good_ones(office: Office) -> None:
    """GIVEN an event with a malformed record and a foreign bucket's beside two uploads THEN both uploads have their jobs."""
    world = office.world
    keys = [KEY, KEY.replace("home", "lab")]
    for key in keys:
        world.upload(key)
    event = json.loads(upload_event(keys[0], "x", "y", keys[1]))
    del event["events"][1]["oss"]["object"]
    event["events"][2]["oss"]["bucket"]["name"] = "somebody-elses"
    outcomes = submit_event(office, json.dumps(event).encode())["outcomes"]
    assert [outcome.partition(":")[0] for outcome in outcomes] == ["submitted", "dead", "ignored", "submitted"]
    assert len(world.tagging.jobs) == 2


def test_a_parked_upload_is_submitted_by_the_sweep(office: Office) -> None:
    world = office.world
    identities = [world.upload(key) for key in (KEY, KEY.replace("home", "lab"))]
    get = world.state.get
    world.state.get = away_for(f"{identities[0]}/", get)  # type: ignore[method-assign, assignment]
    outcomes = submit_event(office, upload_event(KEY, KEY.replace("home", "lab")))["outcomes"]
    assert [outcome.partition(" ")[0] for outcome in outcomes] == ["parked", "submitted:"]
    world.state.get = get  # type: ignore[method-assign]
    world.clock.forward(60)
    (outcome,) = redrive_due(world.pipeline, office.letters).outcomes.values()
    assert outcome.startswith("done: submitted")
    assert [world.stage(identity) for identity in identities] == ["submitted", "submitted"]
    assert list(office.letters.all()) == []


def away_for(prefix: str, get: Callable[[str], bytes | None]) -> Callable[[str], bytes | None]:
    def away(key: str) -> bytes | None:
        if key.startswith(prefix):
            raise ServiceUnreachable("OSS", "GET state", "ReadTimeout")
        return get(key)

    return away


def test_the_news_of_a_job_makes_a_media_searchable_and_again_changes_nothing(office: Office) -> None:
    world = office.world
    identity = world.upload(KEY)
    submit_event(office, upload_event(KEY))
    world.tagging.succeed("job-1")
    collect = acts(world.pipeline)["collect"]
    assert handle("collect", collect, lambda: office.letters, job_event("job-1", "Processing"))["outcomes"] == [
        "nothing to do yet: the message says Processing"
    ]
    assert handle("collect", collect, lambda: office.letters, job_event("job-1"))["outcomes"] == ["searchable"]
    before = dict(world.state.contents)
    assert handle("collect", collect, lambda: office.letters, job_event("job-1"))["outcomes"][0].startswith("nothing to do")
    assert submit_event(office, upload_event(KEY))["outcomes"][0].startswith("nothing to do")
    assert (world.state.contents, world.stage(identity)) == (before, "searchable")


def test_a_job_that_nobody_knows_is_ignored_without_a_traceback(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = handle("collect", acts(office.world.pipeline)["collect"], lambda: office.letters, job_event("job-of-somebody"))
    assert answer == {"outcomes": ["ignored: the service knows no such job"], "letters": []}
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


def test_what_else_is_missing_is_not_ignored(office: Office) -> None:
    def gone(job_id: str) -> Any:
        raise ServiceRefused("OSS", "GET state", 404, "NoSuchBucket", "the bucket is gone")

    office.world.tagging.query = gone  # type: ignore[method-assign]
    answer = handle("collect", acts(office.world.pipeline)["collect"], lambda: office.letters, job_event("job-1"))
    assert answer["outcomes"][0].startswith("dead: OSS GET state: 404 NoSuchBucket")


def test_the_retries_of_a_sweep_wait_for_index_jobs_together(office: Office) -> None:
    world = office.world
    world.library.states = [["Running"]]
    for number in range(3):
        key = KEY.replace("home", f"n{number}")
        world.upload(key)
        submit_event(office, upload_event(key))
        world.tagging.succeed(f"job-{number + 1}")
        office.letters.keep("collect", json.loads(job_event(f"job-{number + 1}")), failure())
    world.clock.forward(3600)
    started = world.clock()
    outcomes = redrive_due(world.pipeline, office.letters).outcomes
    assert list(outcomes.values()) == ["done: inserted: still being indexed"] * 3
    assert world.clock() - started < timedelta(seconds=2 * world.pipeline.settings.index_wait_seconds)


def failure() -> Failure:
    return Failure("away", may_pass=True)


def test_a_part_of_a_sweep_that_fails_does_not_stop_the_others() -> None:
    def broken() -> Any:
        raise AWAY

    def surprised() -> Any:
        raise KeyError("surprise")

    report = each_part({"queue": broken, "media": lambda: {"done": 1}, "letters": surprised, "last": lambda: 5})
    assert report == {"queue": {"error": str(AWAY)}, "media": {"done": 1}, "letters": {"error": "KeyError: 'surprise'"}, "last": 5}
