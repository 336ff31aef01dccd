"""The two APIs as the official SDKs see them, over HTTP."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import fc2
import httpx
import psutil
import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException, ClientException
from fc2.fc_exceptions import FcError

from localcloud.door.server import WORKERS
from localcloud.fc.running.instances import Limits
from tests.contract.fc.clients import NEWER, OLDER, invoke, newer, older, served
from tests.contract.fc.laptop import KEYRING, Laptop, eventually

ERRORS = "official help, Function Compute error codes"
SOURCE = """
import pathlib
def handler(event, context):
    print("seen")
    if event == b"fail": raise ValueError("no")
    pathlib.Path("seen").write_bytes(event)
    return b"you said " + event
"""
TIMER = {"triggerName": "sweep", "triggerType": "timer", "triggerConfig": {"cronExpression": "@every 4m", "payload": "x"}}
LAYER = "acs:fc:cn-shanghai:1000000000000001:layers/common/versions/3"


@pytest.fixture
def port(laptop: Laptop) -> Iterator[int]:
    layer = laptop.folder / "layer"
    layer.mkdir()
    fc = laptop.start(SOURCE, layer_folders={"common": layer}, layers=[LAYER], triggers=[TIMER], environmentVariables={"A": "b"})
    with served(laptop, fc) as port:
        yield port


@pytest.mark.contract(NEWER)
def test_functions_are_listed_and_described(port: int) -> None:
    client = newer(port)
    listed = client.list_functions(models.ListFunctionsRequest()).body
    assert [function.function_name for function in listed.functions] == ["work"]
    found = client.get_function("work", models.GetFunctionRequest()).body
    assert (found.runtime, found.handler, found.memory_size, found.timeout) == ("python3.12", "index.handler", 512, 10)
    assert (found.environment_variables, [layer.arn for layer in found.layers]) == ({"A": "b"}, [LAYER])
    assert found.function_arn == "acs:fc:cn-shanghai:1000000000000001:functions/work"
    (trigger,) = client.list_triggers("work", models.ListTriggersRequest()).body.triggers
    assert (trigger.trigger_name, trigger.trigger_type) == ("sweep", "timer")
    assert json.loads(trigger.trigger_config) == {"cronExpression": "@every 4m", "enable": True, "payload": "x"}
    config = client.get_async_invoke_config("work", models.GetAsyncInvokeConfigRequest()).body
    assert config.max_async_retry_attempts == 3


@pytest.mark.contract(NEWER + "; official help, InvokeFunction: response headers")
def test_invoke(port: int) -> None:
    response = invoke(newer(port), b"h\xc3\xa9", x_fc_log_type="Tail")
    assert (response.status_code, response.body.read()) == (200, b"you said h\xc3\xa9")
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert b"seen\n" in base64.b64decode(headers["x-fc-log-result"])
    assert headers["x-fc-request-id"].startswith("1-")
    assert headers["x-fc-instance-id"].startswith("i-")
    assert int(headers["x-fc-invocation-duration"]) >= 0
    assert float(headers["x-fc-max-memory-usage"]) > 1


@pytest.mark.contract(NEWER)
def test_invoke_asynchronously(port: int, laptop: Laptop) -> None:
    response = invoke(newer(port), b"later", x_fc_invocation_type="Async")
    assert response.status_code == 202
    eventually(lambda: (laptop.folder / "code" / "seen").exists())


@pytest.mark.contract("official help, Error handling: a function error is a 200 with X-Fc-Error-Type")
def test_a_function_error(port: int) -> None:
    response = invoke(newer(port), b"fail")
    assert response.status_code == 200
    assert {name.lower(): value for name, value in response.headers.items()}["x-fc-error-type"] == "UnhandledInvocationError"
    assert json.loads(response.body.read())["errorType"] == "ValueError"


@pytest.mark.contract(ERRORS)
def test_refusals_of_the_newer_api(port: int) -> None:
    with pytest.raises(ClientException) as missing:
        invoke(newer(port), b"", function="nobody")
    assert (missing.value.status_code, missing.value.code) == (404, "FunctionNotFound")
    with pytest.raises(ClientException) as unsupported:
        newer(port).list_snapshots(models.ListSnapshotsRequest())
    assert (unsupported.value.status_code, unsupported.value.code) == (400, "PathNotSupported")
    with pytest.raises(ClientException) as wrong:
        newer(port, secret="wrong").list_functions(models.ListFunctionsRequest())
    assert wrong.value.code == "SignatureDoesNotMatch"


@pytest.mark.contract("official help, Grant permissions: a function calls with its temporary keys")
def test_temporary_keys(port: int) -> None:
    temporary = KEYRING.issue("role", 60)
    client = newer(port, temporary.access_key_secret, temporary.security_token, temporary.access_key_id)
    assert invoke(client, b"x").status_code == 200


@pytest.mark.contract(OLDER)
def test_the_older_api(port: int) -> None:
    client = older(port)
    assert [one["serviceName"] for one in client.list_services().data["services"]] == ["laptop"]
    assert [one["functionName"] for one in client.list_functions("laptop").data["functions"]] == ["work"]
    assert client.get_function("laptop", "work", qualifier="LATEST").data["handler"] == "index.handler"
    (trigger,) = client.list_triggers("laptop", "work").data["triggers"]
    assert trigger["triggerConfig"] == {"cronExpression": "@every 4m", "enable": True, "payload": "x"}
    response = client.invoke_function("laptop", "work", b"hello", headers={"x-fc-log-type": "Tail"})
    assert response.data == b"you said hello"
    assert b"seen" in base64.b64decode(response.headers["X-Fc-Log-Result"])


@pytest.mark.contract(OLDER + ": 202 and no body")
def test_the_older_api_invokes_asynchronously(port: int, laptop: Laptop) -> None:
    assert older(port).invoke_function("laptop", "work", b"x", headers={"x-fc-invocation-type": "Async"}).data == b""
    eventually(lambda: (laptop.folder / "code" / "seen").exists())


@pytest.mark.contract(ERRORS + "; " + OLDER + ": error bodies are JSON with ErrorCode and ErrorMessage")
def test_refusals_of_the_older_api(port: int) -> None:
    def code(call: str, *arguments: object) -> tuple[int, str]:
        with pytest.raises(FcError) as refused:
            getattr(older(port), call)(*arguments)
        return refused.value.status_code, refused.value.err_code

    assert code("get_function", "laptop", "nobody") == (404, "FunctionNotFound")
    assert code("get_function", "another", "work") == (404, "ServiceNotFound")
    assert code("get_trigger", "laptop", "work", "none") == (404, "TriggerNotFound")
    assert code("get_account_settings") == (400, "PathNotSupported")
    assert code("get_custom_domain", "example.com") == (404, "DomainNameNotFound")
    assert code("invoke_function", "laptop", "work", b"x", {"x-fc-invocation-type": "Sometimes"}) == (400, "InvalidArgument")
    with pytest.raises(FcError) as failed:
        older(port).invoke_function("laptop", "work", b"fail")
    assert (failed.value.status_code, json.loads(failed.value.message)["errorType"]) == (200, "ValueError")


@pytest.mark.contract(ERRORS + ": SignatureNotMatch, InvalidAccessKeyID; assumption: AccessDenied when unsigned or late")
def test_signatures_of_the_older_api(port: int) -> None:
    with pytest.raises(FcError) as wrong:
        older(port, secret="wrong").list_functions("laptop")
    assert (wrong.value.status_code, wrong.value.err_code) == (403, "SignatureNotMatch")
    stranger = fc2.Client(endpoint=f"http://127.0.0.1:{port}", accessKeyID="LTAIstranger", accessKeySecret="x")
    with pytest.raises(FcError) as unknown:
        stranger.list_functions("laptop")
    assert (unknown.value.status_code, unknown.value.err_code) == (403, "InvalidAccessKeyID")
    with pytest.raises(FcError) as late:
        older(port).list_services(headers={"date": "Tue, 15 Nov 1994 08:12:31 GMT"})
    assert (late.value.status_code, late.value.err_code) == (403, "AccessDenied")
    unsigned = httpx.get(f"http://127.0.0.1:{port}/2016-08-15/services")
    assert (unsigned.status_code, unsigned.json()["ErrorCode"]) == (403, "AccessDenied")


@pytest.mark.contract("our assumption: callers who wait for the one instance hold up nothing else, and each is served in its turn")
def test_more_callers_than_the_door_has_workers(laptop: Laptop) -> None:
    source = """
    import os, time
    def handler(event, context):
        while not os.path.exists("go"): time.sleep(0.01)
        return event
    """
    fc = laptop.start(source, limits=Limits(per_function=1))
    with served(laptop, fc) as port, ThreadPoolExecutor(WORKERS + 6) as callers:
        waiting = [callers.submit(invoke, newer(port), b"%d" % number) for number in range(WORKERS + 6)]
        eventually(lambda: fc.running("work"))
        assert newer(port).get_function("work", models.GetFunctionRequest()).body.function_name == "work"
        (laptop.folder / "code" / "go").touch()
        assert [caller.result().body.read() for caller in waiting] == [b"%d" % number for number in range(WORKERS + 6)]


@pytest.mark.contract(ERRORS + ": 503 ServiceUnavailable; our assumption: it is what a caller is told whom a stop overtakes")
def test_a_stop_overtakes_a_caller(laptop: Laptop) -> None:
    source = "import time\ndef handler(event, context): time.sleep(60)"
    fc = laptop.start(source, timeout=60, limits=Limits(per_function=1))
    with served(laptop, fc) as port, ThreadPoolExecutor() as callers:
        waiting = [callers.submit(invoke, newer(port), b"x") for _ in range(3)]
        eventually(lambda: fc.running("work"))
        laptop.stop()
        told = [caller.exception() for caller in waiting]
    assert {(one.status_code, one.code) for one in told if isinstance(one, AlibabaCloudException)} == {(503, "ServiceUnavailable")}


@pytest.mark.contract("API reference, PutConcurrencyConfig: reserved concurrency bounds how many run at once; 429 beyond it")
def test_reserved_concurrency(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.fc.service.WAIT_SECONDS", 0.1)
    fc = laptop.start(SOURCE, concurrencyConfig={"reservedConcurrency": 0})
    with served(laptop, fc) as port, pytest.raises(ClientException) as refused:
        invoke(newer(port), b"x")
    assert (refused.value.status_code, refused.value.code) == (429, "ResourceExhausted")


@pytest.mark.contract(OLDER + "; " + NEWER + ": a request that is not signed right runs nothing, kept or at once")
def test_a_bad_signature_runs_nothing(port: int, laptop: Laptop) -> None:
    for kind in ("Sync", "Async"):
        with pytest.raises(ClientException):
            invoke(newer(port, secret="wrong"), b"x", x_fc_invocation_type=kind)
        with pytest.raises(FcError):
            older(port, secret="wrong").invoke_function("laptop", "work", b"x", headers={"x-fc-invocation-type": kind})
    expired = KEYRING.issue("role", -1)
    with pytest.raises(ClientException):
        invoke(newer(port, expired.access_key_secret, expired.security_token, expired.access_key_id), b"x")
    forged = KEYRING.issue("role", 60)
    with pytest.raises(ClientException):
        invoke(newer(port, forged.access_key_secret, f"{forged.security_token}0", forged.access_key_id), b"x")
    assert newer(port).list_async_tasks("work", models.ListAsyncTasksRequest()).body.tasks == []
    assert not (laptop.folder / "code" / "seen").exists()


@pytest.mark.contract(OLDER + ": temporary keys, whose token is signed with the other x-fc headers")
def test_temporary_keys_of_the_older_api(port: int) -> None:
    temporary = KEYRING.issue("role", 60)
    key, secret, token = temporary.access_key_id, temporary.access_key_secret, temporary.security_token
    client = fc2.Client(endpoint=f"http://127.0.0.1:{port}", accessKeyID=key, accessKeySecret=secret, securityToken=token)
    assert client.invoke_function("laptop", "work", b"x").data == b"you said x"


@pytest.mark.contract(
    "our assumption: an invocation whose caller hangs up runs to its end, and leaves neither instance nor connection behind"
)
def test_callers_that_hang_up(laptop: Laptop) -> None:
    # GIVEN a function with one warm instance, and callers that hang up while it works for them
    source = """
    import os, pathlib, time
    def handler(event, context):
        pathlib.Path(event.decode()).touch()
        while not os.path.exists(event.decode() + "-go"): time.sleep(0.01)
    """
    fc = laptop.start(source, limits=Limits(per_function=1))
    code = laptop.folder / "code"
    keys = fc2.auth.Auth(KEYRING.account.access_key_id, KEYRING.account.access_key_secret)
    path = "/2016-08-15/services/laptop/functions/work/invocations"
    with served(laptop, fc) as port:
        (code / "warm-go").touch()
        warm = fc.invoke("work", b"warm")
        for name in ("one", "two", "three"):
            caller = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"date": formatdate(usegmt=True)}
            caller.request("POST", path, name.encode(), {**headers, "authorization": keys.sign_request("POST", path, headers)})
            eventually((code / name).exists)
            caller.close()
            (code / f"{name}-go").touch()
        # THEN the same instance works for the next one, and no connection of theirs is open
        after = fc.invoke("work", b"warm")
        assert (after.error_type, after.instance_id, len(fc.running("work"))) == ("", warm.instance_id, 1)
        eventually(lambda: {one.status for one in psutil.Process().net_connections() if one.laddr.port == port} == {psutil.CONN_LISTEN})
