from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.fc.laptop import Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    made = Laptop(tmp_path)
    yield made
    made.stop()
