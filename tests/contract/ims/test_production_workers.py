"""Production jobs in real worker processes: cancelled, crashing, greedy, and gone on with after the service was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from localcloud.ims import EngineSettings, WorkerLimits
from localcloud.ims.production.producing import LIMITS, NICENESS, ProductionWorkers
from tests.contract.ims.cloud import Cloud, until
from tests.contract.ims.cloud import client as client_of
from tests.contract.ims.producing import OURS, cancel, ended, query, result, submit
from tests.contract.ims.serve_production import FACTORY

CloudMaker = Callable[..., Cloud]


@pytest.fixture
def make_cloud(tmp_path: Path) -> Iterator[CloudMaker]:
    made: list[Cloud] = []

    def make(limits: WorkerLimits = LIMITS, **stored: str) -> Cloud:
        made.append(Cloud(tmp_path, production=production(tmp_path, limits), stored=stored))
        return made[0]

    yield make
    for cloud in made:
        cloud.stop()
    assert workers() == []


def production(folder: Path, limits: WorkerLimits = LIMITS) -> ProductionWorkers:
    return ProductionWorkers(EngineSettings(), folder / "production.log", 2, limits, FACTORY)


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "localcloud.ims.understanding.worker" in child.cmdline()]


def numbers(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.mark.contract(f"{OURS}: nothing starts before the first job, and the services go first")
def test_workers_begin_with_the_first_job_and_step_back(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud()
    client = cloud.client()
    assert workers() == []
    started, gate = tmp_path / "started", tmp_path / "gate"
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"started {started}\nwait {gate}\nmake 1.mp4 x"), "out.mp4")
    (pid,) = until(lambda: numbers(started))
    assert psutil.Process(pid).nice() == NICENESS
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().split()[-1] == str(NICENESS)
    gate.touch()
    ended(client, job)
    again = submit(client, "VideoH2V", cloud.objects.add("b.mp4", f"started {started}\nmake 1.mp4 x"), "out.mp4")
    ended(client, again)
    assert numbers(started) == [pid, pid]


@pytest.mark.contract(f"{OURS}: a job that runs is cancelled at once, and writes nothing")
def test_a_job_that_runs_is_cancelled(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud()
    client = cloud.client()
    started, gate = tmp_path / "started", tmp_path / "gate"
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"started {started}\nwait {gate}\nmake 1.mp4 x"), "out.mp4")
    (pid,) = until(lambda: numbers(started))
    assert cancel(client, job).message == "success"
    assert query(client, job).status == "Fail"
    until(lambda: not psutil.pid_exists(pid))
    gate.touch()
    ended(client, submit(client, "VideoH2V", cloud.objects.add("b.mp4", "make 1.mp4 x"), "other.mp4"))
    assert cloud.objects.written == ["other.mp4"]
    assert result(client, job, "Fail")["Code"] == "Cancelled"
    assert list((tmp_path / "ims" / "scratch-production").iterdir()) == []


@pytest.mark.contract(f"{OURS}: one bad media fails its own job alone, with a reason")
def test_a_worker_that_crashes_or_takes_too_much_fails_its_job_alone(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud(WorkerLimits(seconds=60, memory=300 << 20))
    client = cloud.client()
    started, gate = tmp_path / "started", tmp_path / "gate"
    doomed = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"started {started}\nwait {gate}"), "a-out.mp4")
    greedy = submit(client, "VideoH2V", cloud.objects.add("b.mp4", "take 400"), "b-out.mp4")
    modest = submit(client, "VideoH2V", cloud.objects.add("c.mp4", "make 1.mp4 x"), "c-out.mp4")
    (pid,) = until(lambda: numbers(started))
    os.kill(pid, signal.SIGKILL)
    read = result(client, doomed, "Fail")
    assert read["Code"] == "InternalError"
    assert "ended while analysing (signal 9)" in read["Message"]
    assert "more than 300 MiB of memory" in result(client, greedy, "Fail")["Message"]
    ended(client, modest)


@pytest.mark.contract(f"{OURS}: a process that keeps much memory is not kept itself")
def test_a_heavy_worker_ends_with_its_job(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud(WorkerLimits(idle_memory=300 << 20))
    client = cloud.client()
    started = tmp_path / "started"
    for number, keeps in enumerate(("keep 400", "keep 1", "keep 1")):
        ended(client, submit(client, "VideoH2V", cloud.objects.add(f"{number}.mp4", f"started {started}\n{keeps}"), "out.mp4"))
    heavy, light, again = numbers(started)
    assert heavy != light == again


@pytest.mark.contract(f"{OURS}: a job that takes too long fails")
def test_a_job_that_takes_too_long_fails(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud(WorkerLimits(seconds=1))
    client = cloud.client()
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"wait {tmp_path / 'never'}"), "out.mp4")
    assert "took longer than 1 s" in result(client, job, "Fail")["Message"]


@pytest.mark.contract(f"{OURS}: a service that is stopped takes its jobs up again")
def test_a_stopped_service_goes_on_with_its_jobs(make_cloud: CloudMaker, tmp_path: Path) -> None:
    cloud = make_cloud()
    client = cloud.client()
    started, gate = tmp_path / "started", tmp_path / "gate"
    job = submit(client, "VideoH2V", cloud.objects.add("a.mp4", f"started {started}\nwait {gate}\nmake 1.mp4 x"), "out.mp4")
    until(lambda: numbers(started))
    cloud.stop()
    assert workers() == []
    gate.touch()
    cloud.production = production(tmp_path)
    cloud.start()
    ended(cloud.client(), job)
    assert len(numbers(started)) == 2
    assert cloud.objects.written == ["out.mp4"]


@pytest.mark.contract("our assumption: a job is never lost and never done twice; what was under way is done again, to the same keys")
def test_a_killed_service_goes_on_with_its_jobs(make_cloud: CloudMaker, tmp_path: Path) -> None:
    started, gate = tmp_path / "started", tmp_path / "gate"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.contract.ims.serve_production", str(tmp_path), str(started), str(gate)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    ) as service:
        assert service.stdout is not None
        doomed = client_of(int(service.stdout.readline()))
        done = submit(doomed, "VideoH2V", "oss://media/done.mp4", "done-{timestamp}.mp4")
        first = ended(doomed, done).to_map()
        slow = [submit(doomed, "VideoH2V", "oss://media/slow", f"slow-{n}-{{timestamp}}.mp4") for n in range(3)]
        pids = until(lambda: numbers(started) if len(numbers(started)) == 2 else None)
        service.kill()
    until(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids))

    gate.touch()
    cloud = make_cloud(slow=f"started {started}\nmake 1.mp4 x")
    client = cloud.client()
    for job in slow:
        ended(client, job)
    assert len(numbers(started)) == 2 + 3
    assert sorted(key.rpartition("-")[0] for key in cloud.objects.written) == ["slow-0", "slow-1", "slow-2"]
    again = query(client, done).to_map()
    # The address of the laptop cloud is another one, and each answer has an id of its own.
    for answer in (first, again):
        answer.pop("RequestId")
        answer.pop("OutputUrls")
    assert again == first
    stamps = [
        json.loads(row["work"])["name"]["timestamp"] for row in cloud.service._parts.database.query("SELECT work FROM production_job")
    ]
    assert {key.rpartition("-")[2] for key in cloud.objects.written} <= {f"{stamp}.mp4" for stamp in stamps}
