"""Answers that are not what was promised: each is stored so that nothing can go wrong with it later, or refused with a reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sightline.credentials import Credentials
from sightline.errors import BadInput, ServiceRefused, SightlineError, UnusableAnswer
from sightline.host import Host
from sightline.ims.answers import decode_data
from sightline.ims.descriptions import LONGEST_CAPTION, LONGEST_PHRASE, LONGEST_TITLE, MOST_NOTES, MOST_PHRASES, SmarttagResult
from sightline.ims.search_library import LONGEST_QUERY, SearchLibrary
from sightline.ims.smarttag import SmarttagClient, SmarttagInput, SmarttagJob
from sightline.ims.transport import ImsTransport
from sightline.ledger.story import Story
from sightline.media.manifest import parse_manifest
from sightline.media.types import Media
from sightline.pipeline.submit import submit as submit_upload
from sightline.record.model import SmarttagPart, read_part, read_record
from sightline.record.shelf import RecordShelf
from sightline.stored import Stored
from sightline.untrusted import plain, to_json, visible
from tests.fakes.over_httpx import OverHttpx
from tests.fakes.sightline import START, FakeBucket, FakeClock, make_world

UNSEEN = set("\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u2028\x00\x1b\x9b\x7f\n\U000e0041") | {chr(0xD800), chr(0xDFFF)}
ODD_CHARACTERS = st.one_of(st.sampled_from(sorted(UNSEEN)), st.characters(), st.sampled_from(["<", "&", '"', "\\", "[/red]", "\u200d"]))
TEXTS = st.lists(ODD_CHARACTERS).map("".join)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)
DESCRIPTIONS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("title", "brief", "caption", "event", "object", "action", "label", "more"), JSON_VALUES | TEXTS)
)
CASES = settings(max_examples=150, deadline=None, derandomize=True)


class Says:
    """A service that says one thing; `sent` are the parameters of its last request."""

    def __init__(self, document: Any = None, body: bytes | None = None, status: int = 200) -> None:
        self._body = json.dumps(document).encode() if body is None else body
        self._status = status
        self.sent: dict[str, str] = {}
        self.address = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent, self.address = dict(request.url.params), str(request.url)
        return httpx.Response(self._status, content=self._body)

    def transport(self) -> ImsTransport:
        host = Host(OverHttpx(httpx.MockTransport(self)), sleep=lambda _: None)
        return ImsTransport(host, lambda: Credentials("id", "secret"), "http://ims.example")


def ask(document: Any = None, body: bytes | None = None) -> SmarttagJob:
    return SmarttagClient(Says(document, body).transport(), "template", "", "en").query("j")


def submit(document: Any) -> str:
    return SmarttagClient(Says(document).transport(), "template", "", "en").submit("t", SmarttagInput(["https://x"], False), None, "")


def library(document: Any = None, body: bytes | None = None) -> SearchLibrary:
    return SearchLibrary(Says(document, body).transport(), "IPCamera_x")


def done(*data: Any, **more: Any) -> SmarttagJob:
    """A job that succeeded with these EventDescs."""
    results = {"Result": [{"Type": "EventDesc", "Data": each} for each in data]}
    return ask({"JobStatus": "Success", "Results": results, **more})


def result(*data: Any) -> SmarttagResult:
    job = done(*data)
    assert job.result is not None, job.reason
    return job.result


# ---- a job's state and the frame of its answer


@pytest.mark.parametrize("document", [{}, {"JobStatus": None}, {"JobStatus": "", "UserData": ""}, {"JobStatus": [], "UserData": None}])
def test_an_answer_that_tells_nothing_is_unusable_and_may_be_asked_for_again(document: Any) -> None:
    with pytest.raises(UnusableAnswer, match="JobStatus") as raised:
        ask(document)
    assert raised.value.retryable


@pytest.mark.parametrize("status", [None, "", " ", 5, True, [], {}, ["Success"]])
def test_a_job_without_a_state_counts_as_not_finished(status: Any) -> None:
    job = ask({"JobStatus": status, "UserData": "u", "Results": {"Result": [{"Type": "EventDesc", "Data": '{"title": "t"}'}]}})
    assert (job.state, job.result, job.user_data) == ("Processing", None, "u")
    assert "no known state" in job.reason


@pytest.mark.parametrize("status", ["Suspended", "\ud800", "Success\u202e", "x" * 100_000, "成功"])
def test_an_unknown_state_counts_as_not_finished(status: str) -> None:
    job = ask({"JobStatus": status, "Results": {"Result": [{"Type": "EventDesc", "Data": '{"title": "t"}'}]}})
    assert (job.state, job.result) == ("Processing", None)
    assert "no known state" in job.reason
    assert len(job.reason) < 200


@pytest.mark.parametrize(("status", "state"), [("success", "Success"), ("FAIL", "Fail"), (" Processing ", "Processing")])
def test_a_state_in_another_spelling_is_the_same_state(status: str, state: str) -> None:
    assert ask({"JobStatus": status}).state == state


@pytest.mark.parametrize("job_id", [None, "", {}, [], ["j"], "j\n", "\ud800", "x" * 129, "a b"])
def test_a_submit_without_a_job_id_is_not_repeated(job_id: Any) -> None:
    with pytest.raises(UnusableAnswer, match="JobId") as raised:
        submit({"JobId": job_id})
    assert not raised.value.retryable
    assert not raised.value.took_no_effect


@pytest.mark.parametrize("job_id", ["", "j\n", "\ud800", "x" * 100_000, "a b", "作业"])
def test_what_can_be_no_job_id_is_not_asked_about(job_id: str) -> None:
    """It came in a message that anybody may have sent; no retry makes an id of it."""
    with pytest.raises(BadInput, match="JobId"):
        SmarttagClient(Says({}).transport(), "template", "", "en").query(job_id)


@pytest.mark.parametrize("value", [None, 5, True, [], {"a": [1]}, "\ud800\n"])
def test_a_refusal_in_other_words_is_a_refusal(value: Any) -> None:
    says = Says({"Code": value, "Message": value, "RequestId": value, "AccessDeniedDetail": {"AuthAction": value}}, status=400)
    with pytest.raises(ServiceRefused) as raised:
        SmarttagClient(says.transport(), "template", "", "en").query("j")
    str(raised.value).encode()


def test_a_job_id_may_be_a_number() -> None:
    assert submit({"JobId": 20261121}) == "20261121"


@pytest.mark.parametrize("user_data", [None, 5, "\ud800", {"mediaId": "m"}, [1], "not JSON", '{"fromICE":true,"pk":1}'])
def test_user_data_of_any_kind_is_a_text_that_can_be_encoded(user_data: Any) -> None:
    told = ask({"JobStatus": "Processing", "UserData": user_data}).user_data
    told.encode()
    if isinstance(user_data, dict):
        assert decode_data(told) == user_data


@pytest.mark.parametrize(
    "results",
    [
        {"Result": [{"Type": "EventDesc", "Data": '{"title": "t"}'}]},
        {"result": [{"Type": "EventDesc", "Data": '{"title": "t"}'}]},
        {"Result": {"Type": "EventDesc", "Data": '{"title": "t"}'}},
        {"Result": [None, 5, "x", [], {"Type": ["EventDesc"]}, {"Type": "EventDesc", "Data": {"title": "t"}}]},
        [{"Type": "EventDesc", "Data": '{"title": "t"}'}],
        '{"Result": [{"Type": "EventDesc", "Data": {"title": "t"}}]}',
    ],
)
def test_results_in_another_frame_are_read_all_the_same(results: Any) -> None:
    job = ask({"JobStatus": "Success", "Results": results})
    assert job.result is not None
    assert job.result.description.title == "t"


@pytest.mark.parametrize(
    "results", [None, [], "", "text", 5, {"Result": None}, {"Result": "x"}, {"Result": [{"Type": "Meta", "Data": "{}"}]}]
)
def test_a_success_without_a_description_says_so(results: Any) -> None:
    job = ask({"JobStatus": "Success", "Results": results})
    assert (job.state, job.result) == ("Success", None)
    assert "no EventDesc" in job.reason


# ---- Data


@pytest.mark.parametrize("times", range(1, 6))
def test_data_that_is_encoded_up_to_five_times_is_read(times: int) -> None:
    data: Any = {"title": "A cat", "caption": 'It says "meow\\".'}
    for _ in range(times):
        data = json.dumps(data)
    assert result(data).description.caption == 'It says "meow\\".'


@pytest.mark.parametrize(
    "data",
    [
        '{"title": "A person wal',
        '"{\\"title\\": \\"A person wal',
        "<html><h1>502 Bad Gateway</h1></html>",
        "\x00\x01\xff\ud800",
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5_000,
        "NaN",
        "",
        json.dumps(json.dumps(json.dumps(json.dumps(json.dumps(json.dumps({"title": "t"})))))),
    ],
)
def test_data_that_is_no_json_object_is_refused_with_its_beginning(data: str) -> None:
    job = done(data)
    assert job.result is None
    assert job.reason.startswith("its EventDesc is ")
    assert len(job.reason) < 200
    assert job.reason == plain(job.reason)


@pytest.mark.parametrize(
    "said", ["{}", '{"title": null}', '{"title": {"text": 5}}', '{"title": "\u200b", "object": ["\u202e"]}', '{"label": {"human": false}}']
)
def test_a_description_that_says_nothing_is_refused(said: str) -> None:
    assert "says nothing" in done(said).reason


def test_what_can_be_used_of_a_description_is_kept_and_the_rest_noted() -> None:
    said = {
        "title": ["A person", "ignored"],
        "brief": 5,
        "caption": {"text": "x"},
        "event": "one event",
        "object": [["nested"], "person", None, "person"],
        "action": {"a": "b"},
        "label": {"human": "true", "pet": 1, "vehicle": "maybe", "package": "False", "drone": True},
        "score": 10**400,
    }
    read = result(json.dumps(said))
    description = read.description
    assert (description.title, description.brief, description.caption) == ("A person", "", "")
    assert (description.event, description.object, description.action) == (["one event"], ["person"], [])
    assert description.label.names() == ["human", "pet"]
    for note in ("brief: a number", "caption: an object", "object: a list", "action: an object", "label.vehicle: a text"):
        assert any(each.startswith(note) for each in read.notes), (note, read.notes)


def test_absurd_sizes_are_cut_and_noted() -> None:
    said = {
        "title": "t" * 10_000,
        "caption": "c" * 3_000_000,
        "object": [f"object {number}" for number in range(100_000)],
        "event": ["e" * 1_000_000],
        "action": ["walks"] * 100_000,
    }
    read = result(json.dumps(said))
    description = read.description
    assert (len(description.title), len(description.caption)) == (LONGEST_TITLE, LONGEST_CAPTION)
    assert (len(description.object), len(description.event[0])) == (MOST_PHRASES, LONGEST_PHRASE)
    assert description.action == ["walks"]
    assert "caption: 3,000,000 characters, cut to 4,000" in read.notes
    assert "object: 100,000 entries, cut to 50" in read.notes


def test_several_descriptions_are_told_as_one() -> None:
    first = {"title": "A man", "caption": "A man comes.", "object": ["man"], "label": {"human": True}}
    second = {"title": "A dog", "caption": "A dog goes.", "object": ["dog", "man"], "label": {"pet": True}}
    read = result(json.dumps(first), "broken", json.dumps(second))
    assert (read.description.title, read.description.caption) == ("A man", "A man comes. A dog goes.")
    assert read.description.object == ["man", "dog"]
    assert read.description.label.names() == ["human", "pet"]
    assert len(read.notes) == 2


def test_ten_thousand_descriptions_leave_a_few_notes() -> None:
    read = result(*['{"title": "t", "label": 5, "brief": 5}'] * 10_000)
    assert len(read.notes) <= MOST_NOTES


@pytest.mark.parametrize("data", [None, 5, ["a"], {"code": 7}, "", "\x1b[2J", "x" * 1_000_000, '{"a":' * 900 + "1" + "}" * 900])
def test_the_reason_of_a_failed_job_is_one_short_line(data: Any) -> None:
    reason = ask({"JobStatus": "Fail", "Results": {"Result": [{"Type": "x", "Data": data}]}}).reason
    assert 0 < len(reason) <= 1_000
    assert reason == plain(reason)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe\x00", b"[" * 200_000, b'{"JobStatus":' * 100_000, b"[]", b"null", b'"Success"']
)
def test_an_answer_that_is_no_object_is_an_error_of_ours(body: bytes) -> None:
    for call in (lambda: ask(body=body), lambda: library(body=body).search("a", "n", 1, 10) and None):
        try:
            call()
        except SightlineError:
            continue


# ---- whatever it is


def check_stored(job: SmarttagJob) -> None:
    """A part of the job's result round-trips, can be encoded, is within limits, and shows nothing but visible characters."""
    assert len(job.reason) <= 1_000
    assert job.reason == plain(job.reason)
    job.user_data.encode()
    if job.result is None:
        return
    part = SmarttagPart.of(job.result)
    stored = to_json(part.to_json()).encode()
    assert read_part(Stored.parse(stored)) == part
    assert len(stored) < 500_000
    texts = [part.title, part.brief, part.caption, *part.events, *part.objects, *part.actions, *part.labels, *part.notes]
    assert not UNSEEN & set("".join(texts))
    assert all(text == plain(text) for text in texts)
    assert part.title or part.brief or part.caption or part.events or part.objects or part.actions or part.labels


