"""The language that a description is asked for in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.understanding import build
from engines.understanding.types import Wishes
from tests.unit.engines.media import write_picture


@pytest.mark.parametrize("language", ["zh", "zh-tw", "it"])
def test_a_language_that_the_engine_can_not_write_is_named(tmp_path: Path, language: str) -> None:
    picture = write_picture(tmp_path / "black.png", np.zeros((120, 160, 3), np.uint8))
    engine = build(read_text=False)
    asked = engine.describe([picture], "image", Wishes(language))
    assert any(f"not in {language}:" in note for note in asked.notes)
    assert not any("written in" in note for note in engine.describe([picture], "image").notes)
