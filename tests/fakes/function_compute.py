"""Function Compute of an account to which `s deploy` brought a project: what its reading operations answer.

Fields and what fills them where nobody set them: the models of the SDK alibabacloud_fc20230330, and what the component fc3 sends for
a field that is left out (its `FC_RESOURCES_EMPTY_CONFIG`). That the service tells all of them is our assumption.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from cli.deployment.function_compute import FunctionCompute
from localcloud.checksum import crc64
from localcloud.fc.project.project import Function, Project
from localcloud.fc.project.trigger import AnyTrigger
from sightline.credentials import Credentials

Json = dict[str, Any]
CODE_HOST = "code.example"
UNSET: Json = {
    "vpcConfig": {"securityGroupId": "", "vSwitchIds": [], "vpcId": ""},
    "tracingConfig": {},
    "ossMountConfig": {"mountPoints": []},
    "nasConfig": {"groupId": 0, "userId": 0, "mountPoints": []},
    "logConfig": {"enableInstanceMetrics": False, "enableRequestMetrics": False, "logBeginRule": "None", "logstore": "", "project": ""},
    "environmentVariables": {},
    "layers": [],
    "instanceIsolationMode": "SHARE",
    "sessionAffinity": "NONE",
    "disableOndemand": False,
    "customRuntimeConfig": None,
    "tags": None,
    "gpuConfig": None,
}


NOT_FOUND = {
    "GetFunction": "FunctionNotFound",
    "GetAsyncInvokeConfig": "AsyncConfigNotExists",
    "ListLayerVersions": "LayerNotFound",
}


class Account:
    """`functions`, `triggers` and `async_configs` are the documents that are answered; a test may change them.

    Operations that are refused are named in `denied`; `asked` are those that were called.
    """

    def __init__(self, project: Project) -> None:
        self.functions = {name: function_document(function) for name, function in project.functions.items()}
        self.triggers = {
            name: {trigger.trigger_name: trigger_document(trigger) for trigger in function.triggers}
            for name, function in project.functions.items()
        }
        self.async_configs = {
            name: function.async_invoke_config.model_dump(by_alias=True)
            for name, function in project.functions.items()
            if "async_invoke_config" in function.model_fields_set
        }
        self.code = {name: zipped(contents(function.code)) for name, function in project.functions.items()}
        self.layers: dict[str, dict[int, Json]] = {}
        self.extras: dict[tuple[str, str], Json] = {}
        self.denied: set[str] = set()
        self.asked: set[str] = set()
        for name, content in self.code.items():
            self.functions[name]["codeChecksum"] = str(crc64(content))

    def publish_layer(self, name: str, version: int, content: bytes) -> None:
        document = {"layerName": name, "version": version, "codeChecksum": str(crc64(content)), "codeSize": len(content)}
        self.layers.setdefault(name, {})[version] = document

    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def client(self) -> FunctionCompute:
        return FunctionCompute(self.http(), lambda: Credentials("key", "secret"), "https://fc.example")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == CODE_HOST:
            return httpx.Response(200, content=self.code[request.url.path.strip("/")])
        operation = request.headers["x-acs-action"]
        self.asked.add(operation)
        if operation in self.denied:
            return refused(403, "AccessDenied")
        parts = [unquote(part) for part in request.url.raw_path.decode().partition("?")[0].split("/")[2:]]
        document = self._document(parts, request.url.params)
        return refused(404, NOT_FOUND[operation]) if document is None else httpx.Response(200, json=document)

    def _document(self, parts: list[str], query: Mapping[str, str]) -> Json | None:
        match parts:
            case ["functions"]:
                return {"functions": [one for name, one in self.functions.items() if name.startswith(query.get("prefix", ""))]}
            case ["functions", name]:
                return self.functions.get(name)
            case ["functions", name, "code"]:
                return {"url": f"https://{CODE_HOST}/{name}?Signature=secret", "checksum": ""} if name in self.code else None
            case ["functions", name, "triggers"]:
                return {"triggers": list(self.triggers.get(name, {}).values())}
            case ["functions", name, "async-invoke-config"]:
                return self.async_configs.get(name)
            case ["functions", name, ("concurrency" | "provision-config" | "scaling-config" | "vpc-bindings") as extra]:
                return self.extras.get((name, extra), {"vpcIds": []} if extra == "vpc-bindings" else {})
            case ["layers", name, "versions"]:
                return {"layers": [self.layers[name][version] for version in sorted(self.layers[name])]} if name in self.layers else None
        raise AssertionError(f"nobody asks for {parts}")


def refused(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"Code": code, "Message": "no", "RequestId": "R1"})


def function_document(function: Function) -> Json:
    sent = function.model_dump(by_alias=True, exclude={"code", "triggers", "async_invoke_config", "layers"}, exclude_none=True)
    hooks = {hook: {"handler": "", "timeout": 3, "command": None} for hook in ("initializer", "preStop")}
    return {
        **UNSET,
        **sent,
        "role": function.role.lower(),
        "layers": [{"arn": arn, "size": 1} for arn in function.layers],
        "instanceLifecycleConfig": {**hooks, **sent["instanceLifecycleConfig"]},
        "functionArn": f"acs:fc:cn-shanghai:1:functions/{function.function_name}",
        "functionId": "an id",
        "codeSize": 1,
        "createdTime": "2026-11-21T08:00:00Z",
        "lastModifiedTime": "2026-11-21T08:00:00Z",
        "internetAccess": True,
        "state": "Active",
        "lastUpdateStatus": "Successful",
    }


def trigger_document(trigger: AnyTrigger) -> Json:
    """Events come in another order than they were given in, and empty fields are told."""
    sent = trigger.model_dump(by_alias=True)
    config = sent["triggerConfig"]
    for field in ("events", "methods"):
        if field in config:
            config[field] = list(reversed(config[field]))
    told = {
        "triggerConfig": json.dumps(config),
        "invocationRole": trigger.invocation_role.lower(),
        "triggerId": "an id",
        "status": "ACTIVE",
    }
    return {**sent, **told, "httpTrigger": None}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
