"""Smart tag jobs as the official SDK sees them, over HTTP."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_util.models import RuntimeOptions

from localcloud.identity import Credential
from tests.contract.ims.cloud import PLACE, Cloud, Website, rpc, until

SEED = "IPC content understanding, the published guide and its sample answers"
QUERY = "QuerySmarttagJob, API reference"


def create_template(client: Any, analyse_types: str = "vlEventDesc") -> str:
    config = {"AnalyseTypes": analyse_types, "Industry": "common", "Scene": "search", "TemplateName": "ipc_template_001"}
    request = ice.CreateCustomTemplateRequest(name="ipc_template_001", template_config=json.dumps(config), type=11)
    return str(client.create_custom_template(request).body.custom_template.template_id)


def submit(client: Any, media: object, kind: str = "Multi", **parameters: Any) -> str:
    text = media if isinstance(media, str) else json.dumps(media)
    job_input = ice.SubmitSmarttagJobRequestInput(type=kind, media=text)
    response = client.submit_smarttag_job(ice.SubmitSmarttagJobRequest(input=job_input, **parameters))
    return str(response.body.job_id)


def images(*addresses: str) -> dict[str, object]:
    return {"type": "URL", "inputs": list(addresses)}


def video(address: str, **extra: object) -> dict[str, object]:
    return {"type": "URL", "inputs": [address], "extra": {"mediaType": "video", **extra}}


def query(client: Any, job: str) -> Any:
    return client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job)).body


def result(client: Any, job: str, state: str = "Success") -> Any:
    """The answer of a job that has ended so."""

    def ended() -> Any:
        body = query(client, job)
        return body if body.job_status in ("Success", "Fail") else None

    body = until(ended)
    assert body.job_status == state, body.results.result[0].data
    return body


def reason(client: Any, job: str) -> str:
    return str(result(client, job, "Fail").results.result[0].data)


def given(body: Any) -> dict[str, Any]:
    """The results by type, their JSON read as often as it was written."""
    results = {each.type: json.loads(each.data) for each in body.results.result}
    return {name: json.loads(data) if isinstance(data, str) else data for name, data in results.items()}


def engine_notes(body: Any) -> list[str]:
    notes: list[str] = given(body)["Engine"]["notes"]
    return notes


def bind(client: Any, pipeline: str, notify: dict[str, str]) -> Any:
    """UpdatePipeline of MPS, which has no SDK here; called the way its SDK would."""
    params = rpc("UpdatePipeline", "2014-06-18")
    asked = {"PipelineId": pipeline, "Name": "ipc", "State": "Active", "NotifyConfig": json.dumps(notify), "Role": "AliyunMTSDefaultRole"}
    return client.call_api(params, open_api.OpenApiRequest(query=asked), RuntimeOptions())["body"]


def bound(client: Any, *pipelines: str) -> Any:
    """QueryPipelineList of MPS."""
    query = {"PipelineIds": ",".join(pipelines)}
    return client.call_api(rpc("QueryPipelineList", "2014-06-18"), open_api.OpenApiRequest(query=query), RuntimeOptions())["body"]


def default_pipeline(client: Any) -> str:
    return str(client.list_pipelines(ice.ListPipelinesRequest()).body.pipeline_list[0].pipeline_id)


def states(cloud: Cloud, job: str) -> list[str]:
    return [message["State"] for message in (json.loads(body) for _, body in cloud.queues.taken) if message["JobId"] == job]


@pytest.mark.contract(SEED)
@pytest.mark.parametrize("settings", [{}, {"signature_algorithm": "v2"}], ids=["ACS3-HMAC-SHA256", "HMAC-SHA1"])
def test_the_guide_to_content_understanding(cloud: Cloud, website: Website, settings: dict[str, Any]) -> None:
    client = cloud.client(**settings)

    config = '{"AnalyseTypes":"vlEventDesc","Industry":"common","Scene":"search","TemplateName":"ipc_template_001"}'
    request = ice.CreateCustomTemplateRequest(name="ipc_template_001", template_config=config, type=11)
    template = client.create_custom_template(request).body.custom_template
    assert (template.type, template.type_name, template.status, template.is_default) == (11, "AISmarttagTemplate", "Normal", False)
    assert (template.template_name, template.template_config) == ("ipc_template_001", config)

    media = images(website.put("1.png", "say A man eats, 很好"), website.put("2.png", "say A man eats, 很好"))
    job = submit(
        client, media, title="ipc-test-001", template_id=template.template_id, params='{"vlEventDescParams":{"deviceId":"camera_001"}}'
    )
    body = result(client, job)

    event = body.results.result[0]
    assert event.type == "EventDesc"
    assert event.data.startswith('"{\\"brief\\":\\"A man eats, 很好\\"')
    assert json.loads(json.loads(event.data)) == {
        "brief": "A man eats, 很好",
        "caption": "A man eats, 很好",
        "action": ["walking"],
        "label": {"package": True, "human": True, "pet": False, "vehicle": False},
        "title": "A man eats, 很好",
        "event": ["person walking"],
        "object": ["person", "包裹"],
    }
    assert json.loads(body.user_data) == {"fromICE": True, "pk": int(PLACE.account_id)}


@pytest.mark.contract("our assumption: a result of our own beside the cloud's; clients pass over types they don't know")
def test_every_result_names_its_engine_and_what_that_can_not_see(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    template = create_template(client, "vlEventDesc,landmark,nlp")
    address = website.put("v.m3u8", "say it")
    job = submit(client, video(address, fps=2, targetLanguage="it"), template_id=template, params='{"needAsrData":true}')

    body = result(client, job)

    engine = given(body)["Engine"]
    assert (engine["name"], engine["cannotSee"]) == ("scripted", ["anything"])
    assert engine["notes"][0] == "video of 1"
    told = " ".join(engine["notes"][1:])
    assert all(part in told for part in ("nothing was transcribed: no speech endpoint", "AnalyseTypes landmark", "AnalyseTypes nlp"))


@pytest.mark.contract("SubmitSmarttagJob, API reference: Input.Type, Input.Media; IPC content understanding: extra.mediaType")
def test_what_a_media_is_taken_for(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    clip, picture = website.put("clip", "say a"), website.put("a.jpg", "say a")
    stored = cloud.objects.add("a folder/视频 +.mp4", b"say a")
    jobs = [
        submit(client, images(picture)),
        submit(client, images(picture, picture, picture)),
        submit(client, video(clip)),
        submit(client, stored, "OSS"),
        submit(client, f"{picture}?Signature=x", "URL"),
    ]
    kinds = [engine_notes(result(client, job))[0] for job in jobs]
    assert kinds == ["image of 1", "sequence of 3", "video of 1", "video of 1", "image of 1"]


@pytest.mark.contract("SubmitSmarttagJob, API reference: the address of an object is printed as OSS://bucket/object")
def test_the_scheme_of_an_object_may_be_in_capitals(cloud: Cloud) -> None:
    client = cloud.client()
    stored = cloud.objects.add("Photos/A.JPG", b"say a").replace("oss://", "OSS://")
    jobs = [
        submit(client, stored, "OSS"),
        submit(client, stored, "URL"),
        submit(client, {"type": "OSS", "inputs": [stored, stored]}),
        submit(client, {"type": "OSS", "inputs": [stored], "extra": {"mediaType": "video"}}),
    ]
    kinds = [engine_notes(result(client, job))[0] for job in jobs]
    assert kinds == ["image of 1", "image of 1", "sequence of 2", "video of 1"]


@pytest.mark.contract("IPC content understanding: extra.fps, extra.targetLanguage; our assumption: what is not followed is named")
def test_extra_is_never_swallowed(cloud: Cloud, website: Website) -> None:
    client, clip = cloud.client(), website.put("clip", "say a")
    notes = engine_notes(result(client, submit(client, video(clip, fps=2, targetLanguage="it"))))
    assert "not done by this laptop cloud: extra.fps 2 (the engine itself decides how often it looks)" in notes
    assert cloud.scripted.wishes[-1].language == "it"
    assert not any("fps" in note for note in engine_notes(result(client, submit(client, video(clip)))))


@pytest.mark.contract(f"{QUERY}: callback message format, JobStatus")
@pytest.mark.parametrize("target", [{"Topic": "callbacks"}, {"QueueName": "callbacks"}])
def test_each_change_of_state_is_told_in_order(cloud: Cloud, website: Website, target: dict[str, str]) -> None:
    client = cloud.client()
    pipeline = default_pipeline(client)
    assert bind(client, pipeline, target)["Pipeline"]["NotifyConfig"] == target
    cloud.queues.failures = 3
    good = submit(client, images(website.put("a.jpg", "say a")), user_data='{"mine": "数据"}')
    bad = submit(client, images(website.put("b.jpg", "unreadable it is no picture")), user_data="")

    until(lambda: states(cloud, good)[1:] and states(cloud, bad)[1:])

    assert states(cloud, good) == ["Processing", "Success"]
    assert states(cloud, bad) == ["Processing", "Fail"]
    where, body = next(taken for taken in cloud.queues.taken if good in taken[1])
    assert where == ("topic callbacks" if "Topic" in target else "queue callbacks")
    assert json.loads(body) == {"Type": "smarttag", "JobId": good, "State": "Processing", "UserData": '{"mine": "数据"}'}
    assert query(client, good).user_data == '{"mine": "数据"}'


@pytest.mark.contract("MPS UpdatePipeline, error codes QueueNotExist and TopicNotExist")
@pytest.mark.parametrize(("target", "code"), [({"Topic": "gone"}, "TopicNotExist"), ({"QueueName": "gone"}, "QueueNotExist")])
def test_a_callback_that_leads_nowhere_is_refused(cloud: Cloud, target: dict[str, str], code: str) -> None:
    client = cloud.client()
    with pytest.raises(ClientException) as caught:
        bind(client, default_pipeline(client), target)
    assert caught.value.code == code


@pytest.mark.contract("our assumption: a binding that is lost later stops no job, and what could not be told is told once it can be")
def test_a_lost_callback_stops_no_job(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    bind(client, default_pipeline(client), {"Topic": "callbacks"})
    cloud.queues.topics.clear()
    job = submit(client, images(website.put("a.jpg", "say a")))
    result(client, job)
    assert cloud.queues.taken == []

    cloud.queues.topics.add("callbacks")
    until(lambda: len(states(cloud, job)) == 2)
    assert states(cloud, job) == ["Processing", "Success"]


@pytest.mark.contract("Pipelines, product overview: two jobs of a pipeline run at the same time by default")
def test_two_jobs_run_at_a_time_in_the_order_of_submission(cloud: Cloud, website: Website, tmp_path: Path) -> None:
    client = cloud.client()
    gate = tmp_path / "gate"
    jobs = [submit(client, images(website.put(f"{number}.jpg", f"wait {gate}\nsay {number}"))) for number in range(3)]
    until(lambda: [query(client, job).job_status for job in jobs] == ["Processing", "Processing", "Submitted"])
    assert query(client, jobs[0]).results is None
    gate.touch()
    for job in jobs:
        result(client, job)


@pytest.mark.contract("ICE UpdatePipeline, API reference: Status Paused")
def test_a_paused_pipeline_keeps_its_jobs(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    pipeline = client.create_pipeline(ice.CreatePipelineRequest(name="slow", speed="Standard")).body.pipeline
    assert (pipeline.status, pipeline.priority, pipeline.speed) == ("Active", 6, "Standard")
    client.update_pipeline(ice.UpdatePipelineRequest(pipeline_id=pipeline.pipeline_id, status="Paused"))
    schedule = ice.SubmitSmarttagJobRequestScheduleConfig(pipeline_id=pipeline.pipeline_id, priority="6")
    address = website.put("a.jpg", "say a")
    paused = submit(client, images(address), schedule_config=schedule)
    result(client, submit(client, images(address)))
    assert query(client, paused).job_status == "Submitted"
    with pytest.raises(ClientException, match="waiting or running"):
        client.delete_pipeline(ice.DeletePipelineRequest(pipeline_id=pipeline.pipeline_id))

    client.update_pipeline(ice.UpdatePipelineRequest(pipeline_id=pipeline.pipeline_id, status="Active"))
    result(client, paused)
    assert client.delete_pipeline(ice.DeletePipelineRequest(pipeline_id=pipeline.pipeline_id)).body.success
    with pytest.raises(ClientException, match="does not exist"):
        client.get_pipeline(ice.GetPipelineRequest(pipeline_id=pipeline.pipeline_id))


@pytest.mark.contract("Alibaba's own MCP server for IMS reads the reason of a failure from Results.Result[0].Data")
def test_a_job_that_fails_says_why_and_no_secret(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    reasons = {
        website.put("a.jpg", "raise a secret bug"): "failed with ZeroDivisionError; its log says more",
        website.put("b.jpg", "unreadable it is a text file"): "it is a text file",
        f"{website.address}/loop?Signature=secret": "too many redirects",
        f"{website.address}/404?Signature=secret": f"{website.address}/404 can't be fetched: HTTP 404",
        f"{website.address}/to?ftp://example.com/?Signature=secret": "neither http nor https",
        "http://user:secret@127.0.0.1:1/a.jpg?Signature=secret": "http://127.0.0.1:1/a.jpg can't be fetched: the server can't be reached",
        "oss://media/nothing": "oss://media/nothing does not exist",
    }
    for job, words in {submit(client, images(address)): words for address, words in reasons.items()}.items():
        told = reason(client, job)
        assert words in told
        assert "secret" not in told


@pytest.mark.contract(SEED)
@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"template_id": "unknown"}, "InvalidParameter", "TemplateId"),
        ({"title": "标" * 86}, "InvalidParameter", "Title"),
        ({"user_data": "x" * 1025}, "InvalidParameter", "UserData"),
        ({"params": '{"vlEventDescParams":{"deviceId":"camera 001"}}'}, "InvalidParameter", "Params.vlEventDescParams.deviceId"),
        ({"params": "{"}, "InvalidParameter", "Params"),
        ({"media": {"type": "URL", "inputs": []}}, "InvalidParameter", "Input.Media.inputs"),
        ({"media": {"type": "URL", "inputs": ["file:///etc/passwd"]}}, "InvalidParameter", "Input.Media"),
        ({"media": "no JSON"}, "InvalidParameter", "Input.Media"),
        ({"media": video("http://127.0.0.1/", targetLanguage="xx")}, "InvalidParameter", "targetLanguage"),
        ({"kind": "Video"}, "InvalidParameter", "Input.Type"),
        ({"kind": "OSS", "media": "oss://bucket"}, "InvalidParameter", "Input.Media"),
        ({"kind": "Media", "media": "0" * 32}, "InvalidParameter", "Input.Media"),
        ({"media": images("http://100.100.100.200/latest/meta-data")}, "InvalidParameter", "Input.Media"),
        ({"notify_url": "mns://queues/callbacks"}, "InvalidParameter", "NotifyUrl"),
        ({"template_config": '{"FaceCategoryIds":7}'}, "InvalidParameter", "TemplateConfig"),
    ],
)
def test_a_wrong_parameter_is_named(cloud: Cloud, changed: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(ClientException) as caught:
        submit(cloud.client(), **{"media": images("http://127.0.0.1/a.jpg"), **changed})
    assert (caught.value.status_code, caught.value.code) == (400, code)
    assert named in caught.value.message
    assert caught.value.data.get("Recommend").startswith("https://")


@pytest.mark.contract("IMS, common error codes")
def test_refusals(cloud: Cloud) -> None:
    client = cloud.client()

    def refused(call: Any, request: Any) -> tuple[int, str]:
        with pytest.raises(ClientException) as caught:
            call(request)
        assert caught.value.data["RequestId"]
        return caught.value.status_code, caught.value.code

    assert refused(client.query_smarttag_job, ice.QuerySmarttagJobRequest()) == (400, "MissingParameter")
    assert refused(client.query_smarttag_job, ice.QuerySmarttagJobRequest(job_id="x")) == (404, "ResourceNotFound")
    assert refused(client.get_media_info, ice.GetMediaInfoRequest(media_id="x")) == (404, "InvalidApi.NotFound")
    other = cloud.client(Credential("LTAItest", "a wrong secret"))
    assert refused(other.query_smarttag_job, ice.QuerySmarttagJobRequest(job_id="x")) == (400, "SignatureDoesNotMatch")
    stranger = cloud.client(Credential("LTAIstranger", "the secret"))
    assert refused(stranger.query_smarttag_job, ice.QuerySmarttagJobRequest(job_id="x")) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.contract("SDK alibabacloud_tea_openapi: security_token")
@pytest.mark.parametrize("settings", [{}, {"signature_algorithm": "v2"}], ids=["ACS3-HMAC-SHA256", "HMAC-SHA1"])
def test_temporary_keys_are_accepted(cloud: Cloud, settings: dict[str, Any]) -> None:
    assert create_template(cloud.client(cloud.keyring.issue("role", 60), **settings))


@pytest.mark.contract("SubmitSmarttagJob, API reference: Title at most 256 bytes, Content and UserData 1 KB; in UTF-8 (assumption)")
@pytest.mark.parametrize(("name", "limit"), [("title", 256), ("content", 1024), ("user_data", 1024)])
def test_texts_are_measured_in_bytes(cloud: Cloud, name: str, limit: int) -> None:
    client = cloud.client()
    full = "中" * (limit // 3) + "a" * (limit % 3)
    submit(client, images("oss://media/a.jpg"), **{name: full})
    with pytest.raises(ClientException) as caught:
        submit(client, images("oss://media/a.jpg"), **{name: full + "a"})
    assert caught.value.code == "InvalidParameter"


@pytest.mark.contract("the SDK types numbers as int32; one that is none is an InvalidParameter")
def test_numbers_beyond_int32(cloud: Cloud) -> None:
    config = '{"AnalyseTypes":"vlEventDesc"}'
    request = ice.CreateCustomTemplateRequest(name="one", template_config=config, type=11, subtype=2**64)
    with pytest.raises(ClientException) as caught:
        cloud.client().create_custom_template(request)
    assert caught.value.code == "InvalidParameter"


@pytest.mark.contract("our assumption: a stop is not held up by servers that never answer")
def test_a_stop_waits_seconds_for_inputs_that_never_come(cloud: Cloud) -> None:
    client = cloud.client()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.jpg"
        jobs = [submit(client, images(address)) for _ in range(2)]
        until(
            lambda: all(client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job)).body.job_status == "Processing" for job in jobs)
        )
        began = time.monotonic()
        cloud.stop()
        seconds = time.monotonic() - began
    cloud.start()
    assert seconds < 9


@pytest.mark.contract("Custom templates, API reference")
def test_templates(cloud: Cloud) -> None:
    client = cloud.client()
    first, second = create_template(client), create_template(client)
    listed = client.list_custom_templates(ice.ListCustomTemplatesRequest(type="11", page_size=1)).body
    assert (listed.total, len(listed.custom_template_list)) == (2, 1)
    only = client.list_custom_templates(ice.ListCustomTemplatesRequest(type="11", template_id=second)).body
    assert [each.template_id for each in only.custom_template_list] == [second]

    assert client.update_custom_template(ice.UpdateCustomTemplateRequest(template_id=first, name="renamed")).body.success is True
    got = client.get_custom_template(ice.GetCustomTemplateRequest(template_id=first)).body.custom_template
    assert got.template_name == "renamed"
    assert client.delete_custom_template(ice.DeleteCustomTemplateRequest(template_id=first)).body.success is True
    with pytest.raises(ClientException) as caught:
        client.get_custom_template(ice.GetCustomTemplateRequest(template_id=first))
    assert caught.value.status_code == 404
    with pytest.raises(ClientException, match=r"TemplateConfig\.AnalyseTypes"):
        create_template(client, "vlEventDesc,telepathy")


@pytest.mark.contract("our assumption: a job is never lost; what was under way when the service ended is done again")
def test_jobs_survive_a_restart(cloud: Cloud, website: Website, tmp_path: Path) -> None:
    client = cloud.client()
    gate = tmp_path / "gate"
    jobs = [submit(client, images(website.put(f"{number}.jpg", f"wait {gate}\nsay {number}"))) for number in range(3)]
    until(lambda: [query(client, job).job_status for job in jobs] == ["Processing", "Processing", "Submitted"])
    cloud.scripted.close()
    gate.touch()
    cloud.stop()

    cloud.start()

    client = cloud.client()
    for job in jobs:
        result(client, job)


@pytest.mark.contract("QueryPipelineList, API reference of ApsaraVideo Media Processing 2014-06-18")
def test_what_a_pipeline_is_bound_to(cloud: Cloud) -> None:
    client = cloud.client()
    pipeline = default_pipeline(client)
    assert bound(client, pipeline)["PipelineList"]["Pipeline"][0]["NotifyConfig"] == {}
    cloud.queues.topics.add("jobs")
    bind(client, pipeline, {"Topic": "jobs"})
    answer = bound(client, "unknown", pipeline)
    assert [(one["Id"], one["State"], one["NotifyConfig"]) for one in answer["PipelineList"]["Pipeline"]] == [
        (pipeline, "Active", {"Topic": "jobs"})
    ]
    assert answer["NonExistPids"] == {"String": ["unknown"]}
    with pytest.raises(ClientException):
        bound(client, *(str(number) for number in range(11)))
