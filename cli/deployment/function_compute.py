"""What is deployed: functions, their triggers and asynchronous calls, and layers, read over Function Compute's API 2023-03-30.

Operations, paths and fields: the API reference, and the client and models of the SDK alibabacloud_fc20230330. That SDK would do, but it
is no dependency of the command (nothing else needs it), and its answers are untyped below the first level.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from sightline.credentials import CredentialsProvider
from sightline.errors import UNKNOWN_CODE, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.ims.signature import canonical_query, sign

VERSION = "2023-03-30"
LONGEST_PAGE = 100
_SERVICE = "FC"


class Answered(BaseModel):
    """Part of an answer. The service adds fields over time, so those that are not named here are passed over; null is as good as absent."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


class LayerReference(Answered):
    arn: str
    size: int = 0


class LogConfig(Answered):
    project: str = ""
    logstore: str = ""
    enable_request_metrics: bool = False
    enable_instance_metrics: bool = False
    enable_llm_metrics: bool = False
    log_begin_rule: str = ""


class Tag(Answered):
    key: str = Field(alias="Key")
    value: str = Field("", alias="Value")


class DeployedFunction(Answered):
    """`memory_size` and `disk_size` in MB, `cpu` in vCPUs, `timeout` in seconds, `code_size` in bytes, `code_checksum` a CRC-64."""

    function_name: str
    function_arn: str = ""
    runtime: str = ""
    handler: str = ""
    description: str = ""
    role: str = ""
    memory_size: int = 0
    cpu: float = 0
    disk_size: int = 0
    timeout: int = 0
    instance_concurrency: int = 1
    internet_access: bool = True
    environment_variables: dict[str, str] = Field({}, repr=False)
    instance_lifecycle_config: dict[str, Any] = {}
    layers: tuple[LayerReference, ...] = ()
    log_config: LogConfig = LogConfig()
    vpc_config: dict[str, Any] = {}
    nas_config: dict[str, Any] = {}
    oss_mount_config: dict[str, Any] = {}
    tracing_config: dict[str, Any] = {}
    session_affinity: str = ""
    instance_isolation_mode: str = ""
    tags: tuple[Tag, ...] = ()
    code_checksum: str = ""
    code_size: int = 0
    state: str = ""
    state_reason: str = ""
    last_update_status: str = ""
    last_update_status_reason: str = ""
    last_modified_time: str = ""


def _object(value: Any) -> Any:
    """A trigger's configuration is JSON in a text; an empty text is none."""
    return json.loads(value or "{}") if isinstance(value, str) else value


class HttpAddresses(Answered):
    url_internet: str = ""
    url_intranet: str = ""


class DeployedTrigger(Answered):
    trigger_name: str
    trigger_type: str
    trigger_config: Annotated[dict[str, Any], BeforeValidator(_object)] = {}
    source_arn: str = ""
    invocation_role: str = ""
    qualifier: str = ""
    description: str = ""
    status: str = ""
    http_trigger: HttpAddresses | None = None


class Destination(Answered):
    destination: str = ""


class Destinations(Answered):
    on_success: Destination | None = None
    on_failure: Destination | None = None


class AsyncInvokeConfig(Answered):
    """`max_async_event_age_in_seconds` says itself what it is in; `destination_config` holds ARNs."""

    function_arn: str = ""
    max_async_retry_attempts: int | None = None
    max_async_event_age_in_seconds: int | None = None
    async_task: bool = False
    destination_config: Destinations = Destinations()


class CodeAddress(Answered):
    """Where the zip file of a function's code can be read for a while: `url` is signed, so it is as good as a key."""

    url: str = Field(repr=False)
    checksum: str = ""


class LayerVersion(Answered):
    """`code_checksum` is the CRC-64 of the zip file in decimal digits, empty where the service does not tell; `code_size` in bytes."""

    layer_name: str
    version: int
    layer_version_arn: str = ""
    code_checksum: str = ""
    code_size: int = 0
    compatible_runtime: tuple[str, ...] = ()
    description: str = ""
    create_time: str = ""


Model = TypeVar("Model", bound=Answered)


Extra = Literal["concurrencyConfig", "provisionConfig", "scalingConfig", "vpcBinding"]
EXTRAS: Mapping[Extra, tuple[str, str, Mapping[str, str]]] = {
    "concurrencyConfig": ("GetConcurrencyConfig", "concurrency", {}),
    "provisionConfig": ("GetProvisionConfig", "provision-config", {"qualifier": "LATEST"}),
    "scalingConfig": ("GetScalingConfig", "scaling-config", {"qualifier": "LATEST"}),
    "vpcBinding": ("ListVpcBindings", "vpc-bindings", {}),
}
"""By their names in s.yaml: operation, path below the function's own, and query."""
_TOLD_BESIDE = {"functionArn", "current", "currentError", "currentInstances", "targetInstances", "requestId", "RequestId"}
"""Whose it is, and how far the service has got with it: nothing that anybody has set (devsapp/fc3, src/subCommands/plan/index.ts)."""


