"""What the services of the laptop cloud still answer while two production jobs have all its processors, beside what they answer idle.

python -m bench.production.sharing --seconds 20

The jobs are VideoDetext, the heaviest function, of a clip of 1280x720 and ten minutes, which never ends in that time. The requests go over
HTTP, one after the other, through the official SDKs: a PUT and a GET of 100 KB, and a question to IMS.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import oss2
import psutil
from alibabacloud_ice20201109 import models as ice
from alibabacloud_ice20201109.client import Client
from alibabacloud_tea_openapi import models as open_api

from localcloud.cloud import LaptopCloud
from localcloud.ims import EngineSettings
from localcloud.place import Place

WIDTH, HEIGHT, FPS = 1280, 720, 25
BUCKET = "media"
SECONDS_OF_FILM = 600
_FRAMES_OF_A_LOOP = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=20, help="of asking, once idle and once beside the jobs")
    seconds = arguments.parse_args().seconds
    logging.disable(logging.ERROR)  # nothing is deployed that could take the events of the uploads
    with tempfile.TemporaryDirectory() as folder:
        print_table(measured(Path(folder), seconds))


def measured(folder: Path, seconds: float) -> Mapping[str, Mapping[str, list[float]]]:
    """Milliseconds of each kind of request, idle and beside two jobs."""
    cloud = LaptopCloud(folder / "data", Place(), EngineSettings())
    cloud.start()
    try:
        users = Users(cloud)
        users.bucket.put_object_from_file("film.mp4", str(film(folder / "film.mp4")))
        found = {"idle": ask(users, seconds)}
        jobs = [users.submit(f"out-{number}.mp4") for number in range(2)]
        while not all(users.status(job) == "Analysing" for job in jobs):
            time.sleep(0.05)
        time.sleep(2)  # until both have imported what they need
        found["two jobs"] = ask(users, seconds)
        busy = psutil.cpu_percent(1)
        assert all(users.status(job) == "Analysing" for job in jobs), "a job ended before the measurement did"
        print(f"{psutil.cpu_count()} processors, {busy:.0f} % busy beside the two jobs")
        for job in jobs:
            users.client.cancel_iproduction_job(ice.CancelIProductionJobRequest(job_id=job))
        return found
    finally:
        cloud.stop()


class Users:
    """The official SDKs on one laptop cloud."""

    def __init__(self, cloud: LaptopCloud) -> None:
        key, address = cloud.keyring.account, cloud.endpoint.removeprefix("http://")
        settings = {"access_key_id": key.access_key_id, "access_key_secret": key.access_key_secret, "endpoint": address, "protocol": "http"}
        self.client: Any = Client(open_api.Config(**settings, region_id=Place().region))
        auth = oss2.AuthV4(key.access_key_id, key.access_key_secret)
        self.bucket = oss2.Bucket(auth, cloud.endpoint, BUCKET, region=Place().region)
        self.bucket.create_bucket()

    def submit(self, output: str) -> str:
        request = ice.SubmitIProductionJobRequest(
            function_name="VideoDetext",
            input=ice.SubmitIProductionJobRequestInput(type="OSS", media=f"oss://{BUCKET}/film.mp4"),
            output=ice.SubmitIProductionJobRequestOutput(type="OSS", media=f"oss://{BUCKET}/{output}"),
        )
        return str(self.client.submit_iproduction_job(request).body.job_id)

    def status(self, job: str) -> str:
        return str(self.client.query_iproduction_job(ice.QueryIProductionJobRequest(job_id=job)).body.status)


def ask(users: Users, seconds: float) -> Mapping[str, list[float]]:
    content = b"x" * 100_000
    kinds: Mapping[str, Callable[[], object]] = {
        "PUT 100 KB": lambda: users.bucket.put_object("asked", content),
        "GET 100 KB": lambda: users.bucket.get_object("asked").read(),
        "ListPipelines": lambda: users.client.list_pipelines(ice.ListPipelinesRequest()),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, call in kinds.items():
            begin = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - begin) * 1000)
    return taken


def print_table(found: Mapping[str, Mapping[str, list[float]]]) -> None:
    print("| request | " + " | ".join(f"{state}: p50 / p99 ms" for state in found) + " |")
    print("|---|" + "---|" * len(found))
    for name in next(iter(found.values())):
        print(f"| {name} | " + " | ".join(_row(taken[name]) for taken in found.values()) + " |")


def _row(taken: list[float]) -> str:
    ranked = statistics.quantiles(taken, n=100)
    return f"{ranked[49]:.1f} / {ranked[98]:.1f}"


def film(path: Path) -> Path:
    """Noise that moves: no encoder makes it small, and no decoder finds it easy."""
    random = np.random.default_rng(1)
    scenes = [np.kron(random.integers(0, 255, (45, 80, 3), dtype=np.uint8), np.ones((16, 16, 1), np.uint8)) for _ in range(2)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        packets = [packet for each in _frames(scenes) for packet in stream.encode(each)]
        packets += list(stream.encode())
        _loop(container, packets)
    return path


def _frames(scenes: list[Any]) -> Iterator[av.VideoFrame]:
    for number in range(_FRAMES_OF_A_LOOP):
        frame = av.VideoFrame.from_ndarray(np.roll(scenes[number % 2], number * 8, axis=1), format="bgr24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        yield frame


def _loop(container: Any, packets: list[Any]) -> None:
    """The same two seconds again and again: to encode ten minutes would take longer than to measure."""
    step = Fraction(_FRAMES_OF_A_LOOP, FPS)
    starts = [(packet.pts * packet.time_base, packet.dts * packet.time_base) for packet in packets]
    for round_number in range(SECONDS_OF_FILM * FPS // _FRAMES_OF_A_LOOP):
        for packet, (shown, decoded) in zip(packets, starts, strict=True):
            packet.pts = int((shown + round_number * step) / packet.time_base)
            packet.dts = int((decoded + round_number * step) / packet.time_base)
            container.mux(packet)


if __name__ == "__main__":
    main()
