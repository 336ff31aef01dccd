"""What SubmitIProductionJob refuses: each wrong parameter is named, with the reason, and leaves no job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_util.models import RuntimeOptions

from localcloud.identity import NotAllowed
from tests.contract.ims.cloud import PLACE, Cloud, rpc
from tests.contract.ims.producing import OURS, SAMPLES, SUBMIT, cancel, query, refused, submit

BOX = [0, 0, 0.3, 0.3]
WRONG_PARAMS: list[tuple[str, Any, str, str]] = [
    ("Cover", {"Model": "png"}, "JobParams.Model", "'' or 'gif'"),
    ("Cover", {"Model": 1}, "JobParams.Model", "'' or 'gif'"),
    ("VideoDelogo", {"LogoModel": "tv,radio"}, "JobParams.LogoModel", "tv, internet"),
    ("VideoDelogo", {"LogoModel": ""}, "JobParams.LogoModel", "tv, internet"),
    ("VideoDelogo", {"LogoModel": ["tv"]}, "JobParams.LogoModel", "tv, internet"),
    ("VideoDelogo", {"Boxes": [BOX]}, "JobParams.Boxes", "it is a string"),
    ("VideoDelogo", {"Boxes": json.dumps([BOX] * 3)}, "JobParams.Boxes", "it has 3 boxes, and may have 2"),
    ("VideoDelogo", {"Boxes": "[[0, 0, 0.3]]"}, "JobParams.Boxes", "[xmin, ymin, width, height]"),
    ("VideoDelogo", {"Boxes": "[[0, 0, 300, 300]]"}, "JobParams.Boxes", "from 0 to 1"),
    ("VideoDelogo", {"Boxes": "[[0.8, 0, 0.3, 0.3]]"}, "JobParams.Boxes", "reaches beyond the picture"),
    ("VideoDelogo", {"Boxes": "[[0, 0, 0, 0.3]]"}, "JobParams.Boxes", "is empty"),
    ("VideoDelogo", {"Boxes": "[[0, 0, NaN, 0.3]]"}, "JobParams.Boxes", "from 0 to 1"),
    ("VideoDelogo", {"Boxes": "[[0, 0, true, 0.3]]"}, "JobParams.Boxes", "from 0 to 1"),
    ("VideoDelogo", {"Boxes": "0,0,1,1"}, "JobParams.Boxes", "[[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]]"),
    ("VideoDelogo", {"Boxes": "[" * 5000}, "JobParams.Boxes", "[[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]]"),
    ("VideoDelogo", {"Boxes": "[]"}, "JobParams.Boxes", "list of boxes"),
    ("VideoDetext", {"LimitRegion": json.dumps([BOX])}, "JobParams.LimitRegion", "list of boxes"),
    ("VideoDetext", {"LimitRegion": BOX}, "JobParams.LimitRegion", "[xmin, ymin, width, height]"),
    ("VideoDetext", {"LimitRegion": [[0, 0.8, 1, 0.3]]}, "JobParams.LimitRegion", "beyond the picture"),
    ("VideoDetext", {"Time": "[5, 20]"}, "JobParams.Time", "[start, end]"),
    ("VideoDetext", {"Time": [20, 5]}, "JobParams.Time", "does not end after it begins"),
    ("VideoDetext", {"Time": [5, 5]}, "JobParams.Time", "does not end after it begins"),
    ("VideoDetext", {"Time": [-1, 5]}, "JobParams.Time", "does not end after it begins"),
    ("VideoDetext", {"Time": [5]}, "JobParams.Time", "[start, end]"),
    ("VideoDetext", {"Time": []}, "JobParams.Time", "[start, end]"),
    ("VideoDetext", {"Time": [[5, 20], [25, 43]]}, "JobParams.Time", "algo-video-detext-new"),
    ("CaptionExtraction", {"fps": 1}, "JobParams.fps", "greater than or equal to 2"),
    ("CaptionExtraction", {"fps": 11}, "JobParams.fps", "less than or equal to 10"),
    ("CaptionExtraction", {"fps": "5"}, "JobParams.fps", "integer"),
    ("CaptionExtraction", {"fps": True}, "JobParams.fps", "integer"),
    ("CaptionExtraction", {"roi": [0.1, 0.0, 0.3, 0.2]}, "JobParams.roi", "[[top, bottom], [left, right]]"),
    ("CaptionExtraction", {"roi": [[1, 0.5], [0, 1]]}, "JobParams.roi", "the first of a pair the smaller"),
    ("CaptionExtraction", {"roi": [[0.5, 1.5], [0, 1]]}, "JobParams.roi", "from 0 to 1"),
    ("CaptionExtraction", {"lang": "zh"}, "JobParams.lang", "'ch', 'en' or 'ch_ml'"),
    ("CaptionExtraction", {"track": "all"}, "JobParams.track", "'main'"),
    ("HybridCaptionExtraction", {"fps": 12}, "JobParams.fps", "less than or equal to 10"),
    ("HybridCaptionExtraction", {"roi": [[0.5, 1], [0, 1]]}, "JobParams.roi", "[xmin, ymin, width, height]"),
    ("HybridCaptionExtraction", {"lang": "ch"}, "JobParams.lang", "'zh' or 'en'"),
    ("VideoGreenScreenMatting", {"bgimage": "beach.jpg"}, "JobParams.bgimage", "oss://bucket/"),
    ("VideoGreenScreenMatting", {"bgimage": "http://100.100.100.200/latest"}, "JobParams.bgimage", "metadata"),
    ("FaceBeauty", {"beauty_params": {"whiten": 20}}, "JobParams.beauty_params", "whiten=20,smooth=50,face_thin=50"),
    ("FaceBeauty", {"beauty_params": "whiten"}, "JobParams.beauty_params", "whiten=20,smooth=50,face_thin=50"),
    ("FaceBeauty", {"beauty_params": "whiten=101"}, "JobParams.beauty_params", "from 0 to 100"),
    ("FaceBeauty", {"beauty_params": "smooth=-1"}, "JobParams.beauty_params", "from 0 to 100"),
    ("FaceBeauty", {"beauty_params": "smooth=much"}, "JobParams.beauty_params", "from 0 to 100"),
    ("AudioMixing", {"inputs": []}, "JobParams.inputs", "it has 0 tracks"),
    ("AudioMixing", {"inputs": [{"file": "oss://media/a"}] * 2}, "JobParams.inputs", "it has 2 tracks, and must have one"),
    ("AudioMixing", {"inputs": [{"url": "oss://media/a"}]}, "JobParams.inputs", '[{"file": "http'),
    ("AudioMixing", {"inputs": "ftp://media/a"}, "JobParams.inputs", "http://"),
    ("VideoH2V", "{", "JobParams", "not JSON"),
    ("VideoH2V", "[]", "JobParams", "not a JSON object"),
    ("VideoH2V", "[" * 5000, "JobParams", "not JSON"),
    ("VideoH2V", '{"a": "\\ud800"}', "JobParams", "not JSON"),
]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One for all that is refused, since that leaves nothing behind, as each test sees."""
    made = Cloud(tmp_path_factory.mktemp("cloud"))
    yield made
    made.stop()