@CASES
@given(JSON_VALUES | DESCRIPTIONS.map(json.dumps) | DESCRIPTIONS.map(lambda said: json.dumps(json.dumps(said))))
@example('{"seconds": NaN, "title": "t\\ud800"}')
def test_any_data_is_stored_safely_or_refused(data: Any) -> None:
    check_stored(done(data))


@CASES
@given(JSON_VALUES, JSON_VALUES)
def test_any_results_are_stored_safely_or_refused(results: Any, user_data: Any) -> None:
    check_stored(ask({"JobStatus": "Success", "Results": results, "UserData": user_data}))
    check_stored(ask({"JobStatus": "Fail", "Results": results, "UserData": user_data}))


def outcome(call: Callable[[], object]) -> object:
    """What a call answers, or the error of ours; any other error is a failure of the test."""
    try:
        return call()
    except SightlineError as error:
        return error


@CASES
@given(
    JSON_VALUES
    | st.dictionaries(st.sampled_from(["JobStatus", "JobId", "Results", "MediaList", "IndexJobInfoList", "Total", "Success"]), JSON_VALUES)
)
def test_any_answer_is_read_or_refused(document: Any) -> None:
    outcome(lambda: submit(document))
    job = outcome(lambda: ask(document))
    if isinstance(job, SmarttagJob):
        check_stored(job)
    states = outcome(lambda: list(library(document).index_states("m")))
    assert isinstance(states, SightlineError) or set(states) <= {"Running", "Success", "Fail"}  # type: ignore[call-overload]
    outcome(lambda: library(document).insert("m", "oss://b/k", "video", "t", "d", "n"))
    page = outcome(lambda: library(document).search("a", "n", 1, 10))
    if not isinstance(page, SightlineError):
        json.dumps([[clip.__dict__ for clip in hit.clips] for hit in page.hits], allow_nan=False)  # type: ignore[attr-defined]


