"""What our client sends, beside what the official SDK sends to the same recorder: the same target, body and signature, to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ai_service_python_sdk.client.api.ai_service_image_api import AiServiceImageApi
from ai_service_python_sdk.client.api.ai_service_job_api import AiServiceJobApi
from ai_service_python_sdk.client.api.ai_service_video_api import AiServiceVideoApi
from ai_service_python_sdk.client.api_client import ApiClient
from ai_service_python_sdk.client.models.batch_video_request_videos import BatchVideoRequestVideos

from sightline.credentials import Credentials
from sightline.host import Host
from sightline.http import Connections
from sightline.pai.client import PaiClient
from sightline.pai.options import PaintingOptions, VideoLabelOptions
from sightline.pai.signature import authorization
from tests.fakes.recorder import Recorded, Recorder

CAPTURED = "captured from ai-service-python-sdk 1.1.5"
APP_ID, TOKEN = "2022:app", "a token"
IMAGE, VIDEO = "https://bucket.example/a b.jpg".replace(" ", "%20"), "https://bucket.example/clip.mp4"
LABELS = {"output_classification": True, "classification_top_k": 1, "output_tag": True, "tag_top_k": 5, "output_embedding": True}
CHOSEN = VideoLabelOptions()
# Of each call's answer, what it is for.
ANY: Any = {
    "job_id": 7,
    "batch_id": 8,
    "job": {},
    "jobs": [],
    "iqa_result": 50,
    "attr": [],
    "tag_result": [],
    "age_range": "3-9",
    "caption": "solo",
    "probs": [],
}
Ours = Callable[[PaiClient], object]
Theirs = Callable[[ApiClient], object]


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.stop()


@pytest.fixture
def network() -> Iterator[Connections]:
    made = Connections()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sdk(recorder: Recorder) -> Iterator[Callable[[str], ApiClient]]:
    made: list[ApiClient] = []

    def client(prefix: str = "") -> ApiClient:
        made.append(ApiClient(recorder.endpoint + prefix, APP_ID, TOKEN))
        return made[-1]

    yield client
    for each in made:
        each.pool.close()
        each.pool.join()


def well(data: Any) -> dict[str, Any]:
    return {"request_id": "r", "code": "OK", "message": "success", "data": data}


def asked(recorder: Recorder, call: Callable[[], object]) -> Recorded:
    """The one request that the call makes."""
    before = len(recorder.requests)
    call()
    assert len(recorder.requests) == before + 1
    return recorder.requests[-1]


CALLS: dict[str, tuple[Ours, Theirs]] = {
    "image quality": (lambda pai: pai.image_quality(IMAGE), lambda sdk: AiServiceImageApi(sdk).image_qa(IMAGE, "", {})),
    "an account's own model": (
        lambda pai: pai.image_quality(IMAGE, "mine"),
        lambda sdk: AiServiceImageApi(sdk).image_qa(IMAGE, "mine", {}),
    ),
    "faces": (lambda pai: pai.faces(IMAGE), lambda sdk: AiServiceImageApi(sdk).face_attr_image(IMAGE, "", {})),
    "age": (lambda pai: pai.age(IMAGE), lambda sdk: AiServiceImageApi(sdk).face_attr_image(IMAGE, "fairface", {})),
    "labels": (
        lambda pai: pai.labels(IMAGE, 5, embedding=False),
        lambda sdk: AiServiceImageApi(sdk).multi_label_image_v2(IMAGE, "", {"tag_top_k": 5, "output_embedding": False}),
    ),
    "a painting": (
        lambda pai: pai.painting_labels(IMAGE, PaintingOptions(0.5, "BLIP")),
        lambda sdk: AiServiceImageApi(sdk).multi_label_image_v2(IMAGE, "tagger", {"threshold": 0.5, "tagger_type": "BLIP"}),
    ),
    "a body": (
        lambda pai: pai.reshape_body(IMAGE, -1.5),
        lambda sdk: AiServiceImageApi(sdk).multi_label_image_v2(IMAGE, "body_reshaping", {"degree": -1.5}),
    ),
    "a watermark": (
        lambda pai: pai.remove_watermark(IMAGE),
        lambda sdk: AiServiceImageApi(sdk).multi_label_image_v2(IMAGE, "watermark_remover", {}),
    ),
    "video quality": (lambda pai: pai.video_quality(VIDEO), lambda sdk: AiServiceVideoApi(sdk).video_qa(VIDEO, "", "", {})),
    "a video's class": (
        lambda pai: pai.classify_video(VIDEO, "Ein Käfer 甲虫", CHOSEN),
        lambda sdk: AiServiceVideoApi(sdk).classify_label_video(VIDEO, "Ein Käfer 甲虫", "", LABELS),
    ),
    "qualities": (
        lambda pai: pai.video_quality_batch([VIDEO, VIDEO]),
        lambda sdk: AiServiceVideoApi(sdk).batch_video_qa([BatchVideoRequestVideos(VIDEO, "")] * 2, "", {}),
    ),
    "classes": (
        lambda pai: pai.classify_videos([(VIDEO, "one"), (VIDEO, "")], CHOSEN),
        lambda sdk: AiServiceVideoApi(sdk).batch_classify_label_video(
            [BatchVideoRequestVideos(VIDEO, "one"), BatchVideoRequestVideos(VIDEO, "")], "", LABELS
        ),
    ),
    "a job": (lambda pai: pai.job(1012), lambda sdk: AiServiceJobApi(sdk).get_async_job(1012)),
    "a batch": (lambda pai: pai.batch(14), lambda sdk: AiServiceJobApi(sdk).get_batch_job_with_id(14)),
}


@pytest.mark.contract(CAPTURED)
@pytest.mark.parametrize("name", CALLS)
def test_a_request_is_the_sdks(recorder: Recorder, network: Connections, sdk: Callable[[str], ApiClient], name: str) -> None:
    ours, theirs = CALLS[name]
    recorder.answer = well("aGk=" if name in ("a body", "a watermark") else ANY)
    mine = asked(recorder, lambda: ours(PaiClient(Host(network), recorder.endpoint, APP_ID, TOKEN)))
    official = asked(recorder, lambda: theirs(sdk("")))
    assert (mine.method, mine.target, mine.body) == (official.method, official.target, official.body)
    for header in ("authorization", "accept", "content-type"):
        assert mine.headers[header] == official.headers[header], header


@pytest.mark.contract(CAPTURED + ": a path before the API's own is sent, and not signed")
def test_a_host_with_a_path(recorder: Recorder, network: Connections, sdk: Callable[[str], ApiClient]) -> None:
    recorder.answer = well(ANY)
    mine = asked(recorder, lambda: PaiClient(Host(network), f"{recorder.endpoint}/pai/", APP_ID, TOKEN).image_quality(IMAGE))
    official = asked(recorder, lambda: AiServiceImageApi(sdk("/pai/")).image_qa(IMAGE, "", {}))
    assert mine.target == official.target == "/pai/api/v1/images"
    assert mine.headers["authorization"] == official.headers["authorization"]


@pytest.mark.contract(CAPTURED + ": its request of a video answers `text` with the title, and a post has none; the seed says it has")
def test_the_text_of_a_post_is_sent_though_the_sdk_loses_it(
    recorder: Recorder, network: Connections, sdk: Callable[[str], ApiClient]
) -> None:
    recorder.answer = well(ANY)
    client = PaiClient(Host(network), recorder.endpoint, APP_ID, TOKEN)
    mine = asked(recorder, lambda: client.classify_post(VIDEO, [IMAGE], "a day at sea", CHOSEN))
    official = asked(
        recorder, lambda: AiServiceVideoApi(sdk("")).multimodal_classify(VIDEO, [IMAGE], "a day at sea", "multi_modal_tag", LABELS)
    )
    sent, of_sdk = json.loads(mine.body), json.loads(official.body)
    assert sent.pop("text") == "a day at sea"
    assert "text" not in of_sdk
    assert json.dumps(sent).encode() == official.body
    assert mine.headers["authorization"] == authorization(Credentials(APP_ID, TOKEN), "POST", "/api/v1/videos", mine.body)
    assert official.headers["authorization"] == authorization(Credentials(APP_ID, TOKEN), "POST", "/api/v1/videos", official.body)
