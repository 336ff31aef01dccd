"""The read client of Function Compute: the same calls as the official SDK's, and the same answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.request import DaraRequest

from cli.deployment.function_compute import FunctionCompute
from sightline.credentials import Credentials
from sightline.errors import ServiceRefused, UnusableAnswer
from tests.contract.fc.clients import newer, served
from tests.contract.fc.laptop import KEYRING, PLACE, Laptop

SDK = "SDK alibabacloud_fc20230330 4.8.3, captured"
REFERENCE = "API reference of Function Compute 2023-03-30"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
KEY = Credentials(KEYRING.account.access_key_id, KEYRING.account.access_key_secret)
TEMPORARY = Credentials("STS.key", "its secret", "its token")
ARN = f"acs:fc:{PLACE.region}:{PLACE.account_id}:layers/"


def client(answer: Callable[[httpx.Request], httpx.Response], key: Credentials = KEY) -> FunctionCompute:
    """One whose requests are answered by a function."""
    return FunctionCompute(httpx.Client(transport=httpx.MockTransport(answer)), lambda: key, "http://127.0.0.1:1", lambda: NOW)


def answering(document: object, status: int = 200) -> FunctionCompute:
    return client(lambda _request: httpx.Response(status, content=json.dumps(document)))


CALLS: dict[str, tuple[Callable[[FunctionCompute], object], Callable[[Client], object]]] = {
    "GetFunction": (lambda fc: fc.get_function("a b"), lambda sdk: sdk.get_function("a b", models.GetFunctionRequest())),
    "ListFunctions": (
        lambda fc: fc.list_functions("sight+line/*"),
        lambda sdk: sdk.list_functions(models.ListFunctionsRequest(prefix="sight+line/*", limit=100)),
    ),
    "GetTrigger": (lambda fc: fc.get_trigger("work", "job-news"), lambda sdk: sdk.get_trigger("work", "job-news")),
    "ListTriggers": (lambda fc: fc.list_triggers("work"), lambda sdk: sdk.list_triggers("work", models.ListTriggersRequest(limit=100))),
    "GetAsyncInvokeConfig": (
        lambda fc: fc.get_async_invoke_config("work"),
        lambda sdk: sdk.get_async_invoke_config("work", models.GetAsyncInvokeConfigRequest()),
    ),
    "GetLayerVersion": (lambda fc: fc.get_layer_version("sightline", 3), lambda sdk: sdk.get_layer_version("sightline", "3")),
    "GetFunctionCode": (
        lambda fc: fc.get_function_code("work"),
        lambda sdk: sdk.get_function_code("work", models.GetFunctionCodeRequest()),
    ),
    "GetConcurrencyConfig": (lambda fc: fc.get_extra("work", "concurrencyConfig"), lambda sdk: sdk.get_concurrency_config("work")),
    "GetProvisionConfig": (
        lambda fc: fc.get_extra("work", "provisionConfig"),
        lambda sdk: sdk.get_provision_config("work", models.GetProvisionConfigRequest(qualifier="LATEST")),
    ),
    "GetScalingConfig": (
        lambda fc: fc.get_extra("work", "scalingConfig"),
        lambda sdk: sdk.get_scaling_config("work", models.GetScalingConfigRequest(qualifier="LATEST")),
    ),
    "ListVpcBindings": (lambda fc: fc.get_extra("work", "vpcBinding"), lambda sdk: sdk.list_vpc_bindings("work")),
    "ListLayerVersions": (
        lambda fc: fc.list_layer_versions("sightline"),
        lambda sdk: sdk.list_layer_versions("sightline", models.ListLayerVersionsRequest(limit=100)),
    ),
}


class Recorder:
    """A server that keeps what it was asked, and knows nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Message]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                recorder.asked.append((self.path, self.headers))
                body = json.dumps({"Code": "FunctionNotFound", "Message": "nothing is here", "RequestId": "R1"}).encode()
                self.send_response(404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.stop()


@pytest.mark.contract(SDK)
@pytest.mark.parametrize("key", [KEY, TEMPORARY], ids=["lasting", "temporary"])
@pytest.mark.parametrize("operation", CALLS)
def test_a_call_is_the_sdks(recorder: Recorder, key: Credentials, operation: str) -> None:
    ours, theirs = CALLS[operation]
    config = Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.security_token,
        endpoint=recorder.endpoint,
        protocol="HTTP",
    )
    with pytest.raises(ClientException):
        theirs(Client(config))
    with httpx.Client(trust_env=False) as http, pytest.raises(ServiceRefused):
        ours(FunctionCompute(http, lambda: key, f"http://{recorder.endpoint}", lambda: NOW))
    (official_address, official), (address, headers) = recorder.asked[-2:]
    path, _, query = address.partition("?")
    official_path, _, official_query = official_address.partition("?")
    assert path == official_path
    assert parse_qsl(query) == parse_qsl(official_query)
    for name in ("x-acs-action", "x-acs-version", "x-acs-content-sha256", "x-acs-security-token", "accept"):
        assert headers[name] == official[name]
    # The SDK signs all headers that it has; ours are fewer. What it makes of ours has to be what we made of them.
    request = DaraRequest()
    request.method, request.pathname, request.query = "GET", path, dict(parse_qsl(query))
    request.headers = {name: value for name, value in headers.items() if name.lower() == "host" or name.lower().startswith("x-acs-")}
    secret, payload = key.access_key_secret, headers["x-acs-content-sha256"]
    assert headers["authorization"] == Utils.get_authorization(request, "ACS3-HMAC-SHA256", payload, key.access_key_id, secret)


