"""What PAI's services take, and the limits that are checked before anything is sent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sightline.errors import BadInput
from sightline.host import Host
from sightline.pai.client import PaiClient
from sightline.pai.limits import FACES, IMAGE, VIDEO
from sightline.pai.options import TAGGERS, VideoLabelOptions
from sightline.pai.services import SERVICES, check
from tests.fakes.over_httpx import OverHttpx

SEED = "the SDK's documentation, 'Request parameters' and 'Configure parameters'"
MB = 2**20


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(
    ("service", "given", "sent"),
    [
        ("image_qa", {}, {}),
        ("face_attr_image", {}, {}),
        ("fairface", {}, {}),
        ("multi_label_image_v2", {}, {"tag_top_k": 10, "output_embedding": True}),
        ("multi_label_image_v2", {"tag_top_k": "5", "output_embedding": "False"}, {"tag_top_k": 5, "output_embedding": False}),
        ("tagger", {}, {}),
        ("tagger", {"threshold": 0.5, "tagger_type": TAGGERS[1]}, {"threshold": 0.5, "tagger_type": TAGGERS[1]}),
        ("body_reshaping", {}, {"degree": -1.5}),
        ("body_reshaping", {"degree": "2"}, {"degree": 2.0}),
        ("watermark_remover", {}, {}),
        ("video_qa", {}, {}),
        (
            "classify_label_video",
            {"output_tag": "false", "classification_top_k": 10},
            {
                "output_classification": True,
                "classification_top_k": 10,
                "output_tag": False,
                "tag_top_k": 5,
                "output_embedding": True,
            },
        ),
        ("multimodal_classify", {}, VideoLabelOptions().configure()),
    ],
)
def test_what_a_service_is_given(service: str, given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert SERVICES[service].options.read(given).configure() == sent


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("multi_label_image_v2", "tag_top_k", 0),
        ("multi_label_image_v2", "tag_top_k", 11),
        ("multi_label_image_v2", "tag_top_k", 2.5),
        ("multi_label_image_v2", "output_embedding", "perhaps"),
        ("tagger", "threshold", 1.5),
        ("tagger", "tagger_type", "CLIP"),
        ("tagger", "tagger_type", ["RAM"]),
        ("body_reshaping", "degree", -3),
        ("body_reshaping", "degree", "slim"),
        ("classify_label_video", "classification_top_k", 11),
        ("multimodal_classify", "output_tag", 2),
    ],
)
def test_a_wrong_parameter_is_named(service: str, name: str, value: Any) -> None:
    with pytest.raises(BadInput) as raised:
        check(service, {name: value})
    assert raised.value.field == f"configure.{name}"


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_parameter_is_named(service: str) -> None:
    with pytest.raises(BadInput, match=r"configure\.colour"):
        check(service, {"colour": "red"})
    with pytest.raises(BadInput, match="service"):
        check(f"{service}s", {})


def test_the_client_checks_them_too() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was sent")

    client = PaiClient(Host(OverHttpx(httpx.MockTransport(never))), "pai.example", "app", "token")
    with pytest.raises(BadInput, match="tag_top_k"):
        client.labels("https://x/a.jpg", top_k=11)
    with pytest.raises(BadInput, match="degree"):
        client.reshape_body("https://x/a.jpg", -9)
    with pytest.raises(BadInput, match="classification_top_k"):
        client.classify_video("https://x/a.mp4", options=VideoLabelOptions(classes=0))


@pytest.mark.contract(SEED + ": under 5 MB and 240×240 or higher; faces larger than 100×100; videos under 100 MB and 320×240 or higher")
def test_the_limits() -> None:
    IMAGE.check("image", 5 * MB - 1, 240, 240)
    IMAGE.check("image", None, 10_000, None)
    FACES.check("image", 50 * MB, 101, 101)
    VIDEO.check("video_url", 100 * MB - 1, 320, 240)
    VIDEO.check("video_url", None, 240, 320)
    for limits, size, width, height, field in (
        (IMAGE, 5 * MB, 240, 240, "image"),
        (IMAGE, 0, 240, 240, "image"),
        (IMAGE, 1, 1000, 239, "image"),
        (FACES, 1, 100, 500, "image"),
        (VIDEO, 100 * MB, 640, 480, "video_url"),
        (VIDEO, 1, 319, 240, "video_url"),
        (VIDEO, 1, 200, 1000, "video_url"),
    ):
        with pytest.raises(BadInput) as raised:
            limits.check(field, size, width, height)
        assert raised.value.field == field
        assert raised.value.fix