def jobs(cloud: Cloud) -> int:
    return len(cloud.service._parts.database.query("SELECT 1 FROM production_job"))


@pytest.mark.contract(f"{SUBMIT}: JobParams JSON fields")
@pytest.mark.parametrize(("function", "job_params", "field", "why"), WRONG_PARAMS)
def test_wrong_parameters_of_functions(refusing: Cloud, function: str, job_params: Any, field: str, why: str) -> None:
    status, code, message = refused(submit, refusing.client(), function, "oss://media/a.mp4", SAMPLES[function][0], job_params=job_params)
    assert (status, code) == (400, "InvalidParameter")
    assert f'"{field}"' in message
    assert why in message
    assert jobs(refusing) == 0


def entry(media: str = "oss://media/a.mp4", kind: str = "OSS") -> Any:
    return ice.SubmitIProductionJobRequestInput(type=kind, media=media)


def place(media: str | None = "oss://media/b.mp4", kind: str = "OSS", **more: str) -> Any:
    return ice.SubmitIProductionJobRequestOutput(type=kind, media=media, **more)


def schedule(**given: Any) -> Any:
    return ice.SubmitIProductionJobRequestScheduleConfig(**given)


@pytest.mark.contract(f"{SUBMIT}: request parameters; {OURS}: the codes, which are those of the common error page")
@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"function": "VideoUpscale"}, "FunctionName", "it is not one of Cover, VideoClip"),
        ({"input": entry(kind="URL")}, "Input.Type", "'OSS' or 'Media'"),
        ({"input": entry("a.mp4")}, "Input.Media", "neither oss://bucket/key nor http(s)://bucket.oss-"),
        ({"input": entry("oss://media")}, "Input.Media", "neither oss://"),
        ({"input": entry("oss://media/")}, "Input.Media", "neither oss://"),
        ({"input": entry("http://example.com/a.mp4")}, "Input.Media", "neither oss://"),
        ({"input": entry("http://media.oss-cn-nowhere.aliyuncs.com/a.mp4")}, "Input.Media", f"must be in {PLACE.region}"),
        ({"input": entry(f"http://media.oss-{PLACE.region}.aliyuncs.com/")}, "Input.Media", "neither oss://"),
        ({"input": entry(f"http://media.oss-{PLACE.region}.aliyuncs.com/a?Signature=s")}, "Input.Media", "it has a query"),
        ({"input": entry("http://[/a")}, "Input.Media", "neither oss://"),
        ({"input": entry("http://host:port/a")}, "Input.Media", "neither oss://"),
        ({"input": entry("no such media", "Media")}, "Input.Media", 'there is no media "no such media"'),
        ({"output": place(kind="URL")}, "Output.Type", "'OSS' or 'Media'"),
        ({"output": place("b.mp4")}, "Output.Media", "neither oss://"),
        ({"output": place("oss://nowhere/b.mp4")}, "Output.Media", 'there is no bucket "nowhere"'),
        ({"output": place("oss://media/{date}.mp4")}, "Output.Media", "{date} is no placeholder"),
        ({"output": place("oss://media//b.mp4")}, "Output.Media", "begins with no slash"),
        ({"output": place("oss://media/" + "片" * 400)}, "Output.Media", "at most 1023 bytes"),
        ({"output": place("oss://media/b.mp4", biz="ICE")}, "Output.Biz", "'IMS' or 'VOD'"),
        ({"output": place("other", "Media", output_url="oss://media/b.mp4")}, "Output.Media", 'there is no media "other"'),
        ({"output": place("", "Media", output_url="b.mp4")}, "Output.OutputUrl", "neither oss://"),
        ({"output": place("", "Media", output_url="oss://nowhere/b.mp4")}, "Output.OutputUrl", 'there is no bucket "nowhere"'),
        ({"function": "Cover"}, "Output.Media", "{sequenceId} in their name"),
        ({"function": "MusicDemix", "output": place("oss://media/{sequenceId}.wav")}, "Output.Media", "{resultType} in their name"),
        ({"name": "n" * 101}, "Name", "at most 100 characters"),
        ({"user_data": "u" * 257}, "UserData", "at most 256 characters"),
        ({"model_id": "algo-video-detext-new"}, "ModelId", "VideoH2V has no other model"),
        ({"function": "VideoDetext", "model_id": "algo-new"}, "ModelId", "algo-video-detext-new"),
        ({"template_id": "none"}, "TemplateId", 'there is no template "none"'),
        ({"schedule_config": schedule(priority=0)}, "ScheduleConfig.Priority", "greater than or equal to 1"),
        ({"schedule_config": schedule(priority=11)}, "ScheduleConfig.Priority", "less than or equal to 10"),
        ({"schedule_config": schedule(priority="6")}, "ScheduleConfig.Priority", "integer"),
        ({"schedule_config": schedule(pipeline_id="none")}, "ScheduleConfig.PipelineId", 'there is no pipeline "none"'),
    ],
)
def test_wrong_parameters(refusing: Cloud, changed: dict[str, Any], field: str, why: str) -> None:
    given = {"function": "VideoH2V", "source": "oss://media/a.mp4", "output": place(), **changed}
    status, code, message = refused(submit, refusing.client(), **given)
    assert (status, code) == (400, "InvalidParameter")
    assert f'"{field}"' in message
    assert why in message
    assert jobs(refusing) == 0