# ---- the search library


@pytest.mark.parametrize("states", [["Paused"], [None], [5], [{}], ["Success", "Paused"]])
def test_an_unknown_state_of_an_index_job_counts_as_running(states: list[Any]) -> None:
    document = {"IndexJobInfoList": [{"Status": state} for state in states]}
    assert "Running" in library(document).index_states("m")


def test_an_index_job_that_is_no_object_counts_as_running() -> None:
    assert library({"IndexJobInfoList": ["x", {"Status": "success"}]}).index_states("m") == ["Running", "Success"]


@pytest.mark.parametrize("told", ["text", 5, {"Status": "Success"}, True])
def test_index_jobs_that_are_no_list_do_not_end_the_waiting(told: Any) -> None:
    assert library({"IndexJobInfoList": told}).index_states("m") in (["Running"], ["Success"])


@pytest.mark.parametrize("told", ["text", 5, {"MediaId": "m"}, True])
def test_hits_that_are_no_list_are_unusable_and_may_be_asked_for_again(told: Any) -> None:
    with pytest.raises(UnusableAnswer, match="MediaList") as raised:
        library({"MediaList": told}).search("a", "n", 1, 10)
    assert raised.value.retryable


def test_hits_keep_what_can_be_used() -> None:
    clips = [
        {"From": "nan", "To": 2, "Score": 0.5},
        {"From": 5, "To": 2, "Score": "0.7"},
        {"From": -1, "To": 1e300, "Score": float("inf")},
        {"From": 1, "To": 2},
        "x",
        {"From": 10**400, "To": [], "Score": True},
        {"From": 1, "To": 2, "Score": 0.6},
    ]
    media = [{"MediaId": "m", "ClipInfo": clips}, {"MediaId": 5}, {}, None, "m", {"MediaId": "m"}, {"MediaId": "n", "ClipInfo": "x"}]
    page = library({"MediaList": media, "Total": "many"}).search("a", "n", 1, 10)
    assert (page.total, [hit.media_id for hit in page.hits]) == (2, ["m", "n"])
    assert page.hits[0].score == 0.7
    assert [(clip.start, clip.end) for clip in page.hits[0].clips if clip.end] == [(1, 2), (1, 2)]


