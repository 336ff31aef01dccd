"""The stronger engines, through the whole stack: a detector file, and a vision endpoint that speaks the documented protocol."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.vision_server import GOOD, VisionServer, in_turn, refuses, says
from tests.laptop import SIGHTLINE, Cloud

MODEL = Path(os.environ.get("SIGHTLINE_TEST_MODELS", Path(__file__).parents[3] / "shared/models")) / "yolox_nano.onnx"
CAT = Path(__file__).parents[2] / ".cache/photos/chelsea.png"
SECRET = "sk-never-to-be-seen"
MakeCloud = Callable[..., Cloud]


@pytest.fixture
def vision() -> Iterator[VisionServer]:
    server = VisionServer()
    yield server
    server.stop()


def variables(server: VisionServer) -> dict[str, str]:
    return {"SIGHTLINE_VISION_BASE_URL": server.base_url, "SIGHTLINE_VISION_MODEL": "a-model", "SIGHTLINE_VISION_API_KEY": SECRET}


def logs(cloud: Cloud) -> str:
    return "\n".join(path.read_text(errors="replace") for path in (cloud.data / "logs").iterdir())


def explained(cloud: Cloud, key: str) -> dict[str, object]:
    record: dict[str, object] = json.loads(cloud.command("explain", key, "--json").stdout)["record"]
    return record


def test_a_vision_endpoint_describes_and_is_named(new_cloud: MakeCloud, vision: VisionServer, clips: dict[str, Path]) -> None:
    vision.behaviour = in_turn(refuses(400, "response_format json_schema is not supported"), says("```json\n" + json.dumps(GOOD) + "\n```"))
    cloud = new_cloud(**variables(vision))
    key = "uploads/default/door/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    assert [story.stage for story in cloud.wait(key)] == ["searchable"]
    record = explained(cloud, key)
    assert record["title"] == GOOD["title"]
    assert record["engine"]["name"] == "vision:a-model"  # type: ignore[index]
    assert [hit["key"] for hit in cloud.search(str(GOOD["title"]))["hits"]] == [key]
    assert SECRET not in logs(cloud)


def test_a_vision_endpoint_that_refuses_the_key_is_replaced_and_that_is_said(
    new_cloud: MakeCloud, vision: VisionServer, clips: dict[str, Path]
) -> None:
    vision.behaviour = in_turn(refuses(401, f"Incorrect API key provided: {SECRET}"))
    cloud = new_cloud(**variables(vision))
    key = "uploads/default/door/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    cloud.wait(key)
    record = explained(cloud, key)
    assert "wearing red" in str(record["title"])
    engine = record["engine"]
    assert engine["name"] == "built-in"  # type: ignore[index]
    assert any("refused the key" in note for note in engine["notes"])  # type: ignore[index]
    assert SECRET not in logs(cloud) + json.dumps(record)


@pytest.mark.skipif(not MODEL.is_file(), reason="there is no yolox_nano.onnx in SIGHTLINE_TEST_MODELS")
@pytest.mark.skipif(not CAT.is_file(), reason="the sample photographs are not in .cache/photos; `make setup` fetches them")
def test_a_detector_brings_the_cat(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    cloud.command("models", "add", str(MODEL))
    cloud.start()
    try:
        key = "uploads/default/sofa/cat.png"
        cloud.bucket().put_object_from_file(key, str(CAT))
        cloud.wait(key)
        (hit,) = cloud.search("a cat")["hits"]
        assert (hit["key"], hit["labels"]) == (key, ["pet"])
        assert "detector" in hit["engine"]["name"]
    finally:
        cloud.end()


def test_a_vision_endpoint_without_a_model_stops_the_start(tmp_path: Path) -> None:
    environment = {**os.environ, "SIGHTLINE_VISION_BASE_URL": "https://host/v1"}
    refused = subprocess.run(
        [SIGHTLINE, "up", "--port", "0", "--data", tmp_path], env=environment, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert "SIGHTLINE_VISION_BASE_URL, _MODEL" in refused.stderr
