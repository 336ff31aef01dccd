"""Odd values in every parameter of every operation: refused in the words of IMS or taken, and never an error of the laptop cloud's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_util.models import RuntimeOptions

from localcloud.ims.operation import Operation
from localcloud.ims.operations import FAMILIES
from tests.contract.ims.cloud import Cloud, rpc

LIBRARY = "IPCamera_odd"
ASSUMED = "our assumption: whatever a caller sends is answered in JSON, with a 2xx or a 4xx"
OPERATIONS = [operation for family in FAMILIES.values() for operation in family]
ODD = {
    "null": "null",
    "a number": "1e999",
    "a large number": "9" * 40,
    "nan": "NaN",
    "a list": "[1]",
    "an object": '{"a":{"b":[null,true,1e400,-0.0]}}',
    "an object of nulls": json.dumps(dict.fromkeys(("type", "inputs", "images", "level", "title", "intField1", "gte", "startTime"))),
    "broken JSON": '{"a":',
    # Beyond the recursion limit, and no deeper: every bracket is percent-encoded and signed, which takes most of the time.
    "deep JSON": '[{"":' * 600 + "1" + "}]" * 600,
    "half a surrogate": '{"title":"\\ud800","visionDescription":"\\udfff","strField1":"\\ud800"}',
    "half a surrogate in a field": '{"strField1":"\\ud800"}',
    "a zero byte": "a\x00b",
    "text": "标题 🐼 ' \" ; -- % _ \\ \r\n",
    "commas": ",,,,",
    "a long text": "x" * 20_000,
}
VALID = {
    "SearchLibName": LIBRARY,
    "IndexType": "mm",
    "Text": "a dog barks",
    "MediaId": "mine",
    "MediaIds": "mine",
    "Input": "oss://media/a",
    "MsgBody": '{"startTime":1,"endTime":2}',
    "Type": "11",
    "Name": "name",
    "TemplateConfig": '{"AnalyseTypes":"vlEventDesc"}',
    "Capability": "search",
    "Period": "month",
    "Speed": "Standard",
    "FunctionName": "VideoH2V",
    "Output": '{"Type":"OSS","Media":"oss://media/made.mp4"}',
    "Algorithm": "pedestrian",
    "LibName": "name",
    "EntityName": "name",
    "PageNumber": "1",
    "PageSize": "10",
    "State": "Active",
    "FaceSearchToken": "token",
    "PersonImageUrl": "oss://media/a",
    "CallbackURL": "https://example.com/",
}
INPUT_OF_JOBS = {
    "SubmitSmarttagJob": '{"Type":"URL","Media":"oss://media/a"}',
    "SubmitVideoCognitionJob": '{"Type":"URL","Media":"oss://media/a"}',
    "SubmitIProductionJob": '{"Type":"OSS","Media":"oss://media/a"}',
}


def call(client: Any, operation: Operation[Any, Any], query: dict[str, str]) -> dict[str, Any]:
    """The answer, or the error as the SDK gives it; an answer that is no JSON raises something else."""
    params = rpc(operation.name, operation.version)
    try:
        body: dict[str, Any] = client.call_api(params, open_api.OpenApiRequest(query=query), RuntimeOptions())["body"]
    except ClientException as refusal:
        return {**refusal.data, "refused": refusal.status_code}
    return body


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("odd"))
    made.objects.add("a", b"say a dog barks")
    yield made
    made.stop()


@pytest.fixture
def library(cloud: Cloud) -> None:
    """There again after the operations that drop it."""
    with suppress(ClientException):
        cloud.client().create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    for kind in ("mm", "aiLabel"):
        with suppress(ClientException):
            cloud.client().create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type=kind))


@pytest.mark.contract(ASSUMED)
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.name}-{one.version}")
def test_odd_values_in_every_parameter(cloud: Cloud, operation: Operation[Any, Any]) -> None:
    client = cloud.client()
    names = [field.alias or name for name, field in operation.model.model_fields.items()]
    usual = {name: VALID[name] for name in names if name in VALID}
    usual |= {"Input": INPUT_OF_JOBS[operation.name]} if operation.name in INPUT_OF_JOBS else {}
    for name in names:
        for what, odd in ODD.items():
            if operation.name == "InsertMediaToSearchLib":
                usual = {**usual, "MediaId": "mine", "MsgBody": "{}"}
            body = call(client, operation, {**usual, name: odd})
            assert body["RequestId"], (name, what)
            if "refused" in body:
                assert 400 <= body["refused"] < 500, (name, what)
                assert body["Recommend"], (name, what)
    assert call(client, operation, {**usual, "NoSuchParameter": "1", "RegionId": "cn-shanghai"})["RequestId"]


@pytest.mark.contract(ASSUMED)
@pytest.mark.usefixtures("library")
def test_a_parameter_of_a_megabyte(cloud: Cloud) -> None:
    """In a form body, as no URL is so long."""
    client, megabyte = cloud.client(), "x" * 1_000_000
    params = rpc("InsertMediaToSearchLib", "2020-11-09")

    def insert(**body: str) -> Any:
        return client.call_api(params, open_api.OpenApiRequest(query={"SearchLibName": LIBRARY}, body=body), RuntimeOptions())["body"]

    described = json.dumps({"title": "long", "visionDescription": f"a dog barks. {megabyte}"})
    assert insert(Input="oss://media/a", MediaId="long", MsgBody=described)["MediaId"] == "long"
    for changed in ({"Namespace": megabyte}, {"MediaId": megabyte}, {"MediaType": megabyte}):
        with pytest.raises(ClientException) as caught:
            insert(**{"Input": "oss://media/a", **changed})
        assert caught.value.code == "InvalidParameter"


@pytest.mark.contract("our assumption: of many who create the same library at once, one does; none is answered with InternalError")
def test_many_create_the_same_library(cloud: Cloud) -> None:
    outcomes: list[str] = []

    def create() -> None:
        try:
            cloud.client().create_search_lib(ice.CreateSearchLibRequest(search_lib_name="concurrent"))
            outcomes.append("created")
        except ClientException as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["InvalidParameter"] * 7 + ["created"]


@pytest.mark.contract("our assumption: a namespace may be any text, and each is kept apart")
def test_namespaces(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    client = cloud.client()
    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="aiLabel"))
    spaces = ["name-1", "name", "%", "' OR 1=1 --", "名字 🐼", "n" * 128]
    for number, space in enumerate(spaces):
        body = json.dumps({"title": "a dog barks"})
        address = cloud.objects.add(str(number), b"tag object 0 1 dog")
        request = ice.InsertMediaToSearchLibRequest(
            search_lib_name=LIBRARY, input=address, media_id=str(number), msg_body=body, namespace=space
        )
        client.insert_media_to_search_lib(request)
    for number, space in enumerate(spaces):
        search = ice.SearchMediaByAILabelRequest(search_lib_name=LIBRARY, text="dog", namespace=space)
        assert [each.media_id for each in client.search_media_by_ailabel(search).body.media_list] == [str(number)]
    search = ice.SearchMediaByAILabelRequest(search_lib_name=LIBRARY, text="dog", page_size=50)
    assert client.search_media_by_ailabel(search).body.total == len(spaces)
    cloud.stop()


@pytest.mark.contract("SearchMediaByAILabel and SearchMedia, API reference: PageSize at most 50; fifty pages hold each media once")
def test_fifty_pages(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    client = cloud.client()
    for number in range(100):
        body = json.dumps({"title": f"dog {number}"})
        client.insert_media_to_search_lib(ice.InsertMediaToSearchLibRequest(input="oss://media/a", media_id=f"m{number}", msg_body=body))
    found = []
    for page in range(1, 52):
        request = ice.SearchMediaRequest(match="title = 'dog'", page_no=page, page_size=2)
        body = client.search_media(request).body
        assert body.total == 100
        found += [each.media_id for each in body.media_info_list]
    assert (len(found), len(set(found))) == (100, 100)
    cloud.stop()
