"""The detector a user brings: a real YOLOX file, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.imaging import read_image
from engines.understanding import UnusableDetector, build
from engines.understanding.detector import LABELS, Detector, file_sha256, load_checked
from engines.understanding.geometry import Box, inside
from engines.understanding.types import Engine
from tests.unit.engines import media

pytest.importorskip("onnxruntime", reason="the `ocr` extra is not installed")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(media.detector_file())


@pytest.fixture(scope="module")
def engine() -> Engine:
    path = media.detector_file()
    return build(path, file_sha256(path), read_text=False)


def test_the_labels_are_those_of_coco() -> None:
    assert len(set(LABELS)) == 80
    assert (LABELS[0], LABELS[15], LABELS[79]) == ("person", "cat", "toothbrush")


@pytest.mark.parametrize(
    ("name", "label", "place"),
    [
        ("astronaut.png", "person", Box(150, 0, 140, 300)),
        ("chelsea.png", "cat", Box(120, 20, 250, 250)),
        ("camera.png", "person", Box(150, 60, 150, 250)),
        ("motorcycle_left.png", "motorcycle", Box(250, 100, 300, 300)),
    ],
)
def test_it_finds_what_is_in_a_photo(detector: Detector, name: str, label: str, place: Box) -> None:
    best = detector.detect(read_image(media.photo(name)), 0.5)[0]
    assert best.label == label
    assert 0.5 <= best.score <= 1
    assert inside(place, best.box) > 0.6


@pytest.mark.parametrize("name", ["brick.png", "page.png"])
def test_it_finds_nothing_where_nothing_is(detector: Detector, name: str) -> None:
    assert detector.detect(read_image(media.photo(name)), 0.5) == []


def test_one_thing_is_found_once(detector: Detector) -> None:
    people = [each for each in detector.detect(read_image(media.photo("astronaut.png")), 0.35) if each.label == "person"]
    assert len(people) == 1


def test_with_a_detector_a_pet_is_known(engine: Engine) -> None:
    found = engine.describe([media.photo("chelsea.png")], "image")
    assert found.title == "A cat"
    assert found.pet
    assert not found.human
    assert found.engine == "built-in with detector"
    assert not any("pets" in each for each in found.cannot_see)


@pytest.mark.slow
def test_with_a_detector_real_footage_still_has_no_pet(engine: Engine) -> None:
    found = engine.describe([media.footage("vtest.avi")], "video")
    assert found.human
    assert not found.pet
    assert not found.package
    assert any("person" in event and "walks" in event for event in found.events)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    original = media.detector_file()
    recorded = file_sha256(original)
    changed = tmp_path / "yolox_nano.onnx"
    changed.write_bytes(original.read_bytes() + b"\0")

    with pytest.raises(UnusableDetector, match=r"yolox_nano\.onnx has changed since it was added"):
        load_checked(changed, recorded)
    picture = media.write_picture(tmp_path / "a.png", media.yard())
    with pytest.raises(UnusableDetector, match="has changed"):
        build(changed, recorded).describe([picture], "image")
    assert load_checked(original, recorded.upper()).detect(media.yard(), 0.9) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableDetector, match=r"there is no detector file at .*gone\.onnx"):
        load_checked(tmp_path / "gone.onnx", "0" * 64)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"not a model at all")
    with pytest.raises(UnusableDetector, match=r"a\.onnx is no ONNX model that can be loaded"):
        Detector(tmp_path / "a.onnx")


def test_another_model_is_refused_with_its_shape() -> None:
    """PP-OCR's text detector, which rapidocr carries, is an ONNX model with a picture as input and another output."""
    rapidocr = pytest.importorskip("rapidocr")
    other = next(iter(sorted(Path(rapidocr.__file__).parent.rglob("*det*.onnx"))), None)
    if other is None:
        pytest.skip("this rapidocr carries no text detector")
    with pytest.raises(UnusableDetector, match=r"answers with the shape|can't be run"):
        Detector(other)
