"""What a cloud waits for before it acknowledges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKED = """
import os, sys
from pathlib import Path
from localcloud import disk
from localcloud.database import Database
from localcloud.http import Body
from localcloud.oss.storage.blobs import Blobs
waited = []
os.fsync = waited.append
if sys.argv[2] == "power":
    disk.survive_power_loss()
folder = Path(sys.argv[1])
Blobs(folder / "blobs", lambda: 0.0).take(Body(b"content"))
print(Database(folder / "d.sqlite", "CREATE TABLE t (a);").one("PRAGMA synchronous")[0], len(waited))
"""


@pytest.mark.parametrize(("asked", "answer"), [("process", "1 0"), ("power", "2 3")])
def test_writes_wait_for_the_disk_where_that_is_asked_for(tmp_path: Path, asked: str, answer: str) -> None:
    """In a process of its own, since it is a matter of the whole process. SQLite: 1 is NORMAL, 2 FULL; a file and two folders."""
    done = subprocess.run([sys.executable, "-c", ASKED, tmp_path, asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == answer
