"""A disk that is full for a while: whoever uploads is told, nothing that was accepted is lost, and everything goes on once there is room.

The stand-in for a full disk is a limit on how long any file of the process may grow: every write that needs room fails with an error of
the operating system, as on a full disk, and what is on the disk can be read.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import oss2
import psutil
import pytest

from cli import journal
from sightline.errors import ServiceRefused
from sightline.pipeline.submit import submit
from sightline.wiring import Wiring
from tests.laptop import Cloud, wait_until

MakeCloud = Callable[..., Cloud]

pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit another process")


@contextmanager
def full_disk(cloud: Cloud) -> Iterator[None]:
    assert cloud.process is not None
    everybody = [cloud.process.pid, *(child.pid for child in psutil.Process(cloud.process.pid).children(recursive=True))]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in everybody}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError, PermissionError):  # it has ended meanwhile; the second is of one whose end nobody saw
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def _instance(cloud: Cloud) -> Wiring:
    running = cloud.clients.running
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": running.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": running.access_key_secret}
    return Wiring({**journal.environment_of(running, "submit"), **keys, "UPLOAD_PREFIX": "unseen/"})


def test_a_full_disk_is_told_and_loses_nothing(new_cloud: MakeCloud, clips: dict[str, Path]) -> None:
    cloud = new_cloud(SIGHTLINE_CALLBACK_SECONDS="0", SIGHTLINE_CLAIM_SECONDS="5", SIGHTLINE_REQUEST_SECONDS="2")
    bucket = cloud.bucket()
    accepted, refused = "uploads/default/corner/accepted.mp4", "uploads/default/corner/refused.mp4"
    unseen = "unseen/default/corner/clip.mp4"  # no trigger looks there: what a function says to a full disk is asked of one in this process
    for key in (accepted, unseen):
        bucket.put_object_from_file(key, str(clips["street-by-day"]))
    instance = _instance(cloud)
    with full_disk(cloud):
        with pytest.raises(ServiceRefused) as told:
            submit(instance.pipeline(), unseen, "an upload")
        assert told.value.retryable
        assert cloud.story(unseen).stage == "unknown"
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.put_object_from_file(refused, str(clips["van-passing"]))
        assert (raised.value.status, raised.value.code) == (500, "InternalError")
        assert bucket.get_object(accepted).read() == clips["street-by-day"].read_bytes()
        assert not bucket.object_exists(refused)

    def finished() -> bool:
        cloud.command("invoke", "sweep")
        return cloud.story(accepted).is_final

    assert submit(instance.pipeline(), unseen, "an upload").startswith("submitted")
    wait_until(finished, 60, lambda: str(cloud.story(accepted)))
    assert cloud.story(accepted).stage == "searchable"
    bucket.put_object_from_file(refused, str(clips["van-passing"]))
    assert [story.stage for story in cloud.wait(refused)] == ["searchable"]
    assert {hit["key"] for hit in cloud.search("a person in red walks, a car drives by")["hits"]} <= {accepted, refused}


def test_a_damaged_database_is_named_at_the_start(tmp_path: Path) -> None:
    """GIVEN a data folder in which something wrote over a database WHEN the cloud is started THEN it says which, and harms nothing."""
    cloud = Cloud(tmp_path / "cloud").start()
    cloud.bucket().put_object("other/x", b"kept")
    assert cloud.end() == 0
    for name in ("oss/oss.sqlite3", "mns/mns.sqlite3", "ims/ims.sqlite", "fc/invocations.sqlite"):
        database = cloud.data / name
        content = database.read_bytes()
        database.write_bytes(b"garbage" * 1000)
        refused = cloud.command("up", "--port", "0", code=1)
        assert f"{database} is damaged" in refused.stderr
        assert "Traceback" not in refused.stderr
        database.write_bytes(content)
    cloud.start()
    assert cloud.bucket().get_object("other/x").read() == b"kept"
    assert cloud.end() == 0