HTTP = {"triggerName": "http", "triggerType": "http", "triggerConfig": {"authType": "anonymous", "methods": ["GET"]}}


def timer(name: str) -> dict[str, object]:
    return {"triggerName": name, "triggerType": "timer", "triggerConfig": {"cronExpression": "@every 4m", "enable": False}}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    laptop = Laptop(tmp_path)
    layers = {"common": tmp_path / "common"}
    layers["common"].mkdir()
    fc = laptop.start(
        "def handler(event, context): return event",
        layer_folders=layers,
        layers=[f"{ARN}common/versions/3", f"{ARN}common/versions/11"],
        role="acs:ram::1:role/work",
        environmentVariables={"COLOUR": "blue"},
        logConfig={"project": "logs", "logstore": "functions"},
        triggers=[HTTP, *(timer(f"sweep-{number:03}") for number in range(101))],
        asyncInvokeConfig={
            "maxAsyncRetryAttempts": 1,
            "destinationConfig": {"onFailure": {"destination": "acs:mns:cn-shanghai:1:/queues/dead/messages"}},
        },
    )
    with served(laptop, fc) as port:
        yield port
    laptop.stop()


@pytest.fixture
def fc(port: int) -> Iterator[FunctionCompute]:
    with httpx.Client(trust_env=False) as http:
        yield FunctionCompute(http, lambda: KEY, f"http://127.0.0.1:{port}")


@pytest.mark.contract(REFERENCE + ", and what its SDK reads of the same answers")
def test_what_is_deployed(fc: FunctionCompute, port: int) -> None:
    sdk = newer(port)
    function, official = fc.get_function("work"), sdk.get_function("work", models.GetFunctionRequest()).body
    assert [one.function_name for one in fc.list_functions("wo")] == ["work"]
    assert fc.list_functions("other") == []
    assert (function.runtime, function.handler, function.timeout) == (official.runtime, official.handler, official.timeout)
    assert (
        [layer.arn for layer in function.layers]
        == [layer.arn for layer in official.layers]
        == [f"{ARN}common/versions/{n}" for n in (3, 11)]
    )
    assert (function.role, function.environment_variables) == (official.role, {"COLOUR": "blue"})
    assert function.code_checksum == official.code_checksum != ""
    assert (function.log_config.project, function.log_config.logstore) == ("logs", "functions")
    config = fc.get_async_invoke_config("work")
    assert config is not None
    assert config.max_async_retry_attempts == 1
    assert config.destination_config.on_failure is not None
    assert config.destination_config.on_failure.destination == "acs:mns:cn-shanghai:1:/queues/dead/messages"


