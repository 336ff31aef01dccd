"""The lock of the layer's dependencies is the one that its requirements ask for."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    found = [Requirement(line.rstrip(" \\")) for line in lines if "==" in line and not line.startswith(" ")]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in found if one.marker is None}


def test_it_has_what_the_requirements_ask_for() -> None:
    asked = [Requirement(line) for line in (ROOT / "shared/requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    locked = pins("layer.lock")
    assert asked
    assert [str(one) for one in asked if locked.get(canonicalize_name(one.name), "0") not in one.specifier] == []


def test_the_layer_has_the_versions_that_the_tests_ran_with() -> None:
    layer, local = pins("layer.lock"), pins("local.lock")
    assert {name: layer[name] for name in layer.keys() & local.keys()} == {name: local[name] for name in layer.keys() & local.keys()}


def test_every_pin_is_by_hash_and_for_one_platform() -> None:
    text = (ROOT / "requirements/layer.lock").read_text()
    assert ";" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) == len(pins("layer.lock"))
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