@pytest.mark.contract(f"{SUBMIT}: what is required; IMS, common error codes: MissingParameter")
@pytest.mark.parametrize(
    ("without", "field"),
    [
        ({"FunctionName": None}, "FunctionName"),
        ({"Input": None}, "Input"),
        ({"Input": '{"Type":"OSS"}'}, "Input.Media"),
        ({"Input": '{"Media":"oss://media/a.mp4"}'}, "Input.Type"),
        ({"Output": None}, "Output"),
        ({"Output": '{"Type":"OSS"}'}, "Output.Media"),
        ({"Output": '{"Type":"Media","Media":""}'}, "Output.OutputUrl"),
        ({"FunctionName": "AudioMixing"}, "JobParams.inputs"),
    ],
)
def test_missing_parameters(refusing: Cloud, without: dict[str, Any], field: str) -> None:
    given = {
        "FunctionName": "VideoH2V",
        "Input": '{"Type":"OSS","Media":"oss://media/a.mp4"}',
        "Output": '{"Type":"OSS","Media":"oss://media/b.mp4"}',
        **without,
    }
    request = open_api.OpenApiRequest(query={name: value for name, value in given.items() if value is not None})
    with pytest.raises(ClientException) as caught:
        refusing.client().call_api(rpc("SubmitIProductionJob", "2020-11-09"), request, RuntimeOptions())
    assert (caught.value.status_code, caught.value.code) == (400, "MissingParameter")
    assert f'"{field}"' in caught.value.data["Message"]
    assert jobs(refusing) == 0


