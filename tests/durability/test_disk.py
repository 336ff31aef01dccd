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


DATABASES = """
import sqlite3, sys
from pathlib import Path
from alibabacloud_ice20201109 import models as ice
from localcloud.cloud import LaptopCloud
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.place import Place
from tests.contract.ims.cloud import InProcess
from tests.safety.clients import LIBRARY, Clients
opened, connect = {}, sqlite3.connect
def watched(path, **settings):
    connection = connect(path, **settings)
    opened.setdefault(Path(path).name, []).append(connection)
    return connection
sqlite3.connect = watched
cloud = LaptopCloud(Path(sys.argv[1]), Place(), EngineSettings(), understanding=InProcess(), power_safe=sys.argv[2] == "power")
cloud.start()
clients = Clients(cloud.endpoint, cloud.keyring.account)
clients.furnish()
clients.media().query_search_index(ice.QuerySearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
for name, connections in sorted(opened.items()):
    print(name, *sorted({str(one.execute("PRAGMA synchronous").fetchone()[0]) for one in connections}))
cloud.stop()
"""


@pytest.mark.parametrize(("asked", "answer"), [("process", "1"), ("power", "2")])
def test_each_database_of_the_cloud_waits_or_none(tmp_path: Path, asked: str, answer: str) -> None:
    """Those of the search libraries among them, which an engine keeps."""
    command = [sys.executable, "-c", DATABASES, str(tmp_path), asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if not line.startswith(":memory:"))
    assert set(found.values()) == {answer}, found
    assert {"library.sqlite", "ims.sqlite", "recognition.sqlite"} <= found.keys()
