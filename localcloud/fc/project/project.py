"""The project file of Serverless Devs (`s.yaml`, component fc3), read into the functions that it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.declared import Declared
from localcloud.fc.project.rendering import render
from localcloud.fc.project.trigger import AnyTrigger, OssTrigger, conflict

ENVIRONMENT_BYTES = 4096
"""The names and values of a function's environment variables, together (official help, "Limits")."""


class Hook(Declared):
    """An initializer; `timeout` in seconds (bounds: official help, "Limits")."""

    handler: str
    timeout: int = Field(3, ge=1, le=300)


class PreStop(Hook):
    timeout: int = Field(3, ge=1, le=90)


class LifecycleHooks(Declared):
    initializer: Hook | None = None
    pre_stop: PreStop | None = None


class Destination(Declared):
    """Where the outcome of an asynchronous invocation goes: an MNS queue or topic, or a function, by its ARN."""

    destination: str = Field(pattern=r"^acs:(mns:[^:]*:[^:]*:/(queues|topics)/[^/]+/messages|fc:[^:]*:[^:]*:functions/[^/]+)$")

    @property
    def kind(self) -> str:
        """queues, topics or functions."""
        return self._resource[0]

    @property
    def name(self) -> str:
        return self._resource[1]

    @property
    def _resource(self) -> list[str]:
        return self.destination.rpartition(":")[2].strip("/").split("/")


class Destinations(Declared):
    on_success: Destination | None = None
    on_failure: Destination | None = None


class AsyncInvocation(Declared):
    """How asynchronous invocations are treated. The API's bounds and default age; the schema of fc3 has others."""

    max_async_retry_attempts: int = Field(3, ge=0, le=8)
    max_async_event_age_in_seconds: int = Field(86_400, ge=1, le=604_800)
    async_task: bool = False
    destination_config: Destinations = Destinations()


class Concurrency(Declared):
    """How many invocations of a function may run at once."""

    reserved_concurrency: int = Field(ge=0)


class Tag(Declared):
    key: str
    value: str


