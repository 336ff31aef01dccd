"""The laptop cloud that the benches of the pipeline drive, in a process of its own: `python -m bench.pipeline_cloud FOLDER KIND COUNT`.

Its engines answer at once, so that what is measured is all else. No function is deployed: a bench calls the layer itself, which goes by the
rules that it comes with. When it starts, so many media of a kind (`bench.pipeline_state`) are in the buckets.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from bench.pipeline_state import Kind, fill
from cli.deployment.target import Names, laptop_variables, rendered
from cli.provision.run import provision
from localcloud.cloud import LaptopCloud
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from sightline import settings
from sightline.credentials import Credentials
from tests.faults.null_engine import NullAnalysis, NullEngine, NullProduction

NAMES = Names("bench-media", "bench-state", "bench-jobs", "bench-dead", "bench", "IPCamera_bench")
EMPTY_PROJECT = "edition: 3.0.0\nname: bench\nresources: {}\n"


@contextmanager
def running(folder: Path, kind: Kind = "finished", count: int = 0) -> Iterator[Mapping[str, str]]:
    """The environment of a function while such a cloud runs."""
    command = [sys.executable, "-m", "bench.pipeline_cloud", str(folder), kind, str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def main(folder: Path, kind: Kind, count: int) -> None:
    logging.basicConfig(filename=folder / "log", level=logging.WARNING)
    cloud = _started(folder)
    environment = _environment(cloud)  # makes the buckets that are filled
    cloud.stop()
    fill(folder / "oss", kind, count, settings.from_environment(environment))
    cloud = _started(folder)
    print(json.dumps(_environment(cloud)), flush=True)
    threading.Event().wait()


def _started(folder: Path) -> LaptopCloud:
    cloud = LaptopCloud(folder, Place(), EngineSettings(), understanding=NullEngine(), analysis=NullAnalysis(), production=NullProduction())
    cloud.start()
    project = folder / "s.yaml"
    project.write_text(EMPTY_PROJECT)
    cloud.deploy(project, {}, {})
    return cloud


def _environment(cloud: LaptopCloud) -> dict[str, str]:
    key, place = cloud.keyring.account, Place()
    variables = laptop_variables(cloud.endpoint, place, NAMES, {})
    made = provision(rendered(variables, Credentials(key.access_key_id, key.access_key_secret), is_laptop=True))
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "REGION": place.region,
        "OSS_ENDPOINT": cloud.endpoint,
        "IMS_ENDPOINT": cloud.endpoint,
        "MNS_ENDPOINT": cloud.endpoint,
        "MEDIA_BUCKET": NAMES.media_bucket,
        "STATE_BUCKET": NAMES.state_bucket,
        "DEAD_QUEUE": NAMES.dead_queue,
        "SMARTTAG_TEMPLATE_ID": made.template_id,
        "SMARTTAG_PIPELINE_ID": made.pipeline_id,
        "SEARCH_LIBRARY": NAMES.library,
        # As `sightline up` has it: PAI's AppId and token are the account's key.
        "PAI_HOST": cloud.endpoint,
        "PAI_APP_ID": key.access_key_id,
        "PAI_TOKEN": key.access_key_secret,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), cast("Kind", sys.argv[2]), int(sys.argv[3]))
