"""Which engine `sightline up` runs, and what it refuses at the start."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from cli import detectors
from cli.errors import CommandError
from cli.up import engine_settings

MODEL = Path(os.environ.get("SIGHTLINE_TEST_MODELS", Path(__file__).parents[4] / "shared/models")) / "yolox_nano.onnx"
needs_model = pytest.mark.skipif(not MODEL.is_file(), reason="there is no yolox_nano.onnx in SIGHTLINE_TEST_MODELS")


def test_without_anything_it_is_the_built_in_engine(tmp_path: Path) -> None:
    settings = engine_settings(tmp_path, {})
    assert (settings.detector, settings.vision_base_url) == (None, None)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SIGHTLINE_VISION_BASE_URL": "nonsense", "SIGHTLINE_VISION_MODEL": "m"}, "base_url"),
        ({"SIGHTLINE_VISION_BASE_URL": "https://host/v1"}, "vision.model"),
        ({"SIGHTLINE_SPEECH_BASE_URL": "https://user:top-secret@host/v1", "SIGHTLINE_SPEECH_MODEL": "m"}, "speech.base_url"),
        ({"SIGHTLINE_SPEECH_BASE_URL": "https://host/v1"}, "speech.model"),
    ],
)
def test_a_wrong_endpoint_is_refused_at_the_start(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        engine_settings(tmp_path, variables)
    assert "top-secret" not in f"{caught.value} {caught.value.fix}"


@pytest.mark.parametrize("purpose", ["VISION", "SPEECH"])
def test_a_key_of_an_endpoint_is_in_no_text(tmp_path: Path, purpose: str) -> None:
    named = {"BASE_URL": "https://host/v1", "MODEL": "m", "API_KEY": "top-secret"}
    variables = {f"SIGHTLINE_{purpose}_{name}": value for name, value in named.items()}
    assert "top-secret" not in repr(engine_settings(tmp_path, variables))


def test_what_is_no_model_is_refused_and_not_kept(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.onnx"
    nonsense.write_bytes(b"no model")
    with pytest.raises(CommandError, match="no detector"):
        detectors.add(tmp_path / "data", str(nonsense), None)
    assert list((tmp_path / "data" / "models").iterdir()) == []
    assert detectors.chosen(tmp_path / "data") is None


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.onnx"
    nonsense.write_bytes(b"no model")
    with pytest.raises(CommandError, match=hashlib.sha256(b"no model").hexdigest()):
        detectors.add(tmp_path / "data", str(nonsense), "00")


def test_an_address_that_cannot_be_reached_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be reached") as raised:
        detectors.add(tmp_path, "http://127.0.0.1:1/model.onnx?token=secret", None)
    assert "models add FILE" in raised.value.fix
    assert "secret" not in raised.value.problem


@needs_model
def test_a_detector_is_used_until_it_changes(tmp_path: Path) -> None:
    model = detectors.add(tmp_path, str(MODEL), None)
    assert engine_settings(tmp_path, {}).detector == str(model.path)
    with model.path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(CommandError, match="has changed"):
        engine_settings(tmp_path, {})
    detectors.remove(tmp_path)
    assert engine_settings(tmp_path, {}).detector is None