class FunctionCompute:
    """The functions of one account in one region. `endpoint` may name its scheme, https otherwise; `client` says how long to wait.

    Every method raises ServiceRefused (`missing` for what does not exist), ServiceUnreachable, and UnusableAnswer.
    """

    def __init__(
        self,
        client: httpx.Client,
        credentials: CredentialsProvider,
        endpoint: str,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self._client = client
        self._credentials = credentials
        self._base, self._name = f"{parts.scheme}://{parts.netloc}", parts.netloc
        self._clock = clock

    def get_function(self, function: str) -> DeployedFunction:
        return self._one(DeployedFunction, "GetFunction", f"/functions/{_part(function)}")

    def list_functions(self, prefix: str = "") -> list[DeployedFunction]:
        return list(self._all(DeployedFunction, "functions", "ListFunctions", "/functions", prefix))

    def get_function_code(self, function: str) -> CodeAddress:
        return self._one(CodeAddress, "GetFunctionCode", f"/functions/{_part(function)}/code")

    def get_trigger(self, function: str, trigger: str) -> DeployedTrigger:
        return self._one(DeployedTrigger, "GetTrigger", f"/functions/{_part(function)}/triggers/{_part(trigger)}")

    def list_triggers(self, function: str) -> list[DeployedTrigger]:
        return list(self._all(DeployedTrigger, "triggers", "ListTriggers", f"/functions/{_part(function)}/triggers"))

    def get_async_invoke_config(self, function: str) -> AsyncInvokeConfig | None:
        """None where a function has none, so that the defaults hold."""
        try:
            return self._one(AsyncInvokeConfig, "GetAsyncInvokeConfig", f"/functions/{_part(function)}/async-invoke-config")
        except ServiceRefused as error:
            if error.code != "AsyncConfigNotExists":
                raise
            return None

    def get_extra(self, function: str, extra: Extra) -> dict[str, Any]:
        """What is kept beside a function, of its version LATEST; empty where nothing is. No code for that is documented."""
        operation, path, query = EXTRAS[extra]
        try:
            answer = self._call(operation, f"/functions/{_part(function)}/{path}", query)
        except ServiceRefused as error:
            if not error.missing or error.code == "FunctionNotFound":
                raise
            return {}
        return {name: value for name, value in answer.items() if value and name not in _TOLD_BESIDE}

    def get_layer_version(self, layer: str, version: int) -> LayerVersion:
        return self._one(LayerVersion, "GetLayerVersion", f"/layers/{_part(layer)}/versions/{version}")

    def list_layer_versions(self, layer: str) -> list[LayerVersion]:
        """Newest first. Raises ServiceRefused with `missing` where the layer has never been published."""
        path, found, start = f"/layers/{_part(layer)}/versions", list[LayerVersion](), ""
        while True:
            query = {"limit": str(LONGEST_PAGE), **({"startVersion": start} if start else {})}
            answer = self._call("ListLayerVersions", path, query)
            page = _models(LayerVersion, "ListLayerVersions", answer, "layers")
            found += page
            start = str(answer.get("nextVersion") or "")
            if not start or not page:
                return sorted(found, key=lambda one: one.version, reverse=True)

    def latest_layer_version(self, layer: str) -> LayerVersion | None:
        """None where the layer has never been published."""
        try:
            return next(iter(self.list_layer_versions(layer)), None)
        except ServiceRefused as error:
            if not error.missing:
                raise
            return None

    def _one(self, model: type[Model], operation: str, path: str) -> Model:
        return _model(model, operation, self._call(operation, path, {}))

    def _all(self, model: type[Model], field: str, operation: str, path: str, prefix: str = "") -> Iterator[Model]:
        query = {"limit": str(LONGEST_PAGE), **({"prefix": prefix} if prefix else {})}
        while True:
            answer = self._call(operation, path, query)
            page = _models(model, operation, answer, field)
            yield from page
            token = answer.get("nextToken")
            if not token or not page:
                return
            query["nextToken"] = str(token)

    def _call(self, operation: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        path = f"/{VERSION}{path}"
        nonce = secrets.token_hex(16)
        asked = canonical_query(query)
        headers = sign(self._credentials(), self._clock(), nonce, "GET", self._name, operation, VERSION, asked, path=path)
        address = f"{self._base}{path}?{asked}".rstrip("?")
        try:
            response = self._client.get(address, headers={**headers, "accept": "application/json"})
        except httpx.RequestError as error:
            raise ServiceUnreachable(_SERVICE, operation, type(error).__name__) from error
        document = _document(response)
        if not response.is_success:
            raise _refusal(operation, response, document or {})
        if document is None:
            raise UnusableAnswer(_SERVICE, operation, "the body", "is no JSON object", retryable=True)
        return document


def _part(name: str) -> str:
    return quote(name, safe="~")


def _document(response: httpx.Response) -> dict[str, Any] | None:
    try:
        document = response.json()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _refusal(operation: str, response: httpx.Response, document: Mapping[str, Any]) -> ServiceRefused:
    """The gateway in front of the service and the service itself spell their fields in two ways, as the SDK knows."""
    code, message, request_id = (str(document.get(name) or document.get(name[0].lower() + name[1:]) or "") for name in _SAID)
    message = message or "an error without JSON, so perhaps not from the service itself"
    return ServiceRefused(_SERVICE, operation, response.status_code, code or UNKNOWN_CODE, message, request_id)


_SAID = ("Code", "Message", "RequestId")


def _model(model: type[Model], operation: str, value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # Not the error itself: it quotes what it was given, and environment variables may be secret.
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the body"
        raise UnusableAnswer(_SERVICE, operation, field, "is not what the API reference says", retryable=False) from None


def _models(model: type[Model], operation: str, answer: Mapping[str, Any], field: str) -> list[Model]:
    listed = answer.get(field)
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise UnusableAnswer(_SERVICE, operation, field, "is no list", retryable=False)
    return [_model(model, operation, one) for one in listed]