@pytest.mark.contract(f"{SUBMIT}: the longest that is allowed")
def test_what_is_just_allowed(cloud: Cloud) -> None:
    client = cloud.client()
    submit(client, "VideoH2V", "oss://media/a.mp4", "b.mp4", name="名" * 100, user_data="数" * 256, schedule_config=schedule(priority=1))
    submit(client, "VideoH2V", "oss://media/a.mp4", "b" * 1023, schedule_config=schedule(priority=10), job_params="")
    for function, job_params in (
        ("VideoDelogo", {"Boxes": "[[0, 0, 1, 1], [0.7, 0, 0.3, 0.3]]"}),
        ("VideoDetext", {"LimitRegion": [BOX, BOX, BOX], "Time": [0, 0.5]}),
        ("CaptionExtraction", {"fps": 2}),
        ("HybridCaptionExtraction", {"fps": 10}),
        ("FaceBeauty", {"beauty_params": "whiten=0,smooth=100"}),
    ):
        submit(client, function, "oss://media/a.mp4", SAMPLES[function][0], job_params=job_params)
    submit(client, "VideoDetext", "oss://media/a.mp4", "b.mp4", job_params={"Time": [[1, 2]]})
    assert jobs(cloud) == 8


class OnlyQueries:
    """An authority that lets every role ask about jobs, and nothing else."""

    def check(self, role: str, action: str, resource: str) -> None:
        if action != "ice:QueryIProductionJob":
            raise NotAllowed(role, action, resource, explicit=False)

    def check_service(self, service: str, role: str, action: str, resource: str) -> None:
        self.check(role, action, resource)


@pytest.mark.contract(f"{SUBMIT}: RAM authorization ice:SubmitIProductionJob on all resources, and its like")
def test_rights(cloud: Cloud) -> None:
    job = submit(cloud.client(), "VideoH2V", "oss://media/a.mp4", "b.mp4")
    cloud.keyring.authority = OnlyQueries()
    client = cloud.client(cloud.keyring.issue("reader", 600))
    assert query(client, job).job_id == job
    assert refused(submit, client, "VideoH2V", "oss://media/a.mp4", "b.mp4")[:2] == (403, "Forbidden.RAM")
    assert refused(cancel, client, job)[:2] == (403, "Forbidden.RAM")