def test_a_page_has_no_more_hits_than_were_asked_for() -> None:
    media = [{"MediaId": str(number), "ClipInfo": [{"From": 0, "To": 1, "Score": 1}] * 200} for number in range(1_000)]
    page = library({"MediaList": media, "Total": 10**30}).search("a", "n", 1, 10)
    assert len(page.hits) == 10
    assert len(page.hits[0].clips) == 50


def test_an_insert_under_another_id_is_an_error_for_good() -> None:
    with pytest.raises(UnusableAnswer, match="MediaId") as raised:
        library({"MediaId": "another"}).insert("m", "oss://b/k", "video", "t", "d", "n")
    assert not raised.value.retryable


@pytest.mark.parametrize("character", ["a", '"', "\\", "漢", "\U0001f600"])
def test_an_insert_fits_into_a_request(character: str) -> None:
    says = Says({"Success": "true"})
    title, description = character * 10_000, character * 100_000
    SearchLibrary(says.transport(), "IPCamera_x").insert("0" * 32, f"oss://media/{'漢' * 341}", "video", title, description, "空" * 64)
    assert LONGEST_QUERY - 15 <= len(says.address.partition("?")[2]) <= LONGEST_QUERY
    body = json.loads(says.sent["MsgBody"])
    assert len(body["title"]) == LONGEST_TITLE
    assert set(body["visionDescription"]) <= {character}


