"""A whole laptop cloud in this process, with one function, and little patience where a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.cloud import LaptopCloud
from localcloud.door import Patience
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from tests.contract.ims.cloud import InProcess
from tests.safety.clients import Clients

PROJECT = """
edition: 3.0.0
name: safety
resources:
  work:
    component: fc3
    props:
      functionName: work
      region: cn-shanghai
      runtime: python3.12
      handler: index.handler
      code: ./code
      timeout: 30
"""
PATIENCE = Patience(connections=40, head_seconds=0.5, pause_seconds=0.5, stuck_seconds=1.0)


@pytest.fixture(scope="module")  # what one module leaves under way is no business of another
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("safety") / "data"


@pytest.fixture(scope="module")
def cloud(data: Path) -> Iterator[LaptopCloud]:
    cloud = LaptopCloud(data, Place(), EngineSettings(), understanding=InProcess(), patience=PATIENCE)
    cloud.start()
    code = data.parent / "code"
    code.mkdir()
    (code / "index.py").write_text("def handler(event, context):\n    return event\n")
    project = data.parent / "s.yaml"
    project.write_text(PROJECT)
    cloud.deploy(project, {}, {})
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def clients(cloud: LaptopCloud) -> Clients:
    made = Clients(cloud.endpoint, cloud.keyring.account)
    made.furnish()
    return made
