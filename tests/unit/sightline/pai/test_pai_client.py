"""PAI's client over a scripted host: typed answers, the table of errors, and answers that nobody promised."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.errors import BadInput, KeyRefused, ModelNotFound, ServiceRefused, ServiceUnreachable, SightlineError, UnusableAnswer
from sightline.host import Host
from sightline.pai.client import AnalysisJob, PaiClient
from sightline.pai.results import Age, Face, ImageLabels, ImageQuality, PaintingLabels, Picture, Tag, VideoLabels, VideoQuality
from tests.fakes.over_httpx import OverHttpx

SEED = "the SDK's documentation, sample responses"
ERRORS = "the SDK's documentation, 'Error codes'"
TOKEN = "the-secret-token"
IMAGE, VIDEO = "https://bucket.example/a.jpg", "https://bucket.example/a.mp4"


class Pai:
    """Says one thing; remembers how often it was asked."""

    def __init__(self, document: Any, status: int = 200) -> None:
        self._content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self._status = status
        self.requests: list[httpx.Request] = []
        host = Host(OverHttpx(httpx.MockTransport(self._answer)), sleep=lambda _: None)
        self.client = PaiClient(host, "http://pai.example", "the-app-id", TOKEN)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, content=self._content)


def says(data: Any, **more: Any) -> PaiClient:
    return Pai({"request_id": "r", "code": "OK", "message": "success", "data": data, **more}).client


@pytest.mark.contract(SEED)
def test_the_quality_of_an_image() -> None:
    assert says({"image_height": 214, "image_width": 398, "iqa_result": 66.88}).image_quality(IMAGE) == ImageQuality(66.88, 398, 214)
    assert says({"image_height": "214", "iqa_result": "66.88"}).image_quality(IMAGE) == ImageQuality(66.88, None, 214)


@pytest.mark.contract(SEED)
def test_faces() -> None:
    shape = {"FaceShape": {"Oval": 0.9266}, "Tied hair": 0.3054}
    told = {"attr": [{**shape, "bbox": [91, 0, 430, 452], "face_score": 3.2431, "index": 0}, {"bbox": "none"}]}
    assert says(told).faces(IMAGE) == [Face((91, 0, 430, 452), 0, 3.2431, shape)]
    assert says({"attr": []}).faces(IMAGE) == []


@pytest.mark.contract("our assumption: the laptop cloud tells in `notes` what it did not do; PAI has no such field")
def test_notes_are_told() -> None:
    assert says({"iqa_result": 1, "notes": ["colours do nothing here", 3]}).image_quality(IMAGE).notes == ["colours do nothing here"]
    (face,) = says({"attr": [{"bbox": [0, 0, 1, 1]}], "notes": ["no shape"]}).faces(IMAGE)
    assert face.notes == ["no shape"]
    assert says({"iqa_result": 1, "notes": "none"}).image_quality(IMAGE).notes == ()


@pytest.mark.contract(SEED)
def test_an_age() -> None:
    assert says({"age_range": "3-9", "age_range_prob": 0.9525}).age(IMAGE) == Age("3-9", 0.9525)


@pytest.mark.contract(SEED)
def test_labels_of_an_image() -> None:
    tags = [{"score": 0.493, "tag": "Woman"}, {"score": "0.505", "tag": "Smile"}, {"score": None, "tag": "?"}, {"tag": ["x"]}]
    told = {"image_height": 510, "image_width": 516, "tag_result": tags, "embedding_result": "0.5,-1.25"}
    assert says(told).labels(IMAGE) == ImageLabels([Tag("Smile", 0.505), Tag("Woman", 0.493)], [0.5, -1.25], 516, 510)
    assert says({"tag_result": [], "embedding_result": "0.5,,1"}).labels(IMAGE).embedding == ()


@pytest.mark.contract(SEED)
def test_labels_of_a_painting() -> None:
    told = {"caption": "sensitive, 1girl, solo", "probs": [1.1920928955078125e-07, 4.76837158203125e-07]}
    expected = PaintingLabels("sensitive, 1girl, solo", ["sensitive", "1girl", "solo"], [1.1920928955078125e-07, 4.76837158203125e-07])
    assert says(told).painting_labels(IMAGE) == expected


@pytest.mark.contract(SEED)
def test_an_image_that_was_changed() -> None:
    picture = bytes(range(256))
    client = says(base64.encodebytes(picture).decode())
    assert client.reshape_body(IMAGE, 1.5) == client.remove_watermark(IMAGE) == Picture(picture)


@pytest.mark.contract("our assumption: the laptop cloud's own, beside the documented fields, since a picture is `data` whole")
def test_what_is_said_of_an_image_that_was_changed() -> None:
    said = says(base64.b64encode(b"clean").decode(), notes=["no mark was found", 7, "a" * 400])
    assert said.remove_watermark(IMAGE) == Picture(b"clean", ["no mark was found", "a" * 300])


@pytest.mark.contract(SEED)
def test_a_job_that_runs_and_one_that_is_done() -> None:
    job = {"Result": "", "app_id": "2022", "create_time": "2022-09-07T14:03:33.8+08:00", "id": 1012}
    assert says({"job": {**job, "message": "video downloading", "state": 1}}).job(1012) == AnalysisJob(1012, "running", "video downloading")
    result = '{"avg_fps":30,"duration":14,"height":1920,"single_img":0.74072265625,"video_score":20.57750291278764,"width":1080}'
    done = says({"job": {**job, "message": "success", "state": "2", "Result": result}}).job(1012)
    assert done == AnalysisJob(1012, "done", "success", "", VideoQuality(20.57750291278764, 30, 14, 0.74072265625, 1080, 1920))


@pytest.mark.contract(SEED)
def test_a_batch() -> None:
    result = (
        '{"classification_result":[{"class":"Lifestyle","score":0.998}],"duration":14.63,"embedding_result":"0.998,0.0,0.002",'
        '"tag_result":[{"score":0.917,"tag":"Potted plant"},{"score":0.777,"tag":"Plant"}],"video_height":1280,"video_width":720}\n'
    )
    jobs = [
        {"Result": result, "batch_id": 13, "id": 4090, "message": "success", "object": "https://x/1.mp4", "state": 2},
        {"Result": "", "batch_id": 13, "id": 4091, "message": "", "object": "https://x/2.mp4", "state": 0},
    ]
    labels = VideoLabels([Tag("Lifestyle", 0.998)], [Tag("Potted plant", 0.917), Tag("Plant", 0.777)], [0.998, 0, 0.002], 14.63, 720, 1280)
    assert says({"jobs": jobs}).batch(13) == [
        AnalysisJob(4090, "done", "success", "https://x/1.mp4", labels),
        AnalysisJob(4091, "waiting", "", "https://x/2.mp4"),
    ]


@pytest.mark.contract(SEED + ": a post without a video has empty texts for its length and size")
def test_a_post_without_a_video() -> None:
    result = (
        '{"classification_result":[],"duration":"","embedding_result":"0.915,0.882","tag_result":[],"video_height":"","video_width":""}'
    )
    told = says({"job": {"id": 5, "state": 2, "message": "success", "Result": result}}).job(5).result
    assert told == VideoLabels([], [], [0.915, 0.882], None, None, None)


@pytest.mark.parametrize("length", [0, -1, "-0.5"])
def test_a_length_that_none_has_is_none(length: Any) -> None:
    result = json.dumps({"video_score": 5, "duration": length})
    assert says({"job": {"id": 5, "state": 2, "message": "success", "Result": result}}).job(5).result == VideoQuality(5)


@pytest.mark.contract(ERRORS + ", result query errors")
def test_a_video_that_could_not_be_fetched() -> None:
    message = "failed to download video, err=fetch resource failed\tcode = 404"
    job = says({"job": {"id": 5, "state": 3, "message": message, "Result": ""}}).job(5)
    assert (job.state, job.message, job.result) == ("failed", message.replace("\t", " "), None)


@pytest.mark.parametrize("state", [None, 4, -1, "done", [], 2.5])
def test_an_unknown_state_counts_as_running(state: Any) -> None:
    job = says({"job": {"id": 5, "state": state, "Result": '{"video_score": 5}'}}).job(5)
    assert (job.state, job.result) == ("running", None)
    assert "no known state" in job.message


def refused(status: int, code: str, message: str, kind: type[ServiceRefused] = ServiceRefused) -> ServiceRefused:
    pai = Pai({"request_id": "r-1", "code": code, "message": message, "data": None}, status)
    with pytest.raises(kind) as raised:
        pai.client.image_quality(IMAGE)
    assert len(pai.requests) == 1
    assert TOKEN not in str(raised.value)
    assert (raised.value.retryable, raised.value.request_id) == (False, "r-1")
    return raised.value


@pytest.mark.contract(ERRORS)
def test_a_refused_field_is_named() -> None:
    assert "image: image is empty" in str(refused(400, "PARAMETER_ERROR", "image is empty"))
    go = "Unmarshal type error: expected=string, got=number, field=image, offset=42, internal=json: cannot unmarshal number"
    assert "image: Unmarshal" in str(refused(400, "PARAMETER_ERROR", go))
    assert "404 PARAMETER_ERROR: no such job" in str(refused(404, "PARAMETER_ERROR", "no such job"))


@pytest.mark.contract(ERRORS)
@pytest.mark.parametrize(("status", "message"), [(401, "sign error"), (400, "note found appid"), (400, "not found appid")])
def test_a_key_that_is_not_taken(status: int, message: str) -> None:
    error = refused(status, "PARAMETER_ERROR", message, KeyRefused)
    assert "compare both with the Multimedia Analysis page" in str(error)
    assert message in str(error)


@pytest.mark.contract(ERRORS)
def test_a_model_that_is_not_deployed() -> None:
    error = refused(404, "PARAMETER_ERROR", "model not found", ModelNotFound)
    assert not error.missing
    assert error.took_no_effect


@pytest.mark.contract(ERRORS)
def test_a_model_that_failed() -> None:
    assert "no image in there" in str(refused(422, "SERVER_ERROR", "no image in there"))


@pytest.mark.contract("captured from ai-service-python-sdk 1.1.5, which takes a 200 with another code for a success")
def test_an_error_that_is_told_with_status_200() -> None:
    assert "200 SERVER_ERROR: later" in str(refused(200, "SERVER_ERROR", "later"))


@pytest.mark.parametrize(("status", "asked"), [(500, 4), (503, 4), (429, 4), (502, 4)])
def test_a_question_to_a_broken_service_is_asked_again(status: int, asked: int) -> None:
    pai = Pai(b"<html>Bad gateway</html>", status)
    with pytest.raises(ServiceRefused) as raised:
        pai.client.image_quality(IMAGE)
    assert raised.value.retryable
    assert len(pai.requests) == asked


SUBMITS: list[Callable[[PaiClient], object]] = [
    lambda pai: pai.video_quality(VIDEO),
    lambda pai: pai.classify_video(VIDEO),
    lambda pai: pai.video_quality_batch([VIDEO]),
    lambda pai: pai.classify_videos([(VIDEO, "")]),
    lambda pai: pai.classify_post("", [IMAGE], "text"),
]


@pytest.mark.parametrize("submit", SUBMITS)
def test_a_submit_is_never_repeated(submit: Callable[[PaiClient], object]) -> None:
    for content, status in ((b"<html>", 502), (b"{}", 500), (b"<html>", 200), (b'{"code":"OK","data":{"job_id":[1],"batch_id":-1}}', 200)):
        pai = Pai(content, status)
        with pytest.raises(ServiceRefused):
            submit(pai.client)
        assert len(pai.requests) == 1


def test_an_id_may_come_as_text() -> None:
    assert says({"job_id": "12"}).video_quality(VIDEO) == 12
    assert says({"batch_id": 9007199254740993}).video_quality_batch([VIDEO]) == 9007199254740993


@pytest.mark.parametrize("data", [None, "", [], {}, {"job": None, "jobs": None}, 7, {"iqa_result": "good"}, "not base64!"])
def test_an_answer_without_what_it_is_for_is_unusable(data: Any) -> None:
    client = says(data)
    for call in (
        lambda: client.image_quality(IMAGE),
        lambda: client.faces(IMAGE),
        lambda: client.age(IMAGE),
        lambda: client.labels(IMAGE),
        lambda: client.painting_labels(IMAGE),
        lambda: client.remove_watermark(IMAGE),
        lambda: client.job(1),
        lambda: client.batch(1),
    ):
        with pytest.raises(UnusableAnswer):
            call()


@pytest.mark.parametrize("address", ["", "a.jpg", "oss://bucket/a.jpg", "file:///etc/passwd", "https://", "https://x/a b", "https://x/\n"])
def test_an_address_that_can_not_be_fetched_is_named_before_anything_is_sent(address: str) -> None:
    pai = Pai({})
    with pytest.raises(BadInput, match="image"):
        pai.client.image_quality(address)
    with pytest.raises(BadInput, match="video_url"):
        pai.client.classify_video(address)
    with pytest.raises(BadInput, match=r"videos\[1\].url"):
        pai.client.video_quality_batch([VIDEO, address])
    with pytest.raises(BadInput, match=r"images\[0\]"):
        pai.client.classify_post("", [address], "text")
    assert pai.requests == []


def test_an_empty_batch_and_an_empty_post_are_named() -> None:
    pai = Pai({})
    with pytest.raises(BadInput, match="videos"):
        pai.client.classify_videos([])
    with pytest.raises(BadInput, match="video_url"):
        pai.client.classify_post("", [], "words alone")
    with pytest.raises(BadInput, match="job_id"):
        pai.client.job(-1)
    assert pai.requests == []


def test_an_address_without_an_answer() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    host = Host(OverHttpx(httpx.MockTransport(refuse)), sleep=lambda _: None)
    with pytest.raises(ServiceUnreachable) as raised:
        PaiClient(host, "pai.example", "app", TOKEN).image_quality(IMAGE)
    assert raised.value.took_no_effect


NAMES = (
    *("attr", "bbox", "index", "tag_result", "tag", "class", "score", "embedding_result", "job", "jobs", "state", "Result", "id"),
    *("iqa_result", "caption", "probs", "age_range", "message", "object", "video_score", "classification_result", "width"),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "1e999", "[" * 3000, "1,2,3"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(["code", "message", "request_id", "data"]), JSON_VALUES), st.sampled_from([200, 400, 404, 422]))
def test_no_answer_raises_anything_but_the_error_tree(document: dict[str, Any], status: int) -> None:
    client = Pai(document, status).client
    calls: list[Callable[[], object]] = [
        lambda: client.image_quality(IMAGE),
        lambda: client.faces(IMAGE),
        lambda: client.age(IMAGE),
        lambda: client.labels(IMAGE),
        lambda: client.painting_labels(IMAGE),
        lambda: client.remove_watermark(IMAGE),
        lambda: client.video_quality(VIDEO),
        lambda: client.job(1),
        lambda: client.batch(1),
    ]
    for call in calls:
        with suppress(SightlineError):
            repr(call()).encode()
