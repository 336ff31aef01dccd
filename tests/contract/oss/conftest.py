from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.oss.server import LocalOss, auth_for


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalOss]:
    running = LocalOss(tmp_path)
    yield running
    running.stop()


@pytest.fixture(params=["v1", "v2", "v4"])
def version(request: pytest.FixtureRequest) -> str:
    """The signature version that the client uses."""
    return str(request.param)


@pytest.fixture
def signed_bucket(cloud: LocalOss, version: str) -> Any:
    """A bucket that exists, through a client of each signature version in turn."""
    bucket = cloud.bucket(auth_for(version))
    bucket.create_bucket()
    return bucket


@pytest.fixture
def bucket(cloud: LocalOss) -> Any:
    bucket = cloud.bucket(auth_for("v4"))
    bucket.create_bucket()
    return bucket
