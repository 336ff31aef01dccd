"""PAI with its real engines in its real processes, on media of the laptop cloud's own OSS."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import oss2
import psutil
import pytest
from ai_service_python_sdk.client.models.batch_video_request_videos import BatchVideoRequestVideos
from ai_service_python_sdk.client.rest import ApiException

from engines.understanding.reading import Reader
from localcloud.cloud import LaptopCloud
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from tests.contract.pai.service import sdk_of
from tests.fakes.model_server import Answered
from tests.fakes.vision_server import VisionServer, says
from tests.faults.null_engine import NullEngine
from tests.unit.engines.media import write_video

SEED = "Multimedia analysis SDK for Python: the fields of the answers"
CLEAN = np.full((360, 640, 3), (150, 120, 90), np.uint8)
MARKED = cv2.putText(CLEAN.copy(), "SAMPLE", (440, 335), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3, cv2.LINE_AA)


def answer(request: dict[str, Any]) -> Answered:
    """What a vision model would say, by the schema that it is asked for."""
    task = request["messages"][0]["content"]
    if "age_range" in task:
        return says('{"age_range": "30-39"}')
    return says('{"tags": ["1girl", "solo"]}' if '"tags"' in task else '{"classes": ["Travel", "Lifestyle"]}')


@pytest.fixture(scope="module")
def vision() -> Iterator[VisionServer]:
    made = VisionServer()
    made.behaviour = answer
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, vision: VisionServer) -> Iterator[LaptopCloud]:
    engine = EngineSettings(vision_base_url=vision.base_url, vision_model="some-vl-model")
    made = LaptopCloud(tmp_path_factory.mktemp("cloud"), Place(), engine, understanding=NullEngine())
    made.start()
    yield made
    made.stop()
    assert [child for child in psutil.Process().children() if "localcloud.ims.understanding.worker" in child.cmdline()] == []


@pytest.fixture(scope="module")
def urls(cloud: LaptopCloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Signed addresses: a sharp picture, the same one blurred, one with words in a corner, a clip, and what is none of them."""
    folder = tmp_path_factory.mktemp("media")
    blocks = cv2.resize(np.random.default_rng(3).integers(0, 255, (24, 32, 3), np.uint8), (640, 480), interpolation=cv2.INTER_NEAREST)
    frames = [np.roll(blocks, 9 * number, axis=1) for number in range(15)]
    contents = {
        "sharp.png": cv2.imencode(".png", blocks)[1].tobytes(),
        "blurred.png": cv2.imencode(".png", cv2.GaussianBlur(blocks, (0, 0), 6))[1].tobytes(),
        "marked.png": cv2.imencode(".png", MARKED)[1].tobytes(),
        "clip.mp4": write_video(folder / "clip.mp4", frames).read_bytes(),
        "text.jpg": b"no picture, and no video",
    }
    key = cloud.keyring.account
    bucket = oss2.Bucket(oss2.Auth(key.access_key_id, key.access_key_secret), cloud.endpoint, "analysis")
    bucket.create_bucket()
    for name, content in contents.items():
        bucket.put_object(name, content)
    return {name: bucket.sign_url("GET", name, 600) for name in contents}


@pytest.mark.slow
@pytest.mark.contract(SEED)
def test_pictures(cloud: LaptopCloud, urls: dict[str, str]) -> None:
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        sharp, blurred = (sdk.images.image_qa(urls[name], "", {}).data for name in ("sharp.png", "blurred.png"))
        assert (sharp["image_width"], sharp["image_height"]) == (640, 480)
        assert 0 <= blurred["iqa_result"] < sharp["iqa_result"] <= 100
        assert sdk.images.face_attr_image(urls["sharp.png"], "", {}).data == {"attr": []}
        labels = sdk.images.multi_label_image_v2(urls["sharp.png"], "", None).data
        assert len(labels["embedding_result"].split(",")) == 512
        with pytest.raises(ApiException) as refusal:
            sdk.images.image_qa(urls["text.jpg"], "", {})
        assert (refusal.value.status, json.loads(refusal.value.body)["code"]) == (422, "SERVER_ERROR")


@pytest.mark.slow
@pytest.mark.contract("our choice: a picture's caller waits a second or two, also while videos are looked at; ten on a busy machine")
def test_videos_and_a_picture_meanwhile(cloud: LaptopCloud, urls: dict[str, str]) -> None:
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        sdk.images.image_qa(urls["sharp.png"], "", {})
        videos = [BatchVideoRequestVideos(urls["clip.mp4"], ""), BatchVideoRequestVideos(urls["text.jpg"], "")]
        batch = sdk.videos.batch_video_qa(videos, "", {}).data["batch_id"]
        single = sdk.videos.classify_label_video(urls["clip.mp4"], "", "", {}).data["job_id"]
        began = time.monotonic()
        sdk.images.image_qa(urls["sharp.png"], "", {})
        assert time.monotonic() - began < 10

        good, bad = sdk.ended_batch(batch)
        quality = json.loads(good["Result"])
        assert (quality["width"], quality["height"], quality["avg_fps"]) == (640, 480, 10)
        assert (bad["state"], bad["Result"]) == (3, "")
        labels = json.loads(sdk.ended(single)["Result"])
        assert len(labels["embedding_result"].split(",")) == 64
        assert (labels["video_width"], labels["video_height"]) == (640, 480)


@pytest.mark.slow
@pytest.mark.contract(SEED)
def test_what_a_vision_endpoint_does(cloud: LaptopCloud, urls: dict[str, str]) -> None:
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        age = sdk.images.face_attr_image(urls["sharp.png"], "fairface", {}).data
        assert age == {"age_range": "30-39", "age_range_prob": 0.5}
        assert sdk.images.multi_label_image_v2(urls["sharp.png"], "tagger", {"threshold": 0.5}).data["caption"] == "1girl, solo"
        configure = {"output_classification": True, "classification_top_k": 1}
        post = sdk.videos.multimodal_classify(urls["clip.mp4"], [urls["sharp.png"]], "words", "multi_modal_tag", configure)
        result = json.loads(sdk.ended(post.data["job_id"])["Result"])
        assert result["classification_result"] == [{"class": "Travel", "score": 0.5}]
        assert len(result["embedding_result"].split(",")) == 32
        assert (result["video_width"], result["video_height"]) == (640, 480)


@pytest.mark.slow
@pytest.mark.contract(f"{SEED}: the picture comes in base64")
def test_pictures_that_are_made(cloud: LaptopCloud, urls: dict[str, str]) -> None:
    with sdk_of(cloud.endpoint, cloud.keyring.account) as sdk:
        with pytest.raises(ApiException) as nobody:
            sdk.images.multi_label_image_v2(urls["sharp.png"], "body_reshaping", {"degree": -1.5})
        assert (nobody.value.status, b"no person was found" in nobody.value.body) == (422, True)
        if not Reader.available():
            pytest.skip("the `ocr` extra is not installed")
        content = base64.b64decode(sdk.images.multi_label_image_v2(urls["marked.png"], "watermark_remover", {}).data, validate=True)
        made = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert made is not None
        assert cv2.PSNR(made, CLEAN) > cv2.PSNR(MARKED, CLEAN) + 10
