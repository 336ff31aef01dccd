"""What becomes of a media whose answers are wrong: it ends, with a reason in its ledger, and nobody waits for it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from sightline.credentials import Credentials
from sightline.errors import SightlineError
from sightline.host import Host
from sightline.ims.search_library import SearchLibrary
from sightline.ims.smarttag import SmarttagClient
from sightline.ims.transport import ImsTransport
from sightline.media.identity import media_id
from sightline.pipeline.collect import collect
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.over_httpx import OverHttpx
from tests.fakes.sightline import FakeClock, World, make_world

DESCRIPTION = json.dumps(json.dumps({"title": "A person walks", "object": ["person"], "label": {"human": True}}))
RESULTS = {"Result": [{"Type": "EventDesc", "Data": DESCRIPTION}]}
KEY = "uploads/home/door/a.mp4"


@dataclass
class Service:
    """IMS as it should be, but for what a test changes: fields of an operation's answer, or all of it, as bytes or as a list.

    A field that is None is left out. The operation `away` is answered by the page of a gateway behind which nobody is.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    user_data: str = ""
    asked: list[str] = field(default_factory=list)
    away: str = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        operation = request.headers["x-acs-action"]
        self.asked.append(operation)
        if operation == self.away:
            return httpx.Response(502, text="<html>Bad Gateway</html>")
        self.user_data = request.url.params.get("UserData", self.user_data)
        answer = self.changes.get(operation, {})
        if isinstance(answer, dict):
            answer = {name: value for name, value in {**self.right(operation), **answer}.items() if value is not None}
        return httpx.Response(200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def right(self, operation: str) -> Any:
        return {
            "SubmitSmarttagJob": {"JobId": "job-1"},
            "QuerySmarttagJob": {"JobStatus": "Success", "UserData": self.user_data, "Results": RESULTS},
            "QueryMediaIndexJob": {"IndexJobInfoList": [{"Status": "Success"}]},
        }.get(operation, {"Success": "true", "Code": "200"})


class Place:
    """A world whose pipeline talks to `service` through the real clients."""

    def __init__(self, **changes: Any) -> None:
        self.service = Service(changes)
        self.world: World = make_world()
        host = Host(OverHttpx(httpx.MockTransport(self.service)), clock=self.world.clock, sleep=lambda _: None)
        transport = ImsTransport(host, lambda: Credentials("id", "secret"), "http://ims.example")
        tagging, library = SmarttagClient(transport, "template", "", "en"), SearchLibrary(transport, "IPCamera_test")
        self.pipeline = self.world.pipeline._replace(tagging=tagging, library=library)
        self.identity = self.world.upload(KEY)

    def run(self) -> None:
        """An upload, its callback, and sweeps until long after every deadline."""
        submit(self.pipeline, KEY, "event")
        with suppress(SightlineError):
            collect(self.pipeline, "job-1")
        for _ in range(16):
            self.clock.forward(3_600)
            sweep(self.pipeline, lambda name, error: None)

    @property
    def clock(self) -> FakeClock:
        return self.world.clock

    @property
    def end(self) -> tuple[str, str, str]:
        story = self.pipeline.ledger.read(self.identity).story
        return story.stage, story.step, story.reason


def described(data: Any) -> dict[str, Any]:
    return {"Results": {"Result": [{"Type": "EventDesc", "Data": data}]}}


def test_a_service_that_is_as_it_should_be() -> None:
    place = Place()
    place.run()
    assert place.end == ("searchable", "", "")
    assert place.service.asked.count("SubmitSmarttagJob") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"Results": None},
        {"Results": []},
        {"Results": "text"},
        described('{"title": "A person wal'),
        described("<html>502</html>"),
        described("[" * 100_000),
        described("{}"),
        described(None),
        described({"title": {"text": 1}}),
    ],
)
def test_a_result_that_can_not_be_used_fails_its_media_with_a_reason(changes: dict[str, Any]) -> None:
    place = Place(QuerySmarttagJob=changes)
    place.run()
    stage, step, reason = place.end
    assert (stage, step) == ("failed", "understand")
    assert "EventDesc" in reason
    assert place.service.asked.count("SubmitSmarttagJob") == 1, "another job would say the same"


@pytest.mark.parametrize(
    "data", [DESCRIPTION, json.dumps(DESCRIPTION), {"title": "\ud800"}, json.dumps({"caption": "c" * 2_000_000}), '{"object": "person"}']
)
def test_a_result_that_can_be_used_in_part_is_searchable(data: Any) -> None:
    place = Place(QuerySmarttagJob=described(data))
    place.run()
    assert place.end[0] == "searchable"


@pytest.mark.parametrize("status", [None, "", "Suspended", 5, ["Success"]])
def test_a_job_whose_state_is_never_known_fails_at_its_deadline(status: Any) -> None:
    place = Place(QuerySmarttagJob={"JobStatus": status})
    place.run()
    stage, step, reason = place.end
    assert (stage, step) == ("failed", "understand")
    assert "did not finish in time" in reason
    assert place.service.asked.count("SubmitSmarttagJob") == 1


@pytest.mark.parametrize("told", ["text", 5, [{"Status": "Paused"}], [{}], ["x"]])
def test_an_index_job_whose_state_is_never_known_fails_at_its_deadline(told: Any) -> None:
    place = Place(QueryMediaIndexJob={"IndexJobInfoList": told})
    place.run()
    assert place.end == ("failed", "index", "the search library did not index the media in time")


def test_an_insert_under_another_id_fails_its_media() -> None:
    place = Place(InsertMediaToSearchLib={"MediaId": "f" * 32})
    place.run()
    assert place.end[:2] == ("failed", "index")
    assert "MediaId" in place.end[2]