def test_a_message_body_shows_nothing_unseen() -> None:
    says = Says({"Success": "true"})
    SearchLibrary(says.transport(), "IPCamera_x").insert("m", "oss://b/k", "video", "a\x1b[1m\ud800", 'x", "customFields": {"\n\u202e', "n")
    assert json.loads(says.sent["MsgBody"]) == {"title": "a [1m\ufffd", "visionDescription": 'x", "customFields": {"'}


# ---- a service's words in errors


def test_the_words_of_a_refusal_are_one_short_line() -> None:
    says = Says({"Code": "Bad\nCode", "Message": "\x1b[31m\ud800\n" + "m" * 100_000, "RequestId": "r\r\n"}, status=400)
    with pytest.raises(ServiceRefused) as raised:
        SmarttagClient(says.transport(), "t", "", "en").query("j")
    text = str(raised.value)
    assert text == plain(text)
    assert len(text) < 1_300


# ---- records


MEDIA = Media("0" * 32, "media", "uploads/home/door/a.mp4", "E", 9, "video", "home", "door", START)


def shelf() -> tuple[RecordShelf, FakeBucket]:
    bucket = FakeBucket("state", FakeClock())
    return RecordShelf(bucket), bucket


PART_OF_VERSION_0_1 = (
    b'{"title":"A person walks","brief":"A person walks.","caption":"A person walks to the right.\\u001b[31m","events":["walk"],'
    b'"objects":["person"],"actions":["walking"],"labels":["human"],"engine":{"name":"core","seconds":1.5,"cannot_see":["pets"],"notes":[]}}'
)
RECORD_OF_VERSION_0_1 = (
    b'{"title":"A person walks","brief":"","caption":"To the right.","events":[],"objects":["person"],"actions":[],"labels":["human"],'
    b'"engine":{"name":"core","seconds":1.5,"cannot_see":["pets"],"notes":[]},"v":1,"media_id":"00000000000000000000000000000000",'
    b'"bucket":"media","key":"uploads/home/door/a.mp4","preview_key":"uploads/home/door/a.mp4","generation":"E","kind":"video",'
    b'"namespace":"home","device":"door","time":"2026-11-21T08:15:30Z"}'
)