class LogConfig(BaseModel):
    """Where the cloud would keep a function's log; here it is a file, and this is only told again."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="allow")

    project: str = ""
    logstore: str = ""


def _free_environment(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if name.upper().startswith(("FC_", "_FC_")):
            raise ValueError(f"{name} is kept for Function Compute; choose a name that does not begin with FC_")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or "\0" in value:
            raise ValueError(f"{name!r} can't be an environment variable; use letters, digits and underscores")
    if sum(len(name.encode()) + len(value.encode()) for name, value in values.items()) > ENVIRONMENT_BYTES:
        raise ValueError(f"the environment variables exceed {ENVIRONMENT_BYTES} bytes; keep the bulk in a file")
    return values


def _twentieth(cpu: float) -> float:
    if abs(cpu * 20 - round(cpu * 20)) > 1e-9:
        raise ValueError(f"{cpu} is not a multiple of 0.05")
    return cpu


LayerArn = Annotated[str, Field(pattern=r"^acs:fc:[^:]*:[^:]*:layers/[^/]+/versions/\d+$")]


class Function(BaseModel):
    """One function; `code` is an absolute folder, `memory_size` in MB, `timeout` in seconds."""

    # Keys that mean nothing on a laptop (vpcConfig, nasConfig, …) are passed over; fc3 checks them before a deployment.
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    function_name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    region: str
    runtime: Literal["python3", "python3.9", "python3.10", "python3.12"]
    handler: str = Field(pattern=r"^[^.]+(\.[^.]+)+$")
    code: Path
    description: str = ""
    role: str = ""
    layers: tuple[LayerArn, ...] = Field((), max_length=5)
    memory_size: int = Field(512, ge=128, le=32_768, multiple_of=64)
    cpu: Annotated[float, AfterValidator(_twentieth)] = Field(0.35, ge=0.05, le=16)
    disk_size: Literal[512, 10_240] = 512
    timeout: int = Field(3, ge=1, le=86_400)
    environment_variables: Annotated[dict[str, str], AfterValidator(_free_environment)] = {}
    instance_lifecycle_config: LifecycleHooks = LifecycleHooks()
    async_invoke_config: AsyncInvocation = AsyncInvocation.model_validate({})
    log_config: LogConfig | Literal["auto"] = LogConfig()
    concurrency_config: Concurrency | None = None
    instance_concurrency: Literal[1] = 1
    tags: tuple[Tag, ...] = ()
    triggers: tuple[AnyTrigger, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Function:
        if not self.code.is_dir():
            raise ValueError(f"code: {self.code} is not a folder; correct the path")
        names = [trigger.trigger_name for trigger in self.triggers]
        if len(set(names)) < len(names):
            raise ValueError("triggers: two have the same triggerName; rename one")
        if sum(trigger.trigger_type == "http" for trigger in self.triggers) > 1:
            raise ValueError("triggers: a function has at most one http trigger; remove the others")
        if "cpu" in self.model_fields_set and not 1 <= self.memory_size / 1024 / self.cpu <= 4:
            raise ValueError("cpu: the ratio of vCPUs to GB of memory must lie between 1:1 and 1:4; change cpu or memorySize")
        return self

    @property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(arn.split("layers/")[1].split("/")[0] for arn in self.layers)


class Project(BaseModel):
    """A whole file; `file` is where it was read from."""

    model_config = ConfigDict(frozen=True)

    name: str
    file: Path
    functions: dict[str, Function]

    @classmethod
    def read(cls, file: Path, environment: Mapping[str, str], config: Mapping[str, str] | None = None) -> Project:
        """Read and render `file`. `environment` answers `${env()}`, and `config` answers `${config()}` (`AccountID`).

        Raises ProjectError, which names the file, the resource, the key and the fix.
        """
        document = render(file, environment, config)
        places: dict[str, str] = {}
        functions: dict[str, Function] = {}
        for name, resource in document["resources"].items():
            function = _function(file, name, resource)
            if function.function_name in functions:
                raise ProjectError(f"{file}: resources.{name}.props.functionName: '{function.function_name}' is taken; rename one")
            functions[function.function_name] = function
            places[function.function_name] = f"resources.{name}"
        problem = conflict(list(_oss_triggers(functions, places)))
        if problem:
            raise ProjectError(f"{file}: {problem}")
        return cls(name=str(document.get("name", file.parent.name)), file=file, functions=functions)


def _function(file: Path, name: str, resource: Any) -> Function:
    place = f"{file}: resources.{name}"
    if not isinstance(resource, dict) or not isinstance(resource.get("props"), dict):
        raise ProjectError(f"{place}.props: is missing; add the function's properties")
    if str(resource.get("component", "")).partition("@")[0] != "fc3":
        raise ProjectError(f"{place}.component: is {resource.get('component')!r}; only fc3 runs here")
    props = dict(resource["props"])
    code = props.get("code")
    source = code.get("src") if isinstance(code, dict) else code
    if isinstance(source, str):
        props["code"] = (file.parent / source).resolve()
    try:
        return Function.model_validate(props)
    except ValidationError as error:
        problems = [f"{place}.props{_location(problem)}: {_message(problem)}" for problem in error.errors()]
        raise ProjectError("\n".join(problems)) from None


def _location(problem: ErrorDetails) -> str:
    parts = list(problem["loc"])
    if len(parts) > 2 and parts[0] == "triggers":
        del parts[2]  # the kind of trigger, which pydantic puts there
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _message(problem: ErrorDetails) -> str:
    fixes = {
        "missing": "is missing; add it",
        "extra_forbidden": "is not a key of this part; remove it or correct its name",
        "string_type": f"is {problem['input']!r}, not a text; put it in quotes",
        "union_tag_invalid": f"{problem['msg']}; other kinds do not run on a laptop",
        "value_error": problem["msg"].removeprefix("Value error, "),
    }
    return fixes.get(problem["type"], f"{problem['msg']}; it is {problem['input']!r}")


def _oss_triggers(functions: Mapping[str, Function], places: Mapping[str, str]) -> Iterator[tuple[str, OssTrigger]]:
    for name, function in functions.items():
        for trigger in function.triggers:
            if isinstance(trigger, OssTrigger):
                yield f"{places[name]} trigger {trigger.trigger_name}", trigger
