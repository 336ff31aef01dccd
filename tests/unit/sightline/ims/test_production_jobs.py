"""What a query says of a production job, in the shapes of the samples, with their slips, and in shapes that nobody promised."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.credentials import Credentials
from sightline.errors import BadInput, ServiceRefused, SightlineError, UnusableAnswer
from sightline.host import Host
from sightline.ims.production.client import ProductionClient, ProductionJob, ProductionRequest
from sightline.ims.production.results import (
    Beats,
    CoverImage,
    MusicSegment,
    cover_images,
    music_segments,
    quality_scores,
    read_beats,
)
from sightline.ims.transport import ImsTransport
from tests.fakes.over_httpx import OverHttpx

QUERY = "QueryIProductionJob of IMS and of MPS, samples of Result; the SDK's model of the answer"


def client(document: Any, status: int = 200) -> ProductionClient:
    body = json.dumps(document).encode()
    host = Host(OverHttpx(httpx.MockTransport(lambda request: httpx.Response(status, content=body))), sleep=lambda _: None)
    return ProductionClient(ImsTransport(host, lambda: Credentials("id", "secret"), "http://ims.example"), "")


def ask(**answer: Any) -> ProductionJob:
    return client({"JobId": "j", "RequestId": "r", **answer}).query("j")


def done(function: str, result: str, **more: Any) -> ProductionJob:
    return ask(Status="Success", FunctionName=function, Result=result, **more)


def wrapped(data: str) -> str:
    return json.dumps({"Code": "Success", "Message": "Successful.", "Data": data})


@pytest.mark.contract("Status: 'Analysing' in older pages and Alibaba's script, 'Analyzing' in a newer translation")
@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("Queuing", "Queuing"),
        ("Analysing", "Analysing"),
        ("Analyzing", "Analysing"),
        ("ANALYZING", "Analysing"),
        (" success ", "Success"),
        ("Fail", "Fail"),
    ],
)
def test_the_states(told: str, state: str) -> None:
    job = ask(Status=told, UserData="u")
    assert (job.state, job.user_data, job.reason) == (state, "u", "the service gave no reason" if state == "Fail" else "")


@pytest.mark.parametrize("told", ["Suspended", "", None, 3, ["Success"], "\ud800", "成功"])
def test_an_unknown_state_counts_as_running(told: Any) -> None:
    job = ask(Status=told, UserData="u", Result="{}", OutputFiles=["a"])
    assert (job.state, job.outputs, job.details) == ("Analysing", (), None)
    assert "no known state" in job.reason


@pytest.mark.parametrize("answer", [{}, {"Status": None}, {"Status": "", "UserData": ""}, {"Status": []}])
def test_an_answer_that_tells_nothing_is_asked_for_again(answer: dict[str, Any]) -> None:
    with pytest.raises(UnusableAnswer, match="Status") as raised:
        ask(**answer)
    assert raised.value.retryable


@pytest.mark.contract(QUERY)
@pytest.mark.parametrize(
    "outputs",
    [
        {"OutputFiles": ["derived/a 1.png", "derived/b.png"]},
        {"OutputFiles": ["oss://media/derived/a 1.png", "oss://media/derived/b.png", "oss://media/derived/b.png"]},
        {"OutputFiles": '["derived/a 1.png", "derived/b.png"]'},
        {
            "OutputFiles": [],
            "OutputUrls": [
                "http://media.oss-cn-shanghai.aliyuncs.com/derived/a%201.png?Expires=9&OSSAccessKeyId=k&Signature=s",
                "https://media.oss-cn-shanghai.aliyuncs.com/derived%2Fb.png",
            ],
        },
        {"OutputUrls": ["http://127.0.0.1:8000/media/derived/a%201.png", "/derived/b.png"]},
        {"OutputFiles": [None, 3, "https://example.com/x", "\ud800", "", "derived/a 1.png", "derived/b.png"]},
    ],
)
def test_outputs_in_either_form_are_keys(outputs: dict[str, Any]) -> None:
    assert done("Cover", "{}", **outputs).outputs == ["derived/a 1.png", "derived/b.png"]


@pytest.mark.contract(QUERY)
def test_a_result_that_names_the_file_itself() -> None:
    job = done("VideoClip", wrapped('{"result":[{"file":"object/key"}]}'))
    assert job.outputs == ["object/key"]
    assert job.details == {"result": [{"file": "object/key"}]}


@pytest.mark.contract(QUERY)
def test_covers() -> None:
    data = '[{"Score":8.27,"Time":"28278.25","Url":"cover/b.jpg"},{"Score":"9","Time":"1000","Url":"cover/a.jpg"},{"Score":7,"Url":7}]'
    job = done("Cover", wrapped(data), OutputFiles=["cover/b.jpg", "cover/a.jpg", "cover/c.jpg"])
    assert cover_images(job) == [
        CoverImage(9, 1.0, "cover/a.jpg"),
        CoverImage(8.27, 28.27825, "cover/b.jpg"),
        CoverImage(0, None, "cover/c.jpg"),
    ]


@pytest.mark.contract(QUERY)
def test_choruses() -> None:
    data = '{"result":[{"start":139.32,"end":163.85,"title":"副歌"},{"start":39.32,"end":63.85,"title":"副歌"},{"start":9,"end":1}]}'
    assert music_segments(done("MusicSegmentDetect", wrapped(data))) == [
        MusicSegment(39.32, 63.85, "副歌"),
        MusicSegment(139.32, 163.85, "副歌"),
    ]
    assert music_segments(done("MusicSegmentDetect", wrapped('{"result":[]}'))) == []


@pytest.mark.contract("our assumption: no sample of this result is published, so it may come with or without a frame around it")
@pytest.mark.parametrize(
    "result", [wrapped('{"result":[{"score":81.5,"noise":"low","snr":"24"}]}'), '{"score":81.5,"snr":24,"noise":"low"}']
)
def test_the_quality_of_sound(result: str) -> None:
    assert quality_scores(done("AudioQualityAssessment", result)) == {"score": 81.5, "snr": 24}


@pytest.mark.contract("our assumption: a list holds an entry for each channel, and a recording is as good as its worst channel")
@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ('[{"score":81.5,"snr":24},{"score":40,"snr":9},{"score":60}]', {"score": 40, "snr": 9}),
        ('[{"Score":7,"snr":1},{"Score":"5","snr":2}]', {"Score": 5, "snr": 2}),
        ('[{"channel":0},{"channel":1,"score":90}]', {"channel": 1, "score": 90}),
        ('[{"note":"silent"},{"snr":24},{"snr":9}]', {"snr": 24}),
        ("[]", {}),
    ],
)
def test_of_several_channels_the_worst_is_told(listed: str, told: dict[str, float]) -> None:
    assert quality_scores(done("AudioQualityAssessment", wrapped(f'{{"result":{listed}}}'))) == told


@pytest.mark.contract(QUERY + ": a result without Data")
def test_a_result_that_says_all_is_well() -> None:
    job = done("VideoDetext", '{"Details":[],"Message":"success","Code":"Success"}', OutputFiles=["a.mp4"])
    assert (job.details, job.reason, job.outputs) == (None, "", ["a.mp4"])


@pytest.mark.contract(QUERY + ": a full-width colon in one, a second object glued in front in another")
@pytest.mark.parametrize(
    "result",
    [
        '{"Code"："Success","Message":"Successful.","Data":"{\\"result\\":[{\\"file\\":\\"a.srt\\"}]}"}',
        '{"Score":1}{"Message":"success","Data":"{\\"result\\":[{\\"file\\":\\"a.srt\\"}]}","Code":"Success"}',
        '{"Score":1},\n{"Message":"success","Data":{"result":{"file":"a.srt"}},"Code":"Success"}',
    ],
)
def test_the_slips_of_the_samples(result: str) -> None:
    assert done("CaptionExtraction", result).outputs == ["a.srt"]


@pytest.mark.contract(QUERY)
def test_why_a_job_failed() -> None:
    job = ask(Status="Fail", Result='{"Code":"InvalidParameter","Message":"Input.Media has no sound"}', UserData='{"media":"m"}')
    assert (job.state, job.reason, job.user_data) == ("Fail", "InvalidParameter: Input.Media has no sound", '{"media":"m"}')
    assert ask(Status="Fail", Result="out of memory").reason == "out of memory"


@pytest.mark.contract("our assumption: the laptop cloud tells in Notes what it left out; the cloud has no such field")
def test_notes_are_told() -> None:
    job = done("FaceBeauty", '{"Code":"Success","Message":"success","Notes":["face_thin is not done",3]}')
    assert job.notes == ["face_thin is not done"]


@pytest.mark.contract("AudioBeatDetection's output file: BeatList and DownBeatList")
def test_the_file_of_beats() -> None:
    assert read_beats(b'{"BeatList":["0.5",1,1.5],"DownBeatList":[0.5,-1,null]}') == Beats([0.5, 1, 1.5], [0.5])
    assert read_beats(b"<html>") is None
    assert read_beats(b"[" * 100_000) is None


@pytest.mark.parametrize("job_id", [None, {}, [], "", "a b", "x" * 129])
def test_a_submit_without_a_job_id_is_not_repeated(job_id: Any) -> None:
    with pytest.raises(UnusableAnswer, match="JobId") as raised:
        client({"JobId": job_id}).submit(ProductionRequest("VideoH2V", "oss://m/a.mp4", "oss://m/b.mp4"))
    assert not raised.value.retryable


def test_what_can_be_no_job_is_not_asked_about() -> None:
    for call in (client({}).query, client({}).cancel):
        with pytest.raises(BadInput, match="JobId"):
            call("a job")


def test_a_job_that_has_ended_can_not_be_cancelled() -> None:
    with pytest.raises(ServiceRefused, match="OperationDenied"):
        client({"Code": "OperationDenied", "Message": "the job has ended", "RequestId": "r"}, 403).cancel("j")
    client({"Message": "success", "RequestId": "r"}).cancel("j")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "1e999", "oss://", "{", "[" * 3000]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["result", "file", "Url", "Score", "Time", "start", "Data", "Code"]), inner)
    ),
    max_leaves=10,
)
FIELDS = ("Status", "FunctionName", "UserData", "OutputFiles", "OutputUrls", "Result")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["Success", "Fail", "Queuing", "?"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES | JSON_VALUES.map(json.dumps)),
)
def test_no_answer_raises_anything_but_the_error_tree(status: str, answer: dict[str, Any]) -> None:
    with suppress(SightlineError):
        job = ask(**{"Status": status, **answer})
        said = [job, *cover_images(job), *music_segments(job), quality_scores(job)]
        "".join([repr(said), *job.outputs, job.reason, job.user_data, job.function]).encode()
