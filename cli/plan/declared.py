"""The functions of `s.yaml` as a deploy would leave them.

What the component fc3 sends, and with which defaults: its sources `src/base.ts`, `src/default/config.ts`,
`src/resources/fc/impl/replace-function-config.ts` and `src/subCommands/deploy/impl/` (github.com/devsapp/fc3). Defaults of the service:
the models of its SDK alibabacloud_fc20230330.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from cli.plan.changes import Description, Value, flat
from localcloud.fc.project.cloud_only import CloudOnly
from localcloud.fc.project.project import Function, LogConfig
from localcloud.fc.project.trigger import AnyTrigger
from localcloud.fc.triggers.jwt_auth import JwtConfig

FUNCTION_DEFAULTS: Description = {
    "description": "",
    "role": "",
    "layers": (),
    "internetAccess": True,
    "sessionAffinity": "NONE",
    "instanceIsolationMode": "SHARE",
    "logConfig.project": "",
    "logConfig.logstore": "",
    "logConfig.enableRequestMetrics": False,
    "logConfig.enableInstanceMetrics": False,
    "logConfig.enableLlmMetrics": False,
    "logConfig.logBeginRule": "None",
    "instanceLifecycleConfig.initializer.handler": "",
    "instanceLifecycleConfig.preStop.handler": "",
}
"""What a function has that says nothing of it, and what fc3 sets back where s.yaml leaves it out."""

_RESET = {"vpc_config": "vpcConfig.", "nas_config": "nasConfig.", "oss_mount_config": "ossMountConfig.", "tracing_config": "tracingConfig."}
"""What fc3 takes away where s.yaml does not have it."""

ASYNC_DEFAULTS: Description = {"maxAsyncRetryAttempts": 3, "maxAsyncEventAgeInSeconds": 86_400, "asyncTask": False}
ASYNC_OWNED = ("",)

TRIGGER_DEFAULTS: Mapping[str, Description] = {
    "oss": {},
    "mns_topic": {"triggerConfig.notifyContentFormat": "STREAM", "triggerConfig.notifyStrategy": "BACKOFF_RETRY"},
    "timer": {"triggerConfig.enable": True},
    "http": {"triggerConfig.authType": "function", "triggerConfig.disableURLInternet": False},
}
"""Of the kinds whose configuration is known as a whole; of others only what s.yaml says is compared."""


_SETS = ("triggerConfig.events", "triggerConfig.methods")


def trigger_defaults(kind: str) -> Description:
    return {"qualifier": "LATEST", "description": "", **TRIGGER_DEFAULTS.get(kind, {})}


def trigger_owned(kind: str) -> tuple[str, ...]:
    return ("triggerConfig.",) if kind in TRIGGER_DEFAULTS else ()


def function_owned(function: Function) -> tuple[str, ...]:
    """What a deploy replaces as a whole, or takes away."""
    taken_away = (prefix for name, prefix in _RESET.items() if name not in function.model_fields_set)
    return ("environmentVariables.", "tags.", *taken_away)


def of_function(function: Function) -> Description:
    """Without its code, its triggers and its asynchronous calls. `logConfig: auto` is decided at the deploy, and left out."""
    described = {
        "runtime": function.runtime,
        "handler": function.handler,
        "description": function.description,
        "role": function.role.lower(),
        "memorySize": function.memory_size,
        "timeout": function.timeout,
        "internetAccess": function.internet_access,
        "layers": function.layers,
        "sessionAffinity": function.session_affinity,
        "instanceIsolationMode": function.instance_isolation_mode,
        "environmentVariables": function.environment_variables,
        "tags": {tag.key: tag.value for tag in function.tags},
        "instanceLifecycleConfig": function.instance_lifecycle_config.model_dump(by_alias=True, exclude_unset=True),
        **_size(function),
    }
    unset = {field: value for field, value in FUNCTION_DEFAULTS.items() if not field.startswith("logConfig.")}
    return {**unset, **flat(described), **_log(function.log_config, is_set="log_config" in function.model_fields_set)}


def _size(function: Function) -> dict[str, Any]:
    """fc3 adds cpu and disk only where both are left out and the memory is its default; else what is left out stays as it is."""
    given = function.model_fields_set
    if function.memory_size == 512 and not given & {"cpu", "disk_size"}:
        return {"cpu": 0.35, "diskSize": 512}
    sizes = {"cpu": ("cpu", function.cpu), "disk_size": ("diskSize", function.disk_size)}
    concurrency = {"instance_concurrency": ("instanceConcurrency", function.instance_concurrency)}
    return {name: value for field, (name, value) in (sizes | concurrency).items() if field in given}


def _log(config: LogConfig | str, is_set: bool) -> dict[str, Value]:
    """Without a logConfig fc3 switches logs off; one that is there is sent as it is."""
    if isinstance(config, str):
        return {}
    if not is_set:
        return {field: value for field, value in FUNCTION_DEFAULTS.items() if field.startswith("logConfig.")}
    return flat(config.model_dump(by_alias=True, exclude_unset=True), "logConfig")


def of_async_calls(function: Function) -> Description | None:
    """None where s.yaml has none: a deploy leaves what there is. Which version they are of is no field of the service's."""
    if "async_invoke_config" not in function.model_fields_set:
        return None
    return {**ASYNC_DEFAULTS, **flat(function.async_invoke_config.model_dump(by_alias=True, exclude={"qualifier"}))}


def not_compared(function: Function) -> list[str]:
    """What s.yaml sets of a function, and nothing here looks at."""
    ignored = {*CloudOnly.model_fields, "concurrency_config"} - {
        "internet_access",
        "endpoint",
        "session_affinity",
        "instance_isolation_mode",
    }
    unread = function.model_fields_set & ignored
    if function.async_invoke_config.qualifier != "LATEST":
        unread |= {"async_invoke_config"}
    return sorted(to_camel(name) for name in unread)


def of_trigger(trigger: AnyTrigger) -> Description:
    """A role that is left out is fc3's own choice, and left out here."""
    described = trigger.model_dump(by_alias=True, exclude_unset=True)
    described.pop("triggerName")
    described.pop("invocationRole", None)
    config = of_configuration(described.pop("triggerConfig", {}))
    role = {"invocationRole": trigger.invocation_role.lower()} if trigger.invocation_role else {}
    return {**trigger_defaults(trigger.trigger_type), **flat(described), **role, **config}


def of_configuration(config: Mapping[str, Any]) -> dict[str, Value]:
    """A trigger's, whichever way it is written: events and methods are sets, and `authConfig` has two forms (text, and list)."""
    auth = config.get("authConfig")
    with suppress(ValidationError):  # one that can't be read is compared as it is
        config = {**config, "authConfig": auth and JwtConfig.model_validate(auth).model_dump(by_alias=True)}
    described = flat(config, "triggerConfig")
    sets = {field: tuple(sorted(value)) for field, value in described.items() if field in _SETS and isinstance(value, tuple)}
    return {**described, **sets}
