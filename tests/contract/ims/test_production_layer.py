"""Our client of production jobs: beside the official SDK's requests, and against the laptop cloud's service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from alibabacloud_ice20201109 import models as ice

from sightline.credentials import Credentials
from sightline.errors import ServiceRefused, UnusableAnswer
from sightline.host import Host
from sightline.http import Connections
from sightline.ims.production.client import ProductionClient, ProductionJob, ProductionRequest
from sightline.ims.production.results import CoverImage, MusicSegment, cover_images, music_segments, quality_scores
from sightline.ims.transport import ImsTransport
from tests.contract.ims.cloud import KEY, Cloud, client, until
from tests.contract.ims.producing import OURS, QUERY, SAMPLES, SUBMIT
from tests.fakes.recorder import Recorder

CAPTURED = "captured from alibabacloud_ice20201109 6.20.2"


@pytest.fixture
def network() -> Iterator[Connections]:
    made = Connections()
    yield made
    made.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.stop()


def of(port: int, network: Connections, pipeline: str = "") -> ProductionClient:
    key = Credentials(KEY.access_key_id, KEY.access_key_secret)
    return ProductionClient(ImsTransport(Host(network), lambda: key, f"http://127.0.0.1:{port}"), pipeline)


@pytest.fixture
def ours(cloud: Cloud, network: Connections) -> ProductionClient:
    return of(cloud.door.port, network)


def ended(ours: ProductionClient, job_id: str) -> ProductionJob:
    def look() -> ProductionJob | None:
        job = ours.query(job_id)
        return job if job.state in ("Success", "Fail") else None

    return until(look)


def run(ours: ProductionClient, function: str, source: str, output: str, **more: Any) -> ProductionJob:
    return ended(ours, ours.submit(ProductionRequest(function, source, f"oss://media/{output}", **more)))


@pytest.mark.contract(CAPTURED)
def test_the_parameters_of_an_order_are_the_sdks(recorder: Recorder, network: Connections) -> None:
    recorder.answer = {"JobId": "j", "RequestId": "r"}
    job_params = '{"LimitRegion":[[0,0.5,1,0.5]],"Time":[[5,20],[25,43]]}'
    request = ProductionRequest(
        "VideoDetext",
        "oss://media/in 测.mp4",
        "oss://media/out.mp4",
        json.loads(job_params),
        '{"test":1}',
        "测试任务",
        6,
        "algo-video-detext-new",
    )
    of(recorder.port, network, "p").submit(request)
    client(recorder.port).submit_iproduction_job(
        ice.SubmitIProductionJobRequest(
            function_name="VideoDetext",
            input=ice.SubmitIProductionJobRequestInput(type="OSS", media="oss://media/in 测.mp4"),
            output=ice.SubmitIProductionJobRequestOutput(type="OSS", media="oss://media/out.mp4"),
            job_params=job_params,
            schedule_config=ice.SubmitIProductionJobRequestScheduleConfig(pipeline_id="p", priority=6),
            user_data='{"test":1}',
            name="测试任务",
            model_id="algo-video-detext-new",
        )
    )
    mine, official = recorder.requests
    assert (mine.method, urlsplit(mine.target).path, mine.body) == (official.method, urlsplit(official.target).path, official.body)
    assert sorted(parse_qsl(urlsplit(mine.target).query)) == sorted(parse_qsl(urlsplit(official.target).query))
    for header in ("x-acs-action", "x-acs-version"):
        assert mine.headers[header] == official.headers[header]


@pytest.mark.contract(CAPTURED)
def test_the_questions_about_a_job_are_the_sdks(recorder: Recorder, network: Connections) -> None:
    sdk, mine = client(recorder.port), of(recorder.port, network)
    with suppress(UnusableAnswer):
        mine.query("j")
    sdk.query_iproduction_job(ice.QueryIProductionJobRequest(job_id="j"))
    mine.cancel("j")
    sdk.cancel_iproduction_job(ice.CancelIProductionJobRequest(job_id="j"))
    *asked, our_cancel, their_cancel = recorder.requests
    for one, other in ((asked[0], asked[-1]), (our_cancel, their_cancel)):
        assert (one.method, one.target, one.headers["x-acs-action"]) == (other.method, other.target, other.headers["x-acs-action"])


@pytest.mark.contract(f"{SUBMIT}; {QUERY}")
@pytest.mark.parametrize("function", SAMPLES)
def test_every_function_runs(cloud: Cloud, ours: ProductionClient, function: str) -> None:
    output, made, parameters = SAMPLES[function]
    cloud.objects.add("other.wav", "")
    script = [f"make {made} it", "note in part", 'find {"covers":[{"score":8.27,"milliseconds":28278.25}],"result":[],"score":1}']
    source = cloud.objects.add("in/clip one.mp4", "\n".join(script[not made :]))
    job = run(ours, function, source, output, parameters=parameters, user_data='{"test":1}', name="测试任务", priority=1)
    assert (job.function, job.state, job.user_data, job.reason) == (function, "Success", '{"test":1}', "")
    assert [Path(key).name.startswith("clip one") for key in job.outputs] == [True] * bool(made)
    assert cloud.objects.written == list(job.outputs)
    assert "in part" in job.notes


@pytest.mark.contract(QUERY)
def test_what_functions_find(cloud: Cloud, ours: ProductionClient) -> None:
    covers = [{"score": 5.5, "milliseconds": 1000}, {"score": 8.25, "milliseconds": 2500.5}]
    source = cloud.objects.add("a.mp4", "make 1.png x\nmake 2.png y\nfind " + json.dumps({"covers": covers}))
    job = run(ours, "Cover", source, "covers/{source}-{sequenceId}.png")
    assert cover_images(job) == [CoverImage(8.25, 2.5005, "covers/a-00002.png"), CoverImage(5.5, 1, "covers/a-00001.png")]
    found = {"result": [{"start": 39.32, "end": 63.85, "title": "副歌"}]}
    job = run(ours, "MusicSegmentDetect", cloud.objects.add("a.wav", f"make a.json {{}}\nfind {json.dumps(found)}"), "a.json")
    assert music_segments(job) == [MusicSegment(39.32, 63.85, "副歌")]
    job = run(ours, "AudioQualityAssessment", cloud.objects.add("b.wav", 'find {"score":81.5,"snr":24}'), "unused")
    assert (quality_scores(job), list(job.outputs)) == ({"score": 81.5, "snr": 24}, [])


@pytest.mark.contract(f"{QUERY}: Queuing, Analysing, Success, Fail")
def test_states_a_failure_and_a_cancelled_job(cloud: Cloud, ours: ProductionClient, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    source = cloud.objects.add("slow.mp4", f"wait {gate}\nmake a.mp4 x")
    jobs = [ours.submit(ProductionRequest("VideoH2V", source, f"oss://media/{place}.mp4")) for place in range(3)]
    until(lambda: [ours.query(job).state for job in jobs] == ["Analysing", "Analysing", "Queuing"])
    ours.cancel(jobs[2])
    cancelled = ours.query(jobs[2])
    assert (cancelled.state, cancelled.reason.partition(":")[0]) == ("Fail", "Cancelled")
    gate.touch()
    assert [ended(ours, job).state for job in jobs[:2]] == ["Success", "Success"]
    with pytest.raises(ServiceRefused, match="OperationDenied"):
        ours.cancel(jobs[0])
    broken = run(ours, "VideoH2V", cloud.objects.add("b.mp4", "unfit Input.Media has no picture"), "b.mp4")
    assert (broken.state, list(broken.outputs)) == ("Fail", [])
    assert "has no picture" in broken.reason


@pytest.mark.contract(OURS + ": the code for an unknown job")
def test_a_job_that_nobody_knows(ours: ProductionClient) -> None:
    with pytest.raises(ServiceRefused) as raised:
        ours.query("0" * 32)
    assert raised.value.missing
