"""Nothing that was acknowledged is lost, and nothing is left lying about."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import oss2
import pytest

from localcloud.door.intake import IN_MEMORY
from tests.contract.oss.server import ACCOUNT, BUCKET, REGION, LocalOss, auth_for, eventually

ROOT = Path(__file__).parents[3]


@contextmanager
def process(folder: Path) -> Iterator[tuple[Any, int]]:
    """A server in a process of its own, as a bucket and a process id; killed at the end."""
    command = [sys.executable, "-m", "tests.contract.oss.killed_server", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        try:
            yield oss2.Bucket(auth_for("v4"), f"http://127.0.0.1:{port}", BUCKET, region=REGION), running.pid
        finally:
            running.kill()


@pytest.mark.contract("house rule: state survives")
def test_a_restart_keeps_everything(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("k", b"content", headers={"x-oss-meta-a": "1"})
    bucket.append_object("log", 0, b"one")
    upload = bucket.init_multipart_upload("parts").upload_id
    bucket.upload_part("parts", upload, 1, b"x")
    cloud.stop()
    cloud.start()
    again = cloud.bucket(auth_for("v4"))
    assert again.get_object("k").read() == b"content"
    assert again.head_object("k").headers["x-oss-meta-a"] == "1"
    assert again.append_object("log", 3, b"two").next_position == 6
    assert [part.part_number for part in oss2.PartIterator(again, "parts", upload)] == [1]


@pytest.mark.contract("house rule: kill -9 loses no acknowledged object and no event, and leaves no garbage")
def test_a_killed_server_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    # GIVEN writers that put and append without pause, in memory and through files
    sizes = (10, IN_MEMORY + 1)
    acknowledged: dict[str, str] = {}
    appended = [0]
    with process(tmp_path) as (bucket, pid):
        bucket.create_bucket()

        def put(writer: int) -> None:
            for number in range(10_000):
                key = f"{writer}/{number % 7}/{number}"
                try:
                    acknowledged[key] = bucket.put_object(key, key.encode() * (sizes[writer % 2] // len(key) + 1)).etag
                except oss2.exceptions.OssError:
                    return

        def append() -> None:
            for _ in range(10_000):
                try:
                    appended[0] = bucket.append_object("log", appended[0], b"0123456789").next_position
                except oss2.exceptions.OssError:
                    return

        writers = [threading.Thread(target=put, args=(writer,)) for writer in range(4)] + [threading.Thread(target=append)]
        for writer in writers:
            writer.start()
        assert eventually(lambda: len(acknowledged) > 60 and appended[0] > 50, 60)
        # WHEN the process is killed in the middle
        os.kill(pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
    # THEN every acknowledged object is there, whole, and has been or will be told
    with process(tmp_path) as (bucket, _):
        listed = {one.key: one.etag for one in oss2.ObjectIterator(bucket, max_keys=1000)}
        assert {key: listed.get(key) for key in acknowledged} == acknowledged
        for key in list(acknowledged)[-20:]:
            assert bucket.get_object(key).read()[: len(key)] == key.encode()
        log = bucket.get_object("log").read()
        assert len(log) in (appended[0], appended[0] + 10)
        assert log == b"0123456789" * (len(log) // 10)
        assert bucket.append_object("log", len(log), b"").next_position == len(log)
        events = tmp_path / "events"
        wanted = {f"{key} {etag}" for key, etag in acknowledged.items()}
        assert eventually(lambda: wanted <= set(events.read_text().splitlines()), 20)
        # AND files are those of the objects, no more
        assert len([path for path in (tmp_path / "oss" / "blobs").glob("*/*") if path.is_file()]) == len(listed)
        assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.contract("house rule: a replaced or deleted object's content stays for a minute for those who read it, then goes")
def test_content_that_nothing_names_goes_after_a_while(cloud: LocalOss, bucket: Any) -> None:
    bucket.put_object("k", b"first")
    found = cloud.storage.find(BUCKET, "k")
    assert found is not None
    assert (found.path.read_bytes(), found.size, found.mime_type) == (b"first", 5, "application/octet-stream")
    bucket.put_object("k", b"second")
    assert found.path.read_bytes() == b"first"
    cloud.clock.ahead = 61
    bucket.put_object("k", b"third")
    assert not found.path.exists()
    assert cloud.storage.find(BUCKET, "nothing") is None


@pytest.mark.contract("our assumption: ten callers that append at one position are served once")
def test_appends_at_one_position_succeed_once(cloud: LocalOss, bucket: Any) -> None:
    outcomes: list[bool] = []

    def append(number: int) -> None:
        try:
            cloud.bucket(auth_for("v1", ACCOUNT)).append_object("log", 0, f"claim {number}".encode())
        except oss2.exceptions.PositionNotEqualToLength:
            outcomes.append(False)
        else:
            outcomes.append(True)

    callers = [threading.Thread(target=append, args=(number,)) for number in range(10)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(outcomes) == [False] * 9 + [True]
    assert len(bucket.get_object("log").read()) == len("claim 0")