@pytest.mark.parametrize("job_id", [None, "", {}, "x" * 1_000])
def test_a_submit_without_a_job_id_waits_for_its_callback_and_costs_one_job(job_id: Any) -> None:
    place = Place(SubmitSmarttagJob={"JobId": job_id})
    place.run()
    assert place.end[0] == "searchable"
    assert place.service.asked.count("SubmitSmarttagJob") == 1


def test_a_part_that_can_not_be_read_fails_its_media() -> None:
    place = Place(InsertMediaToSearchLib=b"<html>")
    submit(place.pipeline, KEY, "event")
    with pytest.raises(SightlineError):
        collect(place.pipeline, "job-1")
    (part,) = place.world.state.keys(f"{place.identity}/parts/")
    place.world.state.put(part, b'{"v":1,"title":')
    sweep(place.pipeline, lambda name, error: None)
    assert place.end[:2] == ("failed", "index")
    assert "smarttag.json can't be read" in place.end[2]


def test_half_a_character_costs_no_answer() -> None:
    place = Place()
    submit(place.pipeline, KEY, "event")
    right = json.dumps(place.service.right("QuerySmarttagJob"))
    place.service.changes["QuerySmarttagJob"] = right.replace("A person", "A p\u00e9rson", 1).encode("latin-1")
    place.run()
    record = place.pipeline.records.get(place.identity)
    assert place.end[0] == "searchable"
    assert record is not None
    assert record.said.title == "A p\ufffdrson walks"


@pytest.mark.parametrize("user_data", [None, "", '{"fromICE":true,"pk":1}', 5])
def test_fault_19_a_result_without_our_user_data_finds_home_by_its_ledger(user_data: Any) -> None:
    """IMS shows a value of its own where it has lost the caller's; the sweep knows whose job it asks about."""
    place = Place(QuerySmarttagJob={"UserData": user_data})
    place.run()
    assert place.end[0] == "searchable"


def test_a_job_that_can_not_be_asked_about_fails_at_its_deadline() -> None:
    place = Place(QuerySmarttagJob={"JobStatus": None, "UserData": None})
    place.run()
    assert place.end[:2] == ("failed", "understand")
    assert place.service.asked.count("SubmitSmarttagJob") == 1


@pytest.mark.parametrize(
    ("operation", "step"),
    [("QuerySmarttagJob", "understand"), ("InsertMediaToSearchLib", "index"), ("QueryMediaIndexJob", "index")],
)
@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"", b'{"JobStatus": "Succ'])
def test_a_service_that_never_answers_in_json_fails_its_media_at_the_deadline(operation: str, step: str, body: bytes) -> None:
    place = Place(**{operation: body})
    place.run()
    assert place.end[:2] == ("failed", step)
    assert "no JSON object" in place.end[2]


@pytest.mark.parametrize("operation", ["QuerySmarttagJob", "InsertMediaToSearchLib", "QueryMediaIndexJob"])
def test_an_outage_fails_no_media_however_long_it_lasts(operation: str) -> None:
    place = Place()
    place.service.away = operation
    place.run()
    assert place.end[0] != "failed"
    place.service.away = ""
    place.clock.forward(3_600)
    sweep(place.pipeline, lambda name, error: None)
    assert place.end[0] == "searchable"


def test_a_result_beyond_every_measure_fails_at_once() -> None:
    place = Place(QuerySmarttagJob=b'{"JobStatus": "Success", "x": "' + b"x" * 17_000_000 + b'"}')
    submit(place.pipeline, KEY, "event")
    place.clock.forward(120)
    sweep(place.pipeline, lambda name, error: None)
    assert place.end[:2] == ("failed", "understand")
    assert "bytes" in place.end[2]


def test_the_reason_of_a_result_that_can_not_be_used_says_what_was_wrong_with_it() -> None:
    place = Place(QuerySmarttagJob=described("<html>502</html>"))
    place.run()
    assert "<html>502</html>" in place.end[2]


def test_three_jobs_that_can_not_be_asked_about_delay_no_other() -> None:
    place = Place(QuerySmarttagJob={"JobStatus": None, "UserData": None})
    for number in range(3):
        key = f"uploads/home/door/bad-{number}.mp4"
        place.world.upload(key, b"%d" % number)
        submit(place.pipeline, key, "event")
    place.clock.forward(50_000)
    for _ in range(3):
        sweep(place.pipeline, lambda name, error: None)
    stages = [place.pipeline.ledger.read(media_id("media", f"uploads/home/door/bad-{number}.mp4")).story.stage for number in range(3)]
    assert stages == ["failed"] * 3


@pytest.mark.parametrize("record", [b"{garbage", b"", b'{"v":1,"title":5}'])
def test_a_deleted_media_whose_record_can_not_be_read_leaves_the_library(record: bytes) -> None:
    world = make_world()
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event")
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    world.state.put(f"{identity}/record.json", record)
    world.media.delete(KEY)
    submit(world.pipeline, KEY, "deletion")
    assert (world.stage(identity), world.library.entries) == ("removed", {})
    assert list(world.state.keys(f"{identity}/record")) == []


def test_new_content_that_fails_takes_the_old_out_though_its_record_can_not_be_read() -> None:
    world = make_world()
    identity = world.upload(KEY)
    submit(world.pipeline, KEY, "event")
    world.tagging.succeed("job-1")
    collect(world.pipeline, "job-1")
    world.state.put(f"{identity}/record.json", b"{garbage")
    world.upload(KEY, b"new content")
    submit(world.pipeline, KEY, "another")
    world.tagging.fail("job-2", "it is no film")
    collect(world.pipeline, "job-2")
    assert (world.stage(identity), world.library.entries) == ("failed", {})
