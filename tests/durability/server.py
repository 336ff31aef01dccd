"""Laptop clouds to be killed: one for each line `FOLDER PLANT` that is read; its process id and its port are printed.

It imports everything once and forks, so that a start takes a twentieth of a second instead of one: two hundred must fit into minutes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import localcloud.cloud
import localcloud.oss.service
from localcloud.cloud import LaptopCloud
from localcloud.http import Body, Reply, Request
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.oss import ObjectStorage
from localcloud.oss.storage.blobs import Blobs, Content
from localcloud.place import Place
from tests.contract.ims.cloud import InProcess
from tests.contract.ims.scripted_production import InProcessProduction

LATE_SECONDS = 0.05
FUNCTION = """
import pathlib

def handler(event, context):
    with (pathlib.Path(__file__).parents[1] / "ran").open("ab") as file:
        file.write(event + b"\\n")
"""
PROJECT = """
edition: 3.0.0
name: durability
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


class RepliesBeforeItCommits(ObjectStorage):
    """A planted fault: a small PUT is acknowledged a moment before it is kept."""

    def serve(self, request: Request) -> Reply:
        if request.method != "PUT" or request.body.path or not request.body.data or "?" in request.target:
            return super().serve(request)
        threading.Timer(LATE_SECONDS, super().serve, [request]).start()
        return Reply(200, {"x-oss-request-id": "0"})


class NamesContentBeforeItIsThere(Blobs):
    """A planted fault: what is longer than 1000 bytes is recorded while the rest of it is still to be written."""

    def take(self, body: Body) -> Content:
        content = super().take(body)
        if body.path is None and len(body.data) > 1000:
            path = self.path(content.blob)
            os.truncate(path, 1000)
            threading.Timer(LATE_SECONDS, path.write_bytes, [body.data]).start()
        return content


def serve(folder: Path, plant: str) -> int:
    """A cloud of this process on the folder; its port."""
    if plant == "late commit":
        localcloud.cloud.ObjectStorage = RepliesBeforeItCommits  # type: ignore[attr-defined]
    elif plant == "late content":
        localcloud.oss.service.Blobs = NamesContentBeforeItIsThere  # type: ignore[attr-defined]
    logging.basicConfig(filename=folder / "log", level=logging.WARNING)
    cloud = LaptopCloud(folder / "data", Place(), EngineSettings(), understanding=InProcess(), production=InProcessProduction())
    cloud.start()
    cloud.deploy(_project(folder), {}, {})
    port = urlsplit(cloud.endpoint).port
    assert port is not None
    return port


def _project(folder: Path) -> Path:
    project = folder / "s.yaml"
    if not project.exists():
        (folder / "code").mkdir()
        (folder / "code" / "index.py").write_text(FUNCTION)
        project.write_text(PROJECT)
    return project


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        folder, _, plant = line.rstrip("\n").partition("\t")
        if os.fork():
            continue
        print("process", os.getpid(), flush=True)  # noqa: T201
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(0)
        print("port", serve(Path(folder), plant), flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
