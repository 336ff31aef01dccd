"""PAI's service in a process of its own, to be killed: `python -m tests.contract.pai.serve FOLDER` prints its port."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.contract.pai.service import Pai

if __name__ == "__main__":
    pai = Pai(Path(sys.argv[1]))
    sys.stdout.write(f"{pai.door.port}\n")
    sys.stdout.flush()
    threading.Event().wait()
