"""Smart tag jobs that are analysed in real worker processes: what a crash, a hang or a greedy media does to its neighbours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from localcloud.ims import EngineSettings, WorkerLimits
from tests.contract.ims.cloud import Cloud, Website, until
from tests.contract.ims.cloud import client as client_of
from tests.contract.ims.test_smarttag_jobs import given, images, query, reason, result, submit

SCRIPTED = EngineSettings(factory="tests.contract.ims.scripted_engine:build")
OURS = "our assumption: one bad media fails its own job alone, with a reason"

CloudMaker = Callable[[EngineSettings, WorkerLimits], Cloud]


@pytest.fixture
def make_cloud(tmp_path: Path) -> Iterator[CloudMaker]:
    made: list[Cloud] = []

    def make(engine: EngineSettings, limits: WorkerLimits) -> Cloud:
        made.append(Cloud(tmp_path, engine=engine, limits=limits))
        return made[0]

    yield make
    for cloud in made:
        cloud.stop()
    assert [child for child in psutil.Process().children() if "localcloud.ims.understanding.worker" in child.cmdline()] == []


@pytest.mark.contract(OURS)
def test_a_worker_that_is_killed_fails_its_job_and_no_other(make_cloud: CloudMaker, website: Website, tmp_path: Path) -> None:
    cloud = make_cloud(SCRIPTED, WorkerLimits())
    client = cloud.client()
    started, gate = tmp_path / "started", tmp_path / "gate"
    doomed = submit(client, images(website.put("1.jpg", f"started {started}\nhang")))
    neighbour = submit(client, images(website.put("2.jpg", f"wait {gate}\nsay 2")))
    until(lambda: started.exists() and started.read_text() and query(client, neighbour).job_status == "Processing")

    os.kill(int(started.read_text()), signal.SIGKILL)

    assert "ended while analysing (signal 9)" in reason(client, doomed)
    gate.touch()
    result(client, neighbour)
    result(client, submit(client, images(website.put("3.jpg", "say 3"))))


@pytest.mark.contract(OURS)
def test_a_media_that_takes_too_long_fails_its_job_alone(make_cloud: CloudMaker, website: Website) -> None:
    cloud = make_cloud(SCRIPTED, WorkerLimits(seconds=1))
    client = cloud.client()
    hanging = [submit(client, images(website.put(f"{number}.jpg", "hang"))) for number in range(2)]
    waiting = submit(client, images(website.put("3.jpg", "say 3")))
    for job in hanging:
        assert "analysing took longer than 1 s" in reason(client, job)
    result(client, waiting)


@pytest.mark.contract(OURS)
def test_a_media_that_takes_too_much_memory_fails_its_job_alone(make_cloud: CloudMaker, website: Website) -> None:
    cloud = make_cloud(SCRIPTED, WorkerLimits(memory=300 << 20))
    client = cloud.client()
    greedy = submit(client, images(website.put("1.jpg", "take 400")))
    modest = submit(client, images(website.put("2.jpg", "say 2")))
    assert "analysing took more than 300 MiB of memory" in reason(client, greedy)
    result(client, modest)


@pytest.mark.contract(OURS)
def test_an_engine_that_fails_fails_the_job_alone_and_the_worker_goes_on(make_cloud: CloudMaker, website: Website) -> None:
    cloud = make_cloud(SCRIPTED, WorkerLimits())
    client = cloud.client()
    broken = submit(client, images(website.put("1.jpg", "raise a bug")))
    unreadable = submit(client, images(website.put("2.jpg", "unreadable it is no picture")))
    assert "ZeroDivisionError: a bug" in reason(client, broken)
    assert reason(client, unreadable) == "it is no picture"
    result(client, submit(client, images(website.put("3.jpg", "say 3"))))


@pytest.mark.contract(OURS)
def test_an_engine_that_can_not_be_built_says_so(make_cloud: CloudMaker, website: Website) -> None:
    cloud = make_cloud(EngineSettings(factory="tests.contract.ims.scripted_engine:missing"), WorkerLimits())
    client = cloud.client()
    job = submit(client, images(website.put("1.jpg", "say 1")))
    assert "failed while starting: AttributeError" in reason(client, job)


@pytest.mark.contract("our assumption: a job is never lost, and a killed process leaves none behind")
def test_a_killed_service_leaves_no_worker_and_finishes_its_jobs_later(make_cloud: CloudMaker, website: Website, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.contract.ims.serve", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    ) as service:
        assert service.stdout is not None
        doomed = client_of(int(service.stdout.readline()))
        started, gate = tmp_path / "started", tmp_path / "gate"
        scripts = [f"started {started}-{number}\nwait {gate}\nsay {number}" for number in range(3)]
        jobs = [submit(doomed, images(website.put(f"{number}.jpg", script))) for number, script in enumerate(scripts)]
        pids = [until(lambda number=number: _number(Path(f"{started}-{number}"))) for number in range(2)]  # type: ignore[misc]
        service.kill()
    until(lambda: not any(_runs(pid) for pid in pids))

    gate.touch()
    later = make_cloud(SCRIPTED, WorkerLimits()).client()
    for job in jobs:
        result(later, job)


def _runs(pid: int) -> bool:
    try:
        # An orphan that has ended may stay as a zombie where nobody reaps.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _number(file: Path) -> int | None:
    return int(file.read_text() or 0) if file.exists() else None


@pytest.mark.contract("IPC content understanding: the answer's keys; the words are those of the pixels")
@pytest.mark.slow
def test_the_real_engine_looks_at_a_real_picture(make_cloud: CloudMaker, website: Website) -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    _, png = cv2.imencode(".png", picture)
    cloud = make_cloud(EngineSettings(), WorkerLimits())
    client = cloud.client()
    job = submit(client, images(website.put("black.png", png.tobytes())))
    truncated = submit(client, images(website.put("text.jpg", "this is not a picture")))

    body = result(client, job)

    event = given(body)["EventDesc"]
    assert event["label"] == {"package": False, "human": False, "pet": False, "vehicle": False}
    assert event["caption"]
    engine = given(body)["Engine"]
    assert engine["name"] == "built-in"
    assert "sound and speech" in engine["cannotSee"]
    assert reason(client, truncated)
