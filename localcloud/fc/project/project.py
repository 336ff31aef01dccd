"""The project file of Serverless Devs (`s.yaml`, component fc3), read into the functions that it declares."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.cloud_only import CloudOnly
from localcloud.fc.project.declared import Declared
from localcloud.fc.project.problems import location, message, problems
from localcloud.fc.project.rendering import render
from localcloud.fc.project.trigger import AnyTrigger, HttpTrigger, OssTrigger, Trigger, conflict

ENVIRONMENT_BYTES = 4096
"""The names and values of a function's environment variables, together (official help, "Limits")."""


Handler = Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)+$")]


class Hook(Declared):
    """An initializer; `timeout` in seconds (bounds: official help, "Limits")."""

    handler: str = ""
    command: tuple[str, ...] = ()
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
    qualifier: str = "LATEST"
    destination_config: Destinations = Destinations()


class Concurrency(Declared):
    """How many invocations of a function may run at once."""

    reserved_concurrency: int = Field(ge=0)


class Tag(Declared):
    key: str
    value: str


class LogConfig(Declared):
    """Where the cloud keeps a function's log; on a laptop it is a file, and this is only told again."""

    project: str = ""
    logstore: str = ""
    enable_request_metrics: bool = False
    enable_instance_metrics: bool = False
    enable_llm_metrics: bool = False
    log_begin_rule: Literal["DefaultRegex", "None"] = "None"


def _free_name(name: str) -> str:
    if name.upper().startswith(("FC_", "_FC_")):
        raise ValueError(f"{name} is kept for Function Compute; choose a name that does not begin with FC_")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} can't be an environment variable; use letters, digits and underscores")
    return name


def _free_value(value: str) -> str:
    if "\0" in value:
        raise ValueError("an environment variable can't hold a NUL; remove it")
    return value


def _small(values: dict[str, str]) -> dict[str, str]:
    if sum(len(name.encode()) + len(value.encode()) for name, value in values.items()) > ENVIRONMENT_BYTES:
        raise ValueError(f"the environment variables exceed {ENVIRONMENT_BYTES} bytes; keep the bulk in a file")
    return values


def _twentieth(cpu: float) -> float:
    if abs(cpu * 20 - round(cpu * 20)) > 1e-9:
        raise ValueError(f"{cpu} is not a multiple of 0.05; round it")
    return cpu


LayerArn = Annotated[str, Field(pattern=r"^acs:fc:[^:]*:[^:]*:layers/[^/]+/versions/\d+$")]
Environment = dict[Annotated[str, AfterValidator(_free_name)], Annotated[str, AfterValidator(_free_value)]]


class DeclaredFunction(CloudOnly):
    """What functions have in common, wherever they run; `memory_size` in MB, `timeout` in seconds."""

    function_name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    region: str
    description: str = ""
    role: str = ""
    layers: tuple[LayerArn, ...] = Field((), max_length=5)
    memory_size: int = Field(512, ge=128, le=32_768, multiple_of=64)
    cpu: Annotated[float, AfterValidator(_twentieth)] = Field(0.35, ge=0.05, le=16)
    disk_size: Literal[512, 10_240] = 512
    timeout: int = Field(3, ge=1, le=86_400)
    environment_variables: Annotated[Environment, AfterValidator(_small)] = Field(default_factory=dict)
    instance_lifecycle_config: LifecycleHooks = LifecycleHooks()
    async_invoke_config: AsyncInvocation = AsyncInvocation.model_validate({})
    log_config: LogConfig | Literal["auto"] = LogConfig()
    concurrency_config: Concurrency | None = None
    tags: tuple[Tag, ...] = ()

    @property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(arn.split("layers/")[1].split("/")[0] for arn in self.layers)

    def contradictions(self, triggers: Sequence[Trigger]) -> Iterator[tuple[str, str]]:
        """What does not go together: its key, and what is wrong with how to mend it."""
        names = [trigger.trigger_name for trigger in triggers]
        if len(set(names)) < len(names):
            yield "triggers", "two have the same triggerName; rename one"
        if sum(isinstance(trigger, HttpTrigger) for trigger in triggers) > 1:
            yield "triggers", "a function has at most one http trigger; remove the others"
        if "cpu" in self.model_fields_set and not 1 <= self.memory_size / 1024 / self.cpu <= 4:
            yield "cpu", "the ratio of vCPUs to GB of memory must lie between 1:1 and 1:4; change cpu or memorySize"


class Function(DeclaredFunction):
    """One that runs on a laptop; `code` is an absolute folder or zip file."""

    runtime: Literal["python3", "python3.9", "python3.10", "python3.12"]
    handler: Handler
    code: Path
    instance_concurrency: Literal[1] = 1
    triggers: tuple[AnyTrigger, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Function:
        if not (self.code.is_dir() or zipfile.is_zipfile(self.code)):
            raise ValueError(f"code: {self.code} is neither a folder nor a zip file; correct the path")
        for key, problem in self.contradictions(self.triggers):
            raise ValueError(f"{key}: {problem}")
        return self


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
        props["code"] = str((file.parent / source).resolve())
    try:
        # From JSON, where a list may stand for a tuple, and by no other leniency: "60" is no number.
        return Function.model_validate_json(json.dumps(props), strict=True)
    except ValidationError as error:
        lines = [f"{place}.props{location(problem)}: {message(problem)}" for problem in problems(error)]
        raise ProjectError("\n".join(lines)) from None


def _oss_triggers(functions: Mapping[str, Function], places: Mapping[str, str]) -> Iterator[tuple[str, OssTrigger]]:
    for name, function in functions.items():
        for trigger in function.triggers:
            if isinstance(trigger, OssTrigger):
                yield f"{places[name]} trigger {trigger.trigger_name}", trigger