def test_a_part_of_an_earlier_version_becomes_a_record() -> None:
    records, bucket = shelf()
    bucket.put(f"{MEDIA.id}/parts/E/smarttag.json", PART_OF_VERSION_0_1)
    record = records.compose(MEDIA, MEDIA.key, Story())
    assert (record.said.title, record.said.labels) == ("A person walks", ["human"])
    assert record.said.caption == "A person walks to the right. [31m"
    assert record.said.engine is not None
    assert record.said.engine.cannot_see == ["pets"]
    assert records.get(MEDIA.id) == record


def test_a_record_of_an_earlier_version_is_read() -> None:
    records, bucket = shelf()
    bucket.put(f"{MEDIA.id}/record.json", RECORD_OF_VERSION_0_1)
    record = records.get(MEDIA.id)
    assert record is not None
    assert (record.said.title, record.namespace, record.time) == ("A person walks", "home", START)


def test_a_part_and_a_record_of_a_later_version_are_read_as_far_as_they_are_known() -> None:
    records, bucket = shelf()
    for key, content in ((f"{MEDIA.id}/parts/E/smarttag.json", PART_OF_VERSION_0_1), (f"{MEDIA.id}/record.json", RECORD_OF_VERSION_0_1)):
        bucket.put(key, json.dumps({**json.loads(content), "v": 7, "people": [{"name": "x"}]}).encode())
    record = records.get(MEDIA.id)
    assert record is not None
    assert record.said.title == "A person walks"
    records.compose(MEDIA, MEDIA.key, Story())
    assert json.loads(bucket.contents[f"{MEDIA.id}/record.json"])["v"] == 1, "it writes its own form"


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"\xff\x00", b'{"title": 5}', b"<html>", b"[" * 100_000])
def test_a_part_that_can_not_be_read_is_refused_with_its_key(content: bytes) -> None:
    records, bucket = shelf()
    bucket.put(f"{MEDIA.id}/parts/E/smarttag.json", content)
    bucket.put(f"{MEDIA.id}/record.json", content)
    with pytest.raises(UnusableAnswer, match="smarttag") as raised:
        records.compose(MEDIA, MEDIA.key, Story())
    assert not raised.value.retryable
    assert records.get(MEDIA.id) is None


