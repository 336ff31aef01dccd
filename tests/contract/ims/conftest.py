from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ims.cloud import Cloud, Website


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.stop()
