"""A media service in a process of its own, to be killed: `python -m tests.contract.ims.serve FOLDER` prints its port."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from localcloud.ims import EngineSettings
from tests.contract.ims.cloud import Cloud

if __name__ == "__main__":
    cloud = Cloud(Path(sys.argv[1]), engine=EngineSettings(factory="tests.contract.ims.scripted_engine:build"))
    sys.stdout.write(f"{cloud.door.port}\n")
    sys.stdout.flush()
    threading.Event().wait()
