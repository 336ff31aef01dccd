"""What is deployed, read over Function Compute's API, in the form that `s.yaml` is compared in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cli.deployment.function_compute import EXTRAS, AsyncInvokeConfig, DeployedFunction, DeployedTrigger, Extra, FunctionCompute
from cli.plan.changes import Description, flat
from cli.plan.declared import ASYNC_DEFAULTS, FUNCTION_DEFAULTS, of_configuration, trigger_defaults
from sightline.errors import UNKNOWN_CODE, ServiceRefused, ServiceUnreachable

CODE_SECONDS = 30


@dataclass(frozen=True)
class Deployed:
    """A function that is there. `async_calls` is None where it has no configuration of its own."""

    function: Description
    triggers: dict[str, Description]
    async_calls: Description | None
    code_checksum: str
    extras: dict[Extra, dict[str, Any]]
    """Those that there are, by their names in s.yaml."""
    unread: dict[Extra, str]
    """Those that may not be read, and why."""


def read_function(cloud: FunctionCompute, name: str) -> Deployed | None:
    """None where there is no such function. Raises ServiceRefused and ServiceUnreachable."""
    try:
        function = cloud.get_function(name)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return None
    config = cloud.get_async_invoke_config(name)
    extras, unread = _extras(cloud, name)
    return Deployed(
        function=of_function(function),
        triggers={trigger.trigger_name: of_trigger(trigger) for trigger in cloud.list_triggers(name)},
        async_calls=None if config is None else of_async_calls(config),
        code_checksum=function.code_checksum,
        extras=extras,
        unread=unread,
    )


def _extras(cloud: FunctionCompute, name: str) -> tuple[dict[Extra, dict[str, Any]], dict[Extra, str]]:
    found: dict[Extra, dict[str, Any]] = {}
    unread: dict[Extra, str] = {}
    for extra in EXTRAS:
        try:
            there = cloud.get_extra(name, extra)
        except ServiceRefused as error:
            unread[extra] = f"{error}; right: fc:{error.operation}"
        else:
            found |= {extra: there} if there else {}
    return found, unread


def siblings(cloud: FunctionCompute, names: Collection[str]) -> list[str]:
    """Functions that are there and none of these, though they are named as these are: what all of these have in common, they have too.

    Of `sightline-submit` and `sightline-sweep` one is `sightline-old`, but not `sightline-submit-prod`, which is another stage's.
    """
    shapes = [name.split("-") for name in names]
    same = {place: words[0] for place, words in enumerate(zip(*shapes, strict=False)) if len(set(words)) == 1}
    if 0 not in same or len(names) < 2:
        return []
    found = (function.function_name for function in cloud.list_functions(f"{same[0]}-") if function.function_name not in names)
    return sorted(name for name in found if _has_shape(name.split("-"), len(shapes[0]), same))


def _has_shape(words: list[str], length: int, same: Mapping[int, str]) -> bool:
    return len(words) == length and all(words[place] == word for place, word in same.items())


def download_code(cloud: FunctionCompute, client: httpx.Client, name: str) -> bytes:
    """The zip file of a function. Raises ServiceRefused and ServiceUnreachable."""
    address = cloud.get_function_code(name).url
    try:
        response = client.get(address, timeout=CODE_SECONDS)
    except httpx.RequestError as error:
        # Not the error itself: it may tell the address, which is signed.
        raise ServiceUnreachable("OSS", "GetObject", type(error).__name__) from None
    if not response.is_success:
        raise ServiceRefused("OSS", "GetObject", response.status_code, UNKNOWN_CODE, "the code can't be had", "")
    return response.content


def of_function(function: DeployedFunction) -> Description:
    described = {
        "runtime": function.runtime,
        "handler": function.handler,
        "description": function.description,
        "role": function.role.lower(),
        "memorySize": function.memory_size,
        "cpu": function.cpu,
        "diskSize": function.disk_size,
        "timeout": function.timeout,
        "instanceConcurrency": function.instance_concurrency,
        "internetAccess": function.internet_access,
        "layers": tuple(layer.arn for layer in function.layers),
        "sessionAffinity": function.session_affinity,
        "instanceIsolationMode": function.instance_isolation_mode,
        "environmentVariables": function.environment_variables,
        "tags": {tag.key: tag.value for tag in function.tags},
        "instanceLifecycleConfig": function.instance_lifecycle_config,
        "logConfig": function.log_config.model_dump(by_alias=True),
    }
    return {**FUNCTION_DEFAULTS, **flat(described), **_attached(function)}


def _attached(function: DeployedFunction) -> Description:
    """Networks and file systems; without an id or a mount point there is none, whatever else is told (fc3, `src/resources/fc/index.ts`)."""
    nas, oss, vpc = function.nas_config, function.oss_mount_config, function.vpc_config
    return {
        **flat(vpc if vpc.get("vpcId") else {}, "vpcConfig"),
        **flat(nas if nas.get("mountPoints") else {}, "nasConfig"),
        **flat(oss if oss.get("mountPoints") else {}, "ossMountConfig"),
        **flat(function.tracing_config, "tracingConfig"),
    }


def of_trigger(trigger: DeployedTrigger) -> Description:
    described = {
        "triggerType": trigger.trigger_type,
        "sourceArn": trigger.source_arn,
        "invocationRole": trigger.invocation_role.lower(),
        "qualifier": trigger.qualifier,
        "description": trigger.description,
    }
    return {**trigger_defaults(trigger.trigger_type), **flat(described), **of_configuration(trigger.trigger_config)}


def of_async_calls(config: AsyncInvokeConfig) -> Description:
    return {**ASYNC_DEFAULTS, **flat(config.model_dump(by_alias=True, exclude={"function_arn"}))}
