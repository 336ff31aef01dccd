"""Function Compute's two HTTP APIs: 2023-03-30 (Function Compute 3.0) and 2016-08-15, which groups functions into services.

Functions are declared in the project file and not through the API, so it reads and invokes and changes nothing.
Paths and fields: the SDKs alibabacloud_fc20230330 and aliyun-fc2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from localcloud.acs import AcsError, acs_error_reply, authenticate
from localcloud.fc import signature
from localcloud.fc.errors import InvalidArgument, Refused, UnknownFunction, UnknownService, UnknownTrigger, UnknownVersion, UnsupportedPath
from localcloud.fc.invocation import Invocation, new_request_id
from localcloud.fc.project import Function, Project
from localcloud.fc.trigger import Trigger
from localcloud.http import Reply, Request
from localcloud.identity import Keyring
from localcloud.place import Place

NEWER, OLDER = "2023-03-30", "2016-08-15"
PAGE, LONGEST_PAGE = 20, 100


class Backend(Protocol):
    """What the API speaks for."""

    @property
    def project(self) -> Project: ...

    @property
    def place(self) -> Place: ...

    def invoke(self, function: str, payload: bytes, *, kind: str, log_tail: bool, request_id: str) -> Invocation: ...


class Api:
    """Routes, signatures and formats; `serve` never raises for bad input."""

    def __init__(self, backend: Backend, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._keyring = keyring
        self._clock = clock

    def claims(self, request: Request) -> bool:
        # A bucket may be called 2016-08-15; its requests are signed for OSS.
        return request.path.startswith((f"/{NEWER}/", f"/{OLDER}/")) and not request.headers.get("authorization", "").startswith("OSS")

    def serve(self, request: Request) -> Reply:
        request_id = new_request_id(self._clock())
        version = request.path.split("/")[1]
        try:
            if version == NEWER:
                authenticate(request, self._keyring, self._clock())
            else:
                signature.verify(request, self._keyring, self._clock())
            return self._route(request, request_id, version)
        except AcsError as error:
            return _with_id(acs_error_reply(error, request_id, request.headers.get("host", "")), request_id)
        except Refused as error:
            return refusal(error, request_id, request, older=version == OLDER)

    def _route(self, request: Request, request_id: str, version: str) -> Reply:
        parts = request.path.strip("/").split("/")[1:]
        if version == OLDER:
            if parts[:1] == ["services"] and len(parts) <= 2 and request.method == "GET":
                return _json(self._services(parts[1:]), request_id)
            parts = self._inside_service(request, parts)
        match request.method, parts:
            case "GET", ["functions"]:
                return _json(self._list_functions(request, version), request_id)
            case "GET", ["functions", name]:
                return _json(self._describe(self._function(name), version), request_id)
            case "GET", ["functions", name, "triggers"]:
                function = self._function(name)
                described = [self._describe_trigger(function, trigger, version) for trigger in function.triggers]
                return _json({"triggers": described}, request_id)
            case "GET", ["functions", name, "triggers", trigger]:
                return _json(self._trigger(self._function(name), trigger, version), request_id)
            case "GET", ["functions", name, "async-invoke-config"]:
                return _json(self._async_config(self._function(name)), request_id)
            case "POST", ["functions", name, "invocations"]:
                return self._invoke(request, self._function(name), request_id)
        raise UnsupportedPath(request.method, request.path)

    def _inside_service(self, request: Request, parts: Sequence[str]) -> list[str]:
        if len(parts) < 3 or parts[0] != "services":
            raise UnsupportedPath(request.method, request.path)
        self._check_service(parts[1])
        return list(parts[2:])

    def _check_service(self, text: str) -> str:
        """Every function is in the one service that bears the project's name (assumption: 3.0 documents no mapping)."""
        service, _, qualifier = text.partition(".")
        if service != self._backend.project.name:
            raise UnknownService(service)
        _check_qualifier(qualifier)
        return service

    def _services(self, names: Sequence[str]) -> dict[str, Any]:
        if names:
            return {"serviceName": self._check_service(names[0])}
        return {"services": [{"serviceName": self._backend.project.name}]}

    def _function(self, name: str) -> Function:
        function = self._backend.project.functions.get(name)
        if function is None:
            raise UnknownFunction(name)
        return function

    def _list_functions(self, request: Request, version: str) -> dict[str, Any]:
        query = request.query
        limit = query.get("limit", str(PAGE))
        if not limit.isdecimal() or not 1 <= int(limit) <= LONGEST_PAGE:
            raise InvalidArgument(f"limit has to be a number from 1 to {LONGEST_PAGE}, not '{limit}'")
        names = [name for name in sorted(self._backend.project.functions) if name.startswith(query.get("prefix", ""))]
        names = [name for name in names if name >= query.get("startKey", "") and name > query.get("nextToken", "")]
        page = names[: int(limit)]
        answer: dict[str, Any] = {"functions": [self._describe(self._function(name), version) for name in page]}
        return {**answer, "nextToken": page[-1]} if len(names) > len(page) else answer

    def _describe(self, function: Function, version: str) -> dict[str, Any]:
        wanted = {"function_name", "runtime", "handler", "description", "role", "memory_size", "cpu", "disk_size", "timeout"}
        wanted |= {"environment_variables", "instance_lifecycle_config", "log_config"}
        described = function.model_dump(by_alias=True, include=wanted, exclude_none=True)
        arns: list[Any] = list(function.layers)
        return {
            **described,
            "functionArn": self._backend.place.function_arn(function.function_name),
            "functionId": function.function_name,
            "instanceConcurrency": 1,
            "layers": [{"arn": arn} for arn in arns] if version == NEWER else arns,
            "state": "Active",
            "lastUpdateStatus": "Successful",
        }

    def _trigger(self, function: Function, name: str, version: str) -> dict[str, Any]:
        for trigger in function.triggers:
            if trigger.trigger_name == name:
                return self._describe_trigger(function, trigger, version)
        raise UnknownTrigger(name, function.function_name)

    def _describe_trigger(self, function: Function, trigger: Trigger, version: str) -> dict[str, Any]:
        described = trigger.model_dump(by_alias=True, exclude_none=True)
        if version == NEWER:
            # A text with JSON in it in the newer API (its SDK types it so), an object in the older one.
            described["triggerConfig"] = json.dumps(described["triggerConfig"])
        target = f"{self._backend.place.function_arn(function.function_name)}/triggers/{trigger.trigger_name}"
        return {**described, "targetArn": target, "triggerId": target, "status": "ACTIVE"}

    def _async_config(self, function: Function) -> dict[str, Any]:
        described = function.async_invoke_config.model_dump(by_alias=True, exclude_none=True)
        return {**described, "functionArn": self._backend.place.function_arn(function.function_name)}

    def _invoke(self, request: Request, function: Function, request_id: str) -> Reply:
        _check_qualifier(request.query.get("qualifier", ""))
        kind = _one_of(request, "x-fc-invocation-type", ("Sync", "Async"))
        log_tail = _one_of(request, "x-fc-log-type", ("None", "Tail")) == "Tail"
        invocation = self._backend.invoke(function.function_name, request.body.read(), kind=kind, log_tail=log_tail, request_id=request_id)
        return Reply(invocation.status, invocation.headers(log_tail=log_tail), invocation.payload)


def refusal(error: Refused, request_id: str, request: Request, *, older: bool = False) -> Reply:
    """An error in the words of the API that was spoken to."""
    if older:
        return _json({"ErrorCode": error.code, "ErrorMessage": error.message}, request_id, error.status)
    said = AcsError(error.status, error.code, error.message)
    return _with_id(acs_error_reply(said, request_id, request.headers.get("host", "")), request_id)


def _one_of(request: Request, header: str, values: tuple[str, ...]) -> str:
    value = request.headers.get(header, values[0])
    if value not in values:
        raise InvalidArgument(f"the header {header} has to be {_or(values)}, not '{value}'")
    return value


def _or(values: Iterable[str]) -> str:
    return " or ".join(values)


def _check_qualifier(qualifier: str) -> None:
    if qualifier not in ("", "LATEST"):
        raise UnknownVersion(qualifier)


def _json(body: object, request_id: str, status: int = 200) -> Reply:
    headers = {"Content-Type": "application/json", "X-Fc-Request-Id": request_id}
    return Reply(status, headers, json.dumps(body, ensure_ascii=False).encode())


def _with_id(reply: Reply, request_id: str) -> Reply:
    return Reply(reply.status, {**reply.headers, "X-Fc-Request-Id": request_id}, reply.body)
