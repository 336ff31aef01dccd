"""The image calls of the seed, through the official SDK: what reaches the engines, and what comes back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ai_service_python_sdk.client.models.image_request import ImageRequest
from ai_service_python_sdk.client.rest import ApiException

from localcloud.door.server import WORKERS
from localcloud.pai import Picture
from localcloud.pai.images import AT_ONCE
from tests.contract.ims.cloud import Website, until
from tests.contract.pai.service import Pai, Sdk
from tests.contract.pai.signing import raw

OURS = "our assumption"
SEED = "Multimedia analysis SDK for Python: examples"
WD14 = "SmilingWolf/wd-v1-4-convnextv2-tagger-v2"
Call = Callable[[Any, str], Any]
CALLS: dict[str, tuple[Call, dict[str, Any]]] = {
    "image_quality": (lambda api, url: api.image_qa(url, "", {}), {}),
    "faces": (lambda api, url: api.face_attr_image(url, "", {}), {}),
    "age": (lambda api, url: api.face_attr_image(url, "fairface", {}), {}),
    "labels": (
        lambda api, url: api.multi_label_image_v2(url, "", {"tag_top_k": 5, "output_embedding": False}),
        {"tag_top_k": 5, "output_embedding": False},
    ),
    "painting": (
        lambda api, url: api.multi_label_image_v2(url, "tagger", {"threshold": 0.5, "tagger_type": WD14}),
        {"threshold": 0.5, "tagger_type": WD14},
    ),
    "reshape_body": (lambda api, url: api.multi_label_image_v2(url, "body_reshaping", {"degree": -1.5}), {"degree": -1.5}),
    "remove_watermark": (lambda api, url: api.multi_label_image_v2(url, "watermark_remover", {}), {}),
}


@pytest.mark.contract(SEED)
@pytest.mark.parametrize("task", CALLS)
def test_a_call_of_the_seed_reaches_its_engine(pai: Pai, sdk: Sdk, website: Website, task: str) -> None:
    call, options = CALLS[task]
    pai.analysis.answers[task] = "aGk=" if task in ("reshape_body", "remove_watermark") else {"iqa_result": 66.88, "attr": []}
    response = call(sdk.images, website.put("a picture.jpg".replace(" ", "%20"), "a picture"))
    assert (response.code, response.message) == ("OK", "success")
    assert uuid.UUID(response.request_id)
    assert response.data == pai.analysis.answers[task]
    (work,) = pai.analysis.asked
    assert (work.task, work.options, work.notes) == (task, options, ())
    assert pai.analysis.read == ["a picture"]


@pytest.mark.contract("Multimedia analysis SDK for Python: configure's defaults; the SDK leaves None out of a request")
@pytest.mark.parametrize(
    ("model", "defaults"),
    [
        ("", {"tag_top_k": 10, "output_embedding": True}),
        ("tagger", {"threshold": 0.5, "tagger_type": WD14}),
        ("body_reshaping", {"degree": -1.5}),
    ],
)
def test_without_configure_the_defaults_count(pai: Pai, sdk: Sdk, website: Website, model: str, defaults: dict[str, Any]) -> None:
    sdk.images.multi_label_image_v2(website.put("1.jpg", "1"), model, None)
    sdk.images.multi_label_image_v2(website.put("1.jpg", "1"), model, {})
    assert [work.options for work in pai.analysis.asked] == [defaults, defaults]


@pytest.mark.contract("our assumption: a model_name that is left out is the general-purpose model, as an empty one is")
def test_without_a_model_name_it_is_the_general_model(pai: Pai, sdk: Sdk, website: Website) -> None:
    sdk.images.image_qa(website.put("1.jpg", "1"), None, None)
    assert [work.task for work in pai.analysis.asked] == ["image_quality"]


@pytest.mark.contract("our assumption: what does nothing here is said beside the answer, not swallowed")
def test_an_unknown_key_of_configure_is_told(pai: Pai, sdk: Sdk, website: Website) -> None:
    sdk.images.image_qa(website.put("1.jpg", "1"), "", {"dpi": 300, "zoom": None})
    assert pai.analysis.asked[0].notes == ("these keys of configure do nothing here: dpi, zoom",)


@pytest.mark.contract(f"{OURS}: a picture is `data` whole, so what is said of it stands beside `data`, where the SDK reads over it")
def test_what_is_said_of_a_picture_that_was_made(pai: Pai, sdk: Sdk, website: Website) -> None:
    pai.analysis.answers["remove_watermark"] = Picture("aGVsbG8=", ("no mark was found",))
    url = website.put("1.jpg", "1")
    asked = {"action": "MultiLabelImageV2", "image": url, "model_name": "watermark_remover"}
    told = raw(pai, "POST", "/api/v1/images", json.dumps(asked).encode()).json()
    assert (told["code"], told["data"], told["notes"]) == ("OK", "aGVsbG8=", ["no mark was found"])
    assert sdk.images.multi_label_image_v2(url, "watermark_remover", {}).data == "aGVsbG8="
    pai.analysis.answers["remove_watermark"] = Picture("aGVsbG8=")
    assert raw(pai, "POST", "/api/v1/images", json.dumps(asked).encode()).json().keys() == {"request_id", "code", "message", "data"}


@pytest.mark.contract("Multimedia analysis SDK for Python: the ranges of configure, and 422 for what a model can't do")
@pytest.mark.parametrize(
    ("model", "configure", "named"),
    [
        ("", {"tag_top_k": 11}, "configure.tag_top_k"),
        ("", {"tag_top_k": 0}, "configure.tag_top_k"),
        ("", {"tag_top_k": "5"}, "configure.tag_top_k"),
        ("", {"output_embedding": 1}, "configure.output_embedding"),
        ("tagger", {"tagger_type": "mine"}, "configure.tagger_type"),
        ("body_reshaping", {"degree": "thin"}, "configure.degree"),
    ],
)
def test_options_out_of_their_range_are_refused_by_name(
    pai: Pai, sdk: Sdk, website: Website, model: str, configure: dict[str, Any], named: str
) -> None:
    with pytest.raises(ApiException) as refusal:
        sdk.images.multi_label_image_v2(website.put("1.jpg", "1"), model, configure)
    assert refusal.value.status == 422
    assert named in refusal.value.body.decode()
    assert pai.analysis.asked == []


@pytest.mark.contract("ai-service-python-sdk 1.1.5: async_req answers a thread of the client's pool")
def test_calls_in_the_clients_own_threads(sdk: Sdk, website: Website) -> None:
    url = website.put("1.jpg", "1")
    threads = [sdk.images.ai_model_image(ImageRequest("ImageQA", url, "", {}), async_req=True) for _ in range(8)]
    assert {thread.get(60).code for thread in threads} == {"OK"}


@pytest.mark.contract("our choice: pictures that wait hold up nobody")
def test_pictures_that_wait_hold_up_nobody(pai: Pai, sdk: Sdk, website: Website, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    url = website.put("slow.jpg", f"wait {gate}")
    with ThreadPoolExecutor(2 * WORKERS) as callers:
        waiting = [callers.submit(sdk.images.image_qa, url, "", {}) for _ in range(2 * WORKERS)]
        until(lambda: len(pai.analysis.asked) == AT_ONCE)
        with pytest.raises(ApiException) as unknown:
            sdk.jobs.get_async_job(1)
        assert unknown.value.status == 404
        gate.touch()
        assert {one.result().code for one in waiting} == {"OK"}
