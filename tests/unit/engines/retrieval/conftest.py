from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.retrieval import Library, open_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(tmp_path / "library.db")
    yield opened
    opened.close()
