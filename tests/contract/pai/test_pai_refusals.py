"""Each row of PAI's tables of errors, through the official SDK; and requests that no SDK sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from ai_service_python_sdk.client.models.batch_video_request_videos import BatchVideoRequestVideos
from ai_service_python_sdk.client.rest import ApiException

from localcloud.identity import Credential
from tests.contract.ims.cloud import Website
from tests.contract.pai.service import KEY, Pai, Scripted, Sdk, sdk_of
from tests.contract.pai.signing import raw, signed

TABLE = "Multimedia analysis SDK for Python: error codes"
OURS = "our assumption: in the form of the documented table"
URL = "http://127.0.0.1/none.jpg"


def refused(call: Callable[[], object]) -> tuple[int, str, str]:
    """The status, code and message of a refusal."""
    with pytest.raises(ApiException) as refusal:
        call()
    body = json.loads(refusal.value.body)
    assert body.keys() == {"request_id", "code", "message"}
    return refusal.value.status, body["code"], body["message"]


@pytest.mark.contract(TABLE)
def test_a_picture_that_is_not_named(sdk: Sdk) -> None:
    assert refused(lambda: sdk.images.image_qa("", "", {})) == (400, "PARAMETER_ERROR", "image is empty")


@pytest.mark.contract(f"{TABLE}: the two spellings")
def test_an_app_id_that_nobody_has(pai: Pai) -> None:
    for app_id in ("another", "", "2022:app:", "2022"):
        with sdk_of(pai.endpoint, Credential(app_id, KEY.access_key_secret)) as stranger:
            assert refused(lambda s=stranger: s.images.image_qa(URL, "", {})) == (400, "PARAMETER_ERROR", "note found appid")  # type: ignore[misc]
            assert refused(lambda s=stranger: s.videos.video_qa(URL, "", "", {})) == (400, "PARAMETER_ERROR", "not found appid")  # type: ignore[misc]
            assert refused(lambda s=stranger: s.videos.batch_video_qa([], "", {}))[2] == "not found appid"  # type: ignore[misc]
            assert refused(lambda s=stranger: s.jobs.get_async_job(1))[2] == "not found appid"  # type: ignore[misc]
            assert refused(lambda s=stranger: s.jobs.get_batch_job(1))[2] == "not found appid"  # type: ignore[misc]


@pytest.mark.contract(TABLE)
def test_a_token_that_is_wrong(pai: Pai) -> None:
    with sdk_of(pai.endpoint, Credential(KEY.access_key_id, "guessed")) as stranger:
        calls = (
            lambda: stranger.images.image_qa(URL, "", {}),
            lambda: stranger.videos.video_qa(URL, "", "", {}),
            lambda: stranger.jobs.get_async_job(1),
            lambda: stranger.jobs.get_batch_job(1),
        )
        for call in calls:
            assert refused(call) == (401, "PARAMETER_ERROR", "sign error")
    assert pai.analysis.asked == []


@pytest.mark.contract(f"{TABLE}; where a value ends in the SDK's own request")
def test_a_picture_of_a_wrong_type(sdk: Sdk) -> None:
    sent = '{"action": "ImageQA", "image": 12345'
    expected = (
        f"Unmarshal type error: expected=string, got=number, field=image, offset={len(sent)}, "
        "internal=json: cannot unmarshal number into Go struct field ImageRequest.image of type string"
    )
    assert refused(lambda: sdk.images.image_qa(12345, "", {})) == (400, "PARAMETER_ERROR", expected)


@pytest.mark.contract("our assumption: the other fields are told as the documented one is, in the words of Go's encoding/json")
@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("images", '{"image": {"url": 1}}', "expected=string, got=object, field=image, offset=11"),
        ("images", '{"image":"é","configure":[1]}', "expected=map[string]interface {}, got=array, field=configure, offset=27"),
        ("videos", '{"video_url":true}', "expected=string, got=bool, field=video_url, offset=17"),
        ("videos", '{"images":["a", 3.5]}', "expected=string, got=number, field=images, offset=19"),
        ("batch_videos", '{"videos":"u"}', "expected=[]BatchVideoRequestVideos, got=string, field=videos, offset=13"),
        ("batch_videos", '{"videos":[{"url":"a"},{"url":2}]}', "expected=string, got=number, field=videos.url, offset=31"),
        ("videos", "[]", "expected=VideoRequest, got=array, field=, offset=1"),
    ],
)
def test_other_values_of_a_wrong_type(pai: Pai, path: str, body: str, said: str) -> None:
    answer = raw(pai, "POST", f"/api/v1/{path}", body.encode())
    assert answer.status_code == 400
    assert answer.json()["code"] == "PARAMETER_ERROR"
    assert answer.json()["message"].startswith(f"Unmarshal type error: {said}, internal=json: cannot unmarshal ")


@pytest.mark.contract(OURS)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"image": 1' + b"0" * 9999 + b"}"], ids=range(5))
def test_a_body_that_is_no_json(pai: Pai, body: bytes) -> None:
    answer = raw(pai, "POST", "/api/v1/images", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_ERROR")
    assert answer.json()["message"].startswith("Syntax error: offset=")


@pytest.mark.contract(TABLE)
def test_a_model_that_is_not_deployed(pai: Pai, sdk: Sdk) -> None:
    videos = [BatchVideoRequestVideos(URL, "")]
    calls = (
        lambda: sdk.images.image_qa(URL, "mine", {}),
        lambda: sdk.images.face_attr_image(URL, "tagger", {}),
        lambda: sdk.videos.video_qa(URL, "", "mine", {}),
        lambda: sdk.videos.multimodal_classify(URL, [], "text", "", {}),
        lambda: sdk.videos.batch_video_qa(videos, "mine", {}),
    )
    for call in calls:
        assert refused(call) == (404, "PARAMETER_ERROR", "model not found")
    assert pai.analysis.asked == []


@pytest.mark.contract(f"{TABLE}; that these are not deployed without a vision endpoint is our choice")
def test_what_only_a_vision_endpoint_can_do(tmp_path: Any, website: Website) -> None:
    pai = Pai(tmp_path, Scripted(has_vision=False))
    try:
        with sdk_of(pai.endpoint) as sdk:
            url = website.put("1.jpg", "1")
            for call in (
                lambda: sdk.images.face_attr_image(url, "fairface", {}),
                lambda: sdk.images.multi_label_image_v2(url, "tagger", {}),
            ):
                assert refused(call) == (404, "PARAMETER_ERROR", "model not found")
            assert sdk.images.face_attr_image(url, "", {}).code == "OK"
    finally:
        pai.stop()


@pytest.mark.contract(f"{TABLE}; the actions are those of ai-service-python-sdk 1.1.5")
def test_actions_that_are_not_here(sdk: Sdk, website: Website) -> None:
    url = website.put("1.jpg", "1")
    names = ("ocr_image", "classify_image", "multi_label_image", "detect_classify_image", "face_recognition_image")
    for name in (*names, "scan_image", "face_beauty_image"):
        assert refused(lambda name=name: getattr(sdk.images, name)(url, "", {})) == (404, "PARAMETER_ERROR", "model not found")  # type: ignore[misc]


@pytest.mark.contract(f"{TABLE}; the paths are those of ai-service-python-sdk 1.1.5")
@pytest.mark.parametrize("path", ["text", "aigc_images/check", "aigc_images/train", "aigc_images/sd", "ai_creation", "llm/eval_judger"])
def test_classes_of_the_sdk_that_are_not_here(pai: Pai, path: str) -> None:
    answer = raw(pai, "POST", f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["message"]) == (404, "model not found")


@pytest.mark.contract(TABLE)
def test_a_model_that_fails_says_why(sdk: Sdk, website: Website) -> None:
    url = website.put("1.jpg", "refuse the picture is torn")
    assert refused(lambda: sdk.images.image_qa(url, "", {})) == (422, "SERVER_ERROR", "the picture is torn")


@pytest.mark.contract(f"{OURS}: a picture that can't be fetched is the model's error, in the words for a video")
def test_a_picture_that_can_not_be_fetched(sdk: Sdk, website: Website) -> None:
    said = refused(lambda: sdk.images.image_qa(f"{website.address}/gone.jpg", "", {}))
    assert said == (422, "SERVER_ERROR", "failed to download image, err=fetch resource failed\tcode = 404")
    status, code, message = refused(lambda: sdk.images.image_qa("oss://bucket/key.jpg?Signature=secret", "", {}))
    assert (status, code, message) == (422, "SERVER_ERROR", "failed to download image, err=it is no http or https URL")


@pytest.mark.contract("our assumption: what is advised as the largest size is the largest")
def test_a_picture_that_is_too_large(pai: Pai, sdk: Sdk, website: Website) -> None:
    url = website.put("1.jpg", b"0" * (5 * 1024**2 + 1)) + "?Signature=secret"
    status, _, message = refused(lambda: sdk.images.image_qa(url, "", {}))
    assert status == 422
    assert "larger than 5242880 bytes" in message
    assert "secret" not in message
    assert pai.analysis.asked == []


@pytest.mark.contract(f"{OURS}: a fault of the service is told as JSON, and no more of it than that")
def test_a_fault_of_our_own(sdk: Sdk, website: Website) -> None:
    status, code, message = refused(lambda: sdk.images.image_qa(website.put("1.jpg", "raise a secret"), "", {}))
    assert (status, code) == (500, "SERVER_ERROR")
    assert "secret" not in message


@pytest.mark.contract(OURS)
def test_videos_that_are_not_named(pai: Pai, sdk: Sdk) -> None:
    assert refused(lambda: sdk.videos.video_qa("", "", "", {})) == (400, "PARAMETER_ERROR", "video_url is empty")
    assert refused(lambda: sdk.videos.multimodal_classify("", [], "words", "multi_modal_tag", {}))[2] == "video_url is empty"
    assert refused(lambda: sdk.videos.multimodal_classify(URL, [""], "words", "multi_modal_tag", {}))[2] == "images has an empty entry"
    assert refused(lambda: sdk.videos.batch_video_qa([], "", {})) == (400, "PARAMETER_ERROR", "videos is empty")
    assert refused(lambda: sdk.videos.batch_video_qa([BatchVideoRequestVideos("", "")], "", {}))[2] == "video_url is empty"
    many = [BatchVideoRequestVideos(URL, "")] * 101
    assert refused(lambda: sdk.videos.batch_video_qa(many, "", {}))[2] == "videos has more than 100 entries"


@pytest.mark.contract(OURS)
def test_jobs_that_nobody_has(pai: Pai, sdk: Sdk) -> None:
    assert refused(lambda: sdk.jobs.get_async_job(1)) == (404, "PARAMETER_ERROR", "job not found")
    assert refused(lambda: sdk.jobs.get_batch_job_with_id(1)) == (404, "PARAMETER_ERROR", "batch not found")
    for job_id in ("x", "-1", "1" * 19, "%C2%B2"):
        answer = raw(pai, "POST", f"/api/v1/async_jobs/{job_id}")
        assert (answer.status_code, answer.json()["message"]) == (400, "job_id is no number")


@pytest.mark.contract(OURS)
def test_paths_and_methods_that_pai_does_not_have(pai: Pai) -> None:
    for method, path, status in (("POST", "/api/v1/none", 404), ("GET", "/api/v1/images", 405), ("GET", "/api/v1/async_jobs/1", 405)):
        answer = raw(pai, method, path, b"{}")
        assert (answer.status_code, answer.json()["code"]) == (status, "PARAMETER_ERROR")


@pytest.mark.contract("captured from ai-service-python-sdk 1.1.5: the method, the body's bytes and the path are signed")
def test_what_is_signed_can_not_be_changed(pai: Pai) -> None:
    body = b'{"action": "VideoQA", "video_url": "http://127.0.0.1/a.mp4", "video_title": "", "model_name": "", "configure": {}}'
    good = signed("POST", "/api/v1/videos", body)
    elsewhere = signed("POST", "/api/v1/batch_videos", body)
    other_method = signed("GET", "/api/v1/videos", body)
    cut = {**good, "Authorization": good["Authorization"][:-1]}

    def post(headers: Mapping[str, str | bytes], content: bytes = body, path: str = "/api/v1/videos") -> int:
        sent = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()]
        return httpx.post(pai.endpoint + path, content=content, headers=sent, trust_env=False).status_code

    assert [post(headers) for headers in (elsewhere, other_method, cut)] == [401] * 3
    assert post(good, body.replace(b"a.mp4", b"b.mp4")) == 401
    assert post(good, body + b" ") == 401
    assert post(good, path="/api/v1/batch_videos") == 401
    assert post({**good, "Authorization": f"{KEY.access_key_id}:é".encode()}) == 401
    assert (
        httpx.post(f"{pai.endpoint}/api/v1/async_jobs/1", headers=signed("POST", "/api/v1/async_jobs/1", b""), trust_env=False).json()[
            "message"
        ]
        == "job not found"
    )
    assert post(good) == 200
    assert post(good, path="/api/v1/videos?more=1") == 200


@pytest.mark.contract(f"{OURS}: an unsigned request has no AppId")
def test_a_request_that_is_not_signed(pai: Pai) -> None:
    for path, message in (("images", "note found appid"), ("videos", "not found appid"), ("async_jobs/1", "not found appid")):
        answer = httpx.post(f"{pai.endpoint}/api/v1/{path}", content=b"{}", trust_env=False)
        assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.contract(f"{OURS}: no request of PAI's is as long")
def test_a_body_that_is_too_long(pai: Pai) -> None:
    answer = raw(pai, "POST", "/api/v1/images", b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_ERROR")
