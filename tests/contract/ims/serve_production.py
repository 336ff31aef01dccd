"""A media service to be killed: `python -m tests.contract.ims.serve_production FOLDER STARTED GATE` prints its port.

In its bucket are `done.mp4`, which is worked on at once, and `slow`, which says in STARTED that it is and then waits for GATE.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from localcloud.ims import EngineSettings
from localcloud.ims.production.producing import LIMITS, ProductionWorkers
from tests.contract.ims.cloud import Cloud

FACTORY = "tests.contract.ims.scripted_production:build"

if __name__ == "__main__":
    folder, started, gate = sys.argv[1:]
    workers = ProductionWorkers(EngineSettings(), Path(folder) / "production.log", 2, LIMITS, FACTORY)
    stored = {"done.mp4": "make 1.mp4 x", "slow": f"started {started}\nwait {gate}\nmake 1.mp4 x"}
    cloud = Cloud(Path(folder), production=workers, stored=stored)
    sys.stdout.write(f"{cloud.door.port}\n")
    sys.stdout.flush()
    threading.Event().wait()
