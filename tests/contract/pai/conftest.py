from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ims.cloud import Website
from tests.contract.pai.service import Pai, Sdk, sdk_of


@pytest.fixture
def pai(tmp_path: Path) -> Iterator[Pai]:
    made = Pai(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def sdk(pai: Pai) -> Iterator[Sdk]:
    with sdk_of(pai.endpoint) as made:
        yield made


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.stop()
