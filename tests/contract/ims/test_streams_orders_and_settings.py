"""Streams, camera orders and quota, templates of other types, analysis settings and editing jobs, over HTTP with the official SDK."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from tests.contract.ims.cloud import Cloud, Website
from tests.contract.ims.test_smarttag_jobs import create_template, images, result, submit

STREAMS = (
    "Streaming media assets, API reference: CreateStreamToSearchLib, AddStreamTagToSearchLib, CloseStreamToSearchLib, GetStreamTagList"
)
ORDERS = "CreateIpcOrder, QueryIpcQuota and GetIpcDeviceInfo, API reference"
TEMPLATES = "CreateCustomTemplate, GetCustomTemplate and SetDefaultCustomTemplate, API reference"


def refusal(call: Any, *request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientException) as caught:
        call(*request)
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.contract(STREAMS)
def test_a_stream_is_tagged_until_it_is_closed(cloud: Cloud) -> None:
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="Stream_1"))
    request = ice.CreateStreamToSearchLibRequest(search_lib_name="Stream_1", input="rtmp://live.example.com/a/b", namespace="name-1")
    media = client.create_stream_to_search_lib(request).body.media_id

    def tag(start: int, **changed: Any) -> Any:
        body = {"startTime": start, "endTime": start + 1000, "userData": f"{start}", **changed}
        request = ice.AddStreamTagToSearchLibRequest(search_lib_name="Stream_1", media_id=media, msg_body=json.dumps(body))
        return client.add_stream_tag_to_search_lib(request).body

    for number in range(12):
        assert tag(1657684600000 + number * 1000).media_id == media

    def tags(**parameters: Any) -> Any:
        return client.get_stream_tag_list(ice.GetStreamTagListRequest(search_lib_name="Stream_1", media_id=media, **parameters)).body

    first = tags()
    assert (first.total, len(first.stream_tag_list), first.success) == (12, 10, "true")
    assert first.stream_tag_list[0].to_map() == {
        "StartTime": "2022-07-13T03:56:51Z",
        "EndTime": "2022-07-13T03:56:52Z",
        "UserData": "1657684611000",
    }
    assert [each.user_data for each in tags(next_token=first.next_token).stream_tag_list] == ["1657684601000", "1657684600000"]
    ranged = tags(start_time="2022-07-13T03:56:41Z", end_time="2022-07-13T03:56:42Z", sort_by="StartTime:Asc", page_size=100)
    assert [each.user_data for each in ranged.stream_tag_list] == ["1657684601000", "1657684602000"]
    assert ranged.next_token is None

    for wrong in ({"endTime": 0}, {"startTime": "now"}, {"startTime": -1}, {"userData": "标" * 400}):
        assert refusal(lambda wrong=wrong: tag(1657684600000, **wrong))[1] == "InvalidParameter"
    for wrong in ({"start_time": "yesterday"}, {"page_size": 101}, {"sort_by": "EndTime:Asc"}, {"next_token": "f" * 32}):
        assert refusal(lambda wrong=wrong: tags(**wrong))[1] == "InvalidParameter"

    close = ice.CloseStreamToSearchLibRequest(search_lib_name="Stream_1", media_id=media)
    assert client.close_stream_to_search_lib(close).body.media_id == media
    assert refusal(lambda: tag(1657684700000))[:2] == (403, "OperationDenied")
    delete = ice.DeleteMediaFromSearchLibRequest(search_lib_name="Stream_1", media_id=media)
    client.delete_media_from_search_lib(delete)
    assert refusal(lambda: tags())[:2] == (404, "ResourceNotFound")


@pytest.mark.contract(STREAMS)
def test_a_wrong_stream_is_refused(cloud: Cloud) -> None:
    client = cloud.client()
    for changed, code in (
        ({"input": None}, "MissingParameter"),
        ({"input": "file:///etc/passwd"}, "InvalidParameter"),
        ({"search_lib_name": "nothing"}, "ResourceNotFound"),
        ({"namespace": "n" * 129}, "InvalidParameter"),
    ):
        request = ice.CreateStreamToSearchLibRequest(**{"input": "rtmp://live.example.com/a", **changed})
        assert refusal(client.create_stream_to_search_lib, request)[1] == code
    media = ice.GetStreamTagListRequest(media_id="unknown")
    assert refusal(client.get_stream_tag_list, media)[1] == "ResourceNotFound"


@pytest.mark.contract(ORDERS + "; our assumptions: a video counts as one image, no order is MaxQuota 0, nothing is refused")
def test_orders_and_what_is_used_of_them(cloud: Cloud, website: Website) -> None:
    client = cloud.client()

    def quota(capability: str) -> tuple[int, int]:
        (row,) = client.query_ipc_quota(ice.QueryIpcQuotaRequest(capability=capability)).body.ipc_quota_infos
        assert (row.capability, row.date_time[10:]) == (capability, "T00:00:00Z")
        return row.consumed_quota, row.max_quota

    assert [quota(each) for each in ("understand", "understand-reid", "search")] == [(0, 0)] * 3
    result(client, submit(client, images(*[website.put(f"{n}.png", "say it") for n in range(3)]), template_id=create_template(client)))
    client.create_search_index(ice.CreateSearchIndexRequest(index_type="mm"))
    client.search_media_by_hybrid(ice.SearchMediaByHybridRequest(text="a dog"))
    order = ice.CreateIpcOrderRequest(capability="understand-reid-search", device_id="camera_001", period="month")
    assert client.create_ipc_order(order).body.purchase_status == "Success"
    client.create_ipc_order(ice.CreateIpcOrderRequest(capability="search", device_id="camera_002", period="year"))
    assert [quota(each) for each in ("understand", "understand-reid", "search")] == [(3, 0), (0, 300), (1, 150)]

    devices = client.get_ipc_device_info(ice.GetIpcDeviceInfoRequest(capability="search")).body
    assert (devices.total, [each.device_id for each in devices.device_infos]) == (2, ["camera_001", "camera_002"])
    assert devices.device_infos[0].expire_time < devices.device_infos[1].expire_time
    one = client.get_ipc_device_info(ice.GetIpcDeviceInfoRequest(capability="search", device_id="camera_002", page_size=1)).body
    assert [each.device_id for each in one.device_infos] == ["camera_002"]
    assert client.get_ipc_device_info(ice.GetIpcDeviceInfoRequest()).body.device_infos == []

    ranged = ice.QueryIpcQuotaRequest(start_time="2026-01-01T00:00:00Z", end_time="2026-01-20T12:00:00Z", page_no=2)
    body = client.query_ipc_quota(ranged).body
    assert (body.total, len(body.ipc_quota_infos), body.ipc_quota_infos[-1].date_time) == ("20", 10, "2026-01-01T00:00:00Z")


@pytest.mark.contract(ORDERS)
def test_wrong_orders_and_ranges_are_refused(cloud: Cloud) -> None:
    client = cloud.client()
    for order in ({"capability": "see", "period": "month"}, {"capability": "search", "period": "day"}):
        assert refusal(client.create_ipc_order, ice.CreateIpcOrderRequest(**order))[1] == "InvalidParameter"
    for asked in (
        {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-07-01T00:00:01Z"},
        {"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"},
        {"start_time": "2026-01-01"},
        {"page_size": 51},
        {"capability": "understand-search"},
    ):
        assert refusal(client.query_ipc_quota, ice.QueryIpcQuotaRequest(**asked))[1] == "InvalidParameter"


@pytest.mark.contract(TEMPLATES)
def test_templates_of_all_types_and_their_defaults(cloud: Cloud) -> None:
    client = cloud.client()

    def create(kind: int, subtype: int | None = None) -> Any:
        config = '{"AnalyseTypes":"vlEventDesc"}' if kind == 11 else '{"Container":{"Format":"mp4"}}'
        request = ice.CreateCustomTemplateRequest(name=f"t{kind}", type=kind, subtype=subtype, template_config=config)
        return client.create_custom_template(request).body.custom_template

    transcode, tag = create(1, 2), create(11)
    assert (transcode.type_name, transcode.subtype, tag.type_name) == ("TranscodeTemplate", "2", "AISmarttagTemplate")
    got = client.get_custom_template(ice.GetCustomTemplateRequest(template_id=transcode.template_id)).body.custom_template
    assert (got.subtype, got.subtype_name, got.is_default) == (2, "AudioTranscode", False)
    listed = client.list_custom_templates(ice.ListCustomTemplatesRequest(type="1,11", order_by="CreationTime:Asc")).body
    assert ([each.template_name for each in listed.custom_template_list], listed.total) == (["t1", "t11"], 2)

    default = ice.GetCustomTemplateRequest(type=1, subtype=2)
    assert refusal(client.get_custom_template, default)[:2] == (404, "ResourceNotFound")
    second = create(1, 2)
    for each in (transcode, second):
        assert client.set_default_custom_template(ice.SetDefaultCustomTemplateRequest(template_id=each.template_id)).body.success
    assert client.get_custom_template(default).body.custom_template.template_id == second.template_id
    assert refusal(client.get_custom_template, ice.GetCustomTemplateRequest())[1] == "MissingParameter"
    for kind, subtype in ((0, None), (12, None), (1, 6), (11, 1), (2, 0)):
        assert refusal(lambda kind=kind, subtype=subtype: create(kind, subtype))[1] == "InvalidParameter"
    assert refusal(client.set_default_custom_template, ice.SetDefaultCustomTemplateRequest(template_id="x"))[0] == 404
    assert refusal(lambda: submit(client, images("oss://media/a.png"), template_id=transcode.template_id))[1] == "InvalidParameter"


@pytest.mark.contract("SetContentAnalyzeConfig and GetContentAnalyzeConfig, API reference")
def test_analysis_settings(cloud: Cloud) -> None:
    client = cloud.client()
    assert client.get_content_analyze_config().body.content_analyze_config.to_map() == {"Auto": False, "SaveType": ""}
    request = ice.SetContentAnalyzeConfigRequest(auto=True, save_type="TEXT,FACE", template_id="S00000101-100070")
    assert client.set_content_analyze_config(request).body.success is True
    expected = {"Auto": True, "SaveType": "TEXT,FACE", "TemplateId": "S00000101-100070"}
    assert client.get_content_analyze_config().body.content_analyze_config.to_map() == expected
    for wrong in ({"save_type": "SOUND"}, {"template_id": "mine"}):
        assert refusal(client.set_content_analyze_config, ice.SetContentAnalyzeConfigRequest(**wrong))[1] == "InvalidParameter"


@pytest.mark.contract("ListSmartJobs, GetSmartHandleJob and DeleteSmartJob, API reference; nothing here makes editing jobs")
def test_there_are_no_editing_jobs(cloud: Cloud) -> None:
    client = cloud.client()
    body = client.list_smart_jobs(ice.ListSmartJobsRequest(job_type="ASR", page_size=100)).body
    assert (body.smart_job_list, body.total_count) == ([], "0")
    assert refusal(client.list_smart_jobs, ice.ListSmartJobsRequest(job_type="smarttag"))[1] == "InvalidParameter"
    assert refusal(client.get_smart_handle_job, ice.GetSmartHandleJobRequest(job_id="x"))[:2] == (404, "ResourceNotFound")
    assert refusal(client.delete_smart_job, ice.DeleteSmartJobRequest(job_id="x,y"))[:2] == (404, "ResourceNotFound")


@pytest.mark.contract(
    "SubmitSmarttagJob, API reference: Input.Type Media; our assumption: the newest media of that id in any search library"
)
def test_a_media_of_a_library_is_the_input_of_a_job(cloud: Cloud) -> None:
    client = cloud.client()
    address = cloud.objects.add("a.mp4", b"say a dog barks")
    media = client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(input=address)).body.media_id
    event = result(client, submit(client, media, "Media")).results.result[0]
    assert json.loads(json.loads(event.data))["title"] == "a dog barks"