def test_a_record_that_can_not_be_read_is_reported_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    records, bucket = shelf()
    assert records.generation(MEDIA.id) is None
    bucket.put(f"{MEDIA.id}/record.json", b'{"v":1,"title":"\x1b[31m\\u001b\n')
    assert records.generation(MEDIA.id) == ""
    (line,) = [record.getMessage() for record in caplog.records]
    assert MEDIA.id in line
    assert line == plain(line)
    bucket.put(f"{MEDIA.id}/record.json", RECORD_OF_VERSION_0_1)
    assert records.generation(MEDIA.id) == "E"


def test_a_record_is_not_made_of_nothing() -> None:
    records, bucket = shelf()
    with pytest.raises(UnusableAnswer, match="is not there"):
        records.compose(MEDIA, MEDIA.key, Story())
    assert bucket.contents == {}


@CASES
@given(DESCRIPTIONS.map(json.dumps))
def test_what_is_stored_is_what_is_read(data: str) -> None:
    job = done(data)
    if job.result is not None:
        records, _ = shelf()
        records.put_part(MEDIA.id, MEDIA.etag, SmarttagPart.of(job.result))
        record = records.compose(MEDIA, MEDIA.key, Story())
        assert records.get(MEDIA.id) == record
        assert read_record(Stored.parse(to_json(record.to_json()).encode())) == record


# ---- text


@CASES
@given(TEXTS)
def test_visible_text_stays_as_it_is(text: str) -> None:
    shown = plain(text)
    shown.encode()
    assert plain(shown) == shown
    assert not UNSEEN & set(shown)
    assert "\u200d\u200d" not in shown


def test_nothing_unseen_passes_for_visible() -> None:
    """Texts that are all visible are not looked through again: so each character of Unicode is tried."""
    through = {character for character in map(chr, range(sys.maxunicode + 1)) if visible(f"a{character}a") == f"a{character}a"}
    assert not through & (UNSEEN | set(map(chr, range(0xE0000, 0xE1000))))
    assert {"a", " ", "é", "漢", "👩", "\u0301", "\ufe0f"} <= through


@CASES
@given(JSON_VALUES)
def test_json_loses_nothing_and_shows_nothing_unseen(value: Any) -> None:
    try:
        text = to_json({"value": value})
    except ValueError:
        return  # NaN and infinities are no JSON
    text.encode()
    assert not UNSEEN & set(text)
    assert json.loads(text) == json.loads(json.dumps({"value": value})), "two halves of one character become it"


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "👩‍👩‍👧", "日本語", "naïve café", "🏳️‍🌈"])
def test_the_joiners_that_spelling_needs_stay(text: str) -> None:
    assert plain(text) == text


# ---- manifests, which people write, and whose names get into reasons


@pytest.mark.parametrize("name", ["a\n\x1b[31mstage     searchable.jpg", "x" * 100_000, "漢" * 400, "../" + "x" * 100_000, "\u202egpj.exe"])
def test_the_names_of_a_manifest_do_not_get_out_of_their_line(name: str) -> None:
    world = make_world()
    identity = world.upload("uploads/home/door/x.event/manifest.json", json.dumps({"images": [name]}).encode())
    submit_upload(world.pipeline, "uploads/home/door/x.event/manifest.json", "event")
    story = world.pipeline.ledger.read(identity).story
    assert story.stage == "failed"
    assert story.reason == plain(story.reason)
    assert len(story.reason) < 1_300


def test_a_manifest_that_names_what_can_be_no_key_is_wrong() -> None:
    with pytest.raises(BadInput, match="1,023"):
        parse_manifest("uploads/home/x.event/manifest.json", json.dumps({"images": ["x" * 1_023]}).encode(), 50)
