"""Objects pass through the server; they are never in it whole."""

from __future__ import annotations

from pathlib import Path

import oss2
import psutil

from localcloud.identity import Keyring
from localcloud.place import Place
from tests.durability.victim import Victims, kill_tree

MB = 1024 * 1024
OBJECT_MB, GROWTH_MB = 200, 64


class Body:
    """Content of known length that is made while it is sent, and the server's memory looked at meanwhile."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._left = OBJECT_MB * MB
        self.highest = 0

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        self.look()
        length = min(self._left, MB if size < 0 else size)
        self._left -= length
        return b"x" * length

    def look(self) -> None:
        self.highest = max(self.highest, self._server.memory_info().rss)


def test_memory_stays_flat_while_a_large_object_streams_in_and_out(tmp_path: Path) -> None:
    victims = Victims(tmp_path)
    server = victims.begin()
    try:
        endpoint = f"http://127.0.0.1:{victims.port()}"
        key = Keyring.open(tmp_path / "data" / "keys.json").account
        auth = oss2.make_auth(key.access_key_id, key.access_key_secret, "v4")
        bucket = oss2.Bucket(auth, endpoint, "large", region=Place().region, enable_crc=False)
        bucket.create_bucket()
        bucket.put_object("warm", b"x" * (3 * MB))
        bucket.get_object("warm").read()
        before = server.memory_info().rss
        body = Body(server)
        bucket.put_object("k", body)
        received = bucket.get_object("k")
        while received.read(MB):
            body.look()
        assert received.content_length == OBJECT_MB * MB
        assert (body.highest - before) / MB < GROWTH_MB
    finally:
        kill_tree(server)
        victims.close()