@pytest.mark.contract(REFERENCE + ", ListTriggers: pages of at most 100; triggerConfig is JSON in a text")
def test_triggers_of_several_pages(fc: FunctionCompute) -> None:
    triggers = fc.list_triggers("work")
    assert [one.trigger_name for one in triggers] == ["http", *(f"sweep-{number:03}" for number in range(101))]
    assert triggers[0].trigger_config == {"authType": "anonymous", "methods": ["GET"], "disableURLInternet": False}
    assert fc.get_trigger("work", "sweep-100").trigger_config["enable"] is False


@pytest.mark.contract(REFERENCE + ", ListLayerVersions: startVersion, nextVersion")
def test_layer_versions_of_several_pages() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("startVersion", "130"))
        asked.append(start)
        versions = [{"layerName": "sightline", "version": version} for version in range(start, max(start - 100, 0), -1)]
        return httpx.Response(200, json={"layers": versions, **({"nextVersion": start - 100} if start > 100 else {})})

    assert [one.version for one in client(answer).list_layer_versions("sightline")] == list(range(130, 0, -1))
    assert asked == [130, 30]


def test_the_latest_version_of_a_layer(fc: FunctionCompute) -> None:
    latest = fc.latest_layer_version("common")
    assert latest is not None
    assert (latest.version, latest.layer_version_arn) == (11, f"{ARN}common/versions/11")
    assert fc.get_layer_version("common", 3).version == 3
    assert fc.latest_layer_version("never-published") is None


def test_what_does_not_exist(fc: FunctionCompute) -> None:
    for ask in (fc.get_function, fc.list_triggers, fc.get_async_invoke_config):
        with pytest.raises(ServiceRefused) as refused:
            ask("other")
        assert refused.value.missing
        assert refused.value.code == "FunctionNotFound"
    with pytest.raises(ServiceRefused) as refused:
        fc.get_layer_version("common", 4)
    assert refused.value.missing


@pytest.mark.contract(
    "Alibaba Cloud's Terraform provider and Funcraft take the code AsyncConfigNotExists for none; the status is our assumption"
)
def test_a_function_without_an_asynchronous_configuration() -> None:
    assert answering({"Code": "AsyncConfigNotExists", "Message": "none"}, 404).get_async_invoke_config("work") is None


def test_a_wrong_key_is_refused(port: int) -> None:
    with httpx.Client(trust_env=False) as http:
        for key in (Credentials(KEY.access_key_id, "another secret"), Credentials("nobody", "secret")):
            with pytest.raises(ServiceRefused) as refused:
                FunctionCompute(http, lambda key=key: key, f"http://127.0.0.1:{port}").get_function("work")  # type: ignore[misc]
            assert "secret" not in str(refused.value)


@pytest.mark.contract("alibabacloud_tea_openapi 0.4.6, client.py: Code or code, Message or message, RequestId or requestId")
@pytest.mark.parametrize("names", [("Code", "Message", "RequestId"), ("code", "message", "requestId")])
def test_both_spellings_of_an_error(names: tuple[str, str, str]) -> None:
    with pytest.raises(ServiceRefused) as refused:
        answering(dict(zip(names, ("FunctionNotFound", "no such function", "R1"), strict=True)), 404).get_function("work")
    assert (refused.value.code, refused.value.request_id) == ("FunctionNotFound", "R1")
    assert "no such function" in str(refused.value)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "the body"),
        ("text", "the body"),
        ({"functions": {}}, "functions"),
        ({"functions": [{"runtime": "python3.12"}]}, "functionName"),
        ({"functions": [{"functionName": "work", "environmentVariables": {"PASSWORD": ["hush"]}}]}, "environmentVariables.PASSWORD"),
    ],
)
def test_nonsense_is_named_and_not_quoted(document: object, field: str) -> None:
    with pytest.raises(UnusableAnswer) as unusable:
        answering(document).list_functions()
    assert unusable.value.field == field
    assert "hush" not in str(unusable.value)


def test_nulls_are_nothing() -> None:
    function = answering({"functionName": "work", "logConfig": None, "layers": None, "role": None}).get_function("work")
    assert (function.log_config.project, function.layers, function.role) == ("", (), "")


def test_a_page_of_somebody_between() -> None:
    with pytest.raises(ServiceRefused) as refused:
        client(lambda _request: httpx.Response(502, text="<html>")).list_functions()
    assert refused.value.code == "Unknown"
