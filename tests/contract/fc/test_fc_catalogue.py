"""What the two APIs tell of a project: lists, pages and configurations; and that nothing is changed through them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import fc2
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from fc2.fc_exceptions import FcError

from localcloud.covered import State
from localcloud.fc.coverage import covered
from tests.contract.fc.clients import NEWER, OLDER, invoke, newer, older, served
from tests.contract.fc.laptop import Laptop

REFERENCE = "API reference of Function Compute 2023-03-30"
OUR_WORDS = "our assumption: what is declared in s.yaml can't be changed, and the refusal is the one of a missing permission"
ARN = "acs:fc:cn-shanghai:1000000000000001:"


def timer(name: str) -> dict[str, object]:
    return {"triggerName": name, "triggerType": "timer", "triggerConfig": {"cronExpression": "@every 4m"}}


@pytest.fixture
def port(laptop: Laptop) -> Iterator[int]:
    layers = {name: laptop.folder / name for name in ("common", "tools")}
    for folder in layers.values():
        folder.mkdir()
    fc = laptop.start(
        "def handler(event, context): return event",
        layer_folders=layers,
        layers=[f"{ARN}layers/common/versions/3", f"{ARN}layers/tools/versions/1"],
        triggers=[timer(f"sweep-{number}") for number in range(5)],
        tags=[{"key": "team", "value": "media"}, {"key": "stage", "value": "test"}],
        concurrencyConfig={"reservedConcurrency": 2},
    )
    with served(laptop, fc) as port:
        yield port


@pytest.mark.contract(REFERENCE + ", ListTriggers: limit 1 to 100, prefix, nextToken")
def test_pages(port: int) -> None:
    client, seen, token = newer(port), [], None
    for _ in range(3):
        page = client.list_triggers("work", models.ListTriggersRequest(limit=2, next_token=token, prefix="sweep")).body
        seen.append([trigger.trigger_name for trigger in page.triggers])
        token = page.next_token
    assert seen == [["sweep-0", "sweep-1"], ["sweep-2", "sweep-3"], ["sweep-4"]]
    assert token is None
    for request in (models.ListTriggersRequest(limit=101), models.ListTriggersRequest(limit=0), models.ListTriggersRequest(next_token="?")):
        with pytest.raises(ClientException) as refused:
            client.list_triggers("work", request)
        assert (refused.value.status_code, refused.value.code) == (400, "InvalidArgument")


@pytest.mark.contract(NEWER + ": ListFunctions, filters runtime and prefix")
def test_filters(port: int) -> None:
    client = newer(port)

    def names(**filters: str) -> list[str]:
        return [function.function_name for function in client.list_functions(models.ListFunctionsRequest(**filters)).body.functions]

    assert (names(prefix="wo"), names(prefix="x"), names(runtime="python3.12"), names(runtime="python3.10")) == (
        ["work"],
        [],
        ["work"],
        [],
    )


@pytest.mark.contract(NEWER + ": fields of Function; our assumption: the checksum is over the files, since there is no zip")
def test_a_function_is_described(port: int, laptop: Laptop) -> None:
    found = newer(port).get_function("work", models.GetFunctionRequest(qualifier="LATEST")).body
    assert (found.state, found.last_update_status, found.instance_concurrency) == ("Active", "Successful", 1)
    assert found.created_time.endswith("Z")
    assert found.code_size == (laptop.folder / "code" / "index.py").stat().st_size
    assert {tag.key: tag.value for tag in found.tags} == {"team": "media", "stage": "test"}
    headers = {name.lower(): value for name, value in invoke(newer(port), b"x").headers.items()}
    assert headers["x-fc-code-checksum"] == found.code_checksum
    (laptop.folder / "code" / "more.py").write_text("# more")
    assert newer(port).get_function("work", models.GetFunctionRequest()).body.code_checksum != found.code_checksum


@pytest.mark.contract(NEWER + ": layers; LayerVersionNotFound from the Terraform provider of Alibaba Cloud")
def test_layers(port: int) -> None:
    client, common = newer(port), f"{ARN}layers/common/versions/3"
    assert [layer.layer_name for layer in client.list_layers(models.ListLayersRequest()).body.layers] == ["common", "tools"]
    assert [layer.layer_name for layer in client.list_layers(models.ListLayersRequest(prefix="co")).body.layers] == ["common"]
    (version,) = client.list_layer_versions("common", models.ListLayerVersionsRequest()).body.layers
    assert (version.version, version.layer_version_arn) == (3, common)
    assert client.get_layer_version("common", "3").body.layer_version_arn == common
    assert client.get_layer_version_by_arn(common).body.layer_name == "common"
    for missing in (lambda: client.get_layer_version("common", "4"), lambda: client.get_layer_version_by_arn(common + "9")):
        with pytest.raises(ClientException) as unknown:
            missing()  # type: ignore[no-untyped-call]  # a lambda's
        assert (unknown.value.status_code, unknown.value.code) == (404, "LayerVersionNotFound")


@pytest.mark.contract(NEWER + "; github.com/devsapp/fc3, impl/client.ts: no functionArn means nothing configured")
def test_configurations(port: int) -> None:
    client = newer(port)
    assert client.get_concurrency_config("work").body.reserved_concurrency == 2
    (reserved,) = client.list_concurrency_configs(models.ListConcurrencyConfigsRequest()).body.configs
    assert reserved.function_arn == f"{ARN}functions/work"
    (config,) = client.list_async_invoke_configs(models.ListAsyncInvokeConfigsRequest(function_name="work")).body.configs
    assert config.max_async_event_age_in_seconds == 86_400
    assert client.get_provision_config("work", models.GetProvisionConfigRequest()).body.function_arn is None
    assert client.list_provision_configs(models.ListProvisionConfigsRequest()).body.provision_configs == []
    assert client.list_scaling_configs(models.ListScalingConfigsRequest()).body.scaling_configs == []
    assert client.list_vpc_bindings("work").body.vpc_ids == []
    assert client.list_function_versions("work", models.ListFunctionVersionsRequest()).body.versions == []
    assert client.list_aliases("work", models.ListAliasesRequest()).body.aliases == []
    assert client.list_custom_domains(models.ListCustomDomainsRequest()).body.custom_domains == []
    with pytest.raises(ClientException) as nowhere:
        client.get_custom_domain("example.com")
    assert (nowhere.value.status_code, nowhere.value.code) == (404, "DomainNameNotFound")
    with pytest.raises(ClientException) as unknown:
        client.get_alias("work", "prod")
    assert (unknown.value.status_code, unknown.value.code) == (404, "AliasNotFound")


@pytest.mark.contract(NEWER + ": ListInstances, ListTagResources, DescribeRegions")
def test_instances_tags_and_regions(port: int) -> None:
    client = newer(port)
    assert client.list_instances("work", models.ListInstancesRequest()).body.instances == []
    headers = {name.lower(): value for name, value in invoke(client, b"x").headers.items()}
    (instance,) = client.list_instances("work", models.ListInstancesRequest()).body.instances
    assert (instance.instance_id, instance.status) == (headers["x-fc-instance-id"], "Running")
    for states, count in ((["Running"], 1), (["Destroyed"], 0), (["Destroyed", "Running"], 1)):
        assert len(client.list_instances("work", models.ListInstancesRequest(instance_status=states)).body.instances) == count
    request = models.ListTagResourcesRequest(resource_type="function", resource_id=[f"{ARN}functions/work"])
    tags = client.list_tag_resources(request).body.tag_resources
    assert [(tag.resource_id, tag.tag_key, tag.tag_value) for tag in tags] == [
        (f"{ARN}functions/work", "stage", "test"),
        (f"{ARN}functions/work", "team", "media"),
    ]
    (region,) = client.describe_regions(models.DescribeRegionsRequest()).body.regions.region
    assert region.region_id == "cn-shanghai"


@pytest.mark.contract(OUR_WORDS)
def test_nothing_is_changed(port: int) -> None:
    client = newer(port)
    with pytest.raises(ClientException) as refused:
        client.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput(function_name="new", runtime="python3.12")))
    assert (refused.value.status_code, refused.value.code) == (403, "AccessDenied")
    assert "fc:CreateFunction" in refused.value.message
    assert "s.yaml" in refused.value.message
    with pytest.raises(ClientException) as kept:
        client.delete_function("work")
    assert kept.value.code == "AccessDenied"
    assert client.get_function("work", models.GetFunctionRequest()).body.function_name == "work"
    with pytest.raises(FcError) as older_refused:
        older(port).delete_function("laptop", "work")
    assert (older_refused.value.status_code, older_refused.value.err_code) == (403, "AccessDenied")
    with pytest.raises(FcError) as created:
        older(port).create_trigger("laptop", "work", "t", "timer", {"cronExpression": "@every 4m"}, "", "")
    assert "fc:CreateTrigger" in json.loads(created.value.message)["ErrorMessage"]


@pytest.mark.contract(OLDER)
def test_the_older_api_tells_the_same(port: int) -> None:
    client = older(port)
    first = client.list_triggers("laptop", "work", limit=3).data
    rest = client.list_triggers("laptop", "work", limit=3, nextToken=first["nextToken"]).data
    assert [trigger["triggerName"] for trigger in first["triggers"] + rest["triggers"]] == [f"sweep-{number}" for number in range(5)]
    assert client.list_triggers("laptop", "work", startKey="sweep-4").data["triggers"][0]["triggerName"] == "sweep-4"
    assert client.get_service("laptop").data["serviceName"] == "laptop"
    assert client.list_versions("laptop").data["versions"] == []
    assert client.list_aliases("laptop").data["aliases"] == []
    assert client.get_resource_tags(f"{ARN}functions/work").data["tags"] == {"team": "media", "stage": "test"}
    assert client.get_function_async_invoke_config("laptop", "LATEST", "work").data["maxAsyncRetryAttempts"] == 3
    assert len(client.list_function_async_invoke_configs("laptop", "work").data["configs"]) == 1
    assert client.list_instances("laptop", "LATEST", "work").data["instances"] == []
    with pytest.raises(FcError) as unknown:
        client.get_alias("laptop", "prod")
    assert (unknown.value.status_code, unknown.value.err_code) == (404, "AliasNotFound")


@pytest.mark.contract("captured from the SDKs: every operation and path of both clients is on the coverage page")
def test_every_operation_of_the_sdks_is_covered_or_named() -> None:
    source = inspect.getsource(Client)
    pairs = re.findall(
        r"action ?= ?'(\w+)',\s*version ?= ?'[^']*',\s*protocol ?= ?'\w+',\s*pathname ?= ?f?'([^\n]*)',\s*method ?= ?'(\w+)'", source
    )
    asked = {(action, f"{method} {re.sub(r'{[^}]*}', '{}', path)}") for action, path, method in pairs}
    assert len(asked) > 60
    known = {(one.operation, re.sub(r"{[^}]*}", "{}", one.request)) for one in covered() if "2023-03-30" in one.request}
    assert asked == known
    calls = [name for name, _ in inspect.getmembers(fc2.Client, inspect.isfunction) if name[0] != "_" and name not in ("websocket",)]
    older_ones = [one for one in covered() if "2016-08-15" in one.request]
    # The SDK has no call for the token under which Serverless Devs uploads code.
    assert len(calls) == len(older_ones) - 1
    assert not [one for one in covered() if one.lacks and one.state is not State.PARTIAL]


@pytest.mark.contract("our assumption: bytes in a path that are no UTF-8 name nothing")
def test_odd_paths(port: int) -> None:
    client = older(port)
    with pytest.raises(FcError) as unknown:
        client.get_function("laptop", quote("名") + "%FF")
    assert unknown.value.status_code in (403, 404)
    with pytest.raises(ClientException) as missing:
        newer(port).get_function("名/x y", models.GetFunctionRequest())
    assert (missing.value.status_code, missing.value.code) == (404, "FunctionNotFound")
