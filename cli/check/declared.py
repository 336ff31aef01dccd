"""What a file declares for the cloud: any function that fc3 deploys, whether a laptop runs it or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from localcloud.fc.project.cloud_only import CdnTrigger, CodeObject, LogTrigger, OtherEventBridgeTrigger, TablestoreTrigger
from localcloud.fc.project.project import DeclaredFunction, Destination
from localcloud.fc.project.trigger import EventBridgeTrigger, HttpTrigger, MnsTopicTrigger, OssTrigger, TimerTrigger, Trigger

PYTHONS = ("python3", "python3.9", "python3.10", "python3.12")

# The schema of fc3 0.1.22.
Runtime = Literal[
    "python3.12", "python3.10", "python3.9", "python3", "python2.7",
    "nodejs20", "nodejs18", "nodejs16", "nodejs14", "nodejs12", "nodejs10", "nodejs8",
    "java11", "java8", "go1", "php7.2", "dotnetcore3.1", "dotnetcore2.1",
    "custom", "custom.debian10", "custom.debian11", "custom.debian12", "custom-container", "micro-sandbox",
]  # fmt: skip

Region = Literal[
    "cn-beijing", "cn-chengdu", "cn-hangzhou", "cn-heyuan-acdr-1", "cn-hongkong", "cn-huhehaote", "cn-qingdao", "cn-shanghai",
    "cn-shanghai-cloudspe", "cn-shanghai-finance-1", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou",
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5",
    "ap-southeast-7", "eu-central-1", "eu-west-1", "me-central-1", "us-east-1", "us-west-1",
]  # fmt: skip


def _kind(trigger: Any) -> str | None:
    """Which of the triggers below: its type, and for EventBridge whether its source is a queue of MNS."""
    declared = trigger if isinstance(trigger, dict) else {}
    kind = declared.get("triggerType")
    if kind != "eventbridge":
        return kind if isinstance(kind, str) else None
    try:
        is_queue = declared["triggerConfig"]["eventSourceConfig"]["eventSourceType"] == "MNS"
    except (KeyError, TypeError):
        is_queue = True
    return "eventbridge" if is_queue else "eventbridge-other"


AnyTrigger = Annotated[
    Annotated[OssTrigger, Tag("oss")]
    | Annotated[MnsTopicTrigger, Tag("mns_topic")]
    | Annotated[TimerTrigger, Tag("timer")]
    | Annotated[HttpTrigger, Tag("http")]
    | Annotated[EventBridgeTrigger, Tag("eventbridge")]
    | Annotated[OtherEventBridgeTrigger, Tag("eventbridge-other")]
    | Annotated[LogTrigger, Tag("log")]
    | Annotated[CdnTrigger, Tag("cdn_events")]
    | Annotated[TablestoreTrigger, Tag("tablestore")],
    Discriminator(_kind),
]


class CloudFunction(DeclaredFunction):
    """`code` as it is written in the file; containers have neither code nor handler."""

    region: Region
    runtime: Runtime
    handler: str = ""
    code: str | CodeObject | None = None
    instance_concurrency: int = Field(1, ge=1, le=200)
    triggers: tuple[AnyTrigger, ...] = ()

    @property
    def is_python(self) -> bool:
        return self.runtime in PYTHONS

    @property
    def is_container(self) -> bool:
        return self.runtime in ("custom-container", "micro-sandbox")

    @property
    def code_path(self) -> str | None:
        return self.code.src if isinstance(self.code, CodeObject) else self.code


@dataclass(frozen=True)
class Resource:
    """A function of the file; `props` as rendered, `function` what can be read of it."""

    name: str
    props: dict[str, Any]
    function: CloudFunction

    def path(self, *keys: str | int) -> str:
        """Of something in it: `resources.submit.props.triggers[0].sourceArn`."""
        return f"resources.{self.name}.props" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)

    @property
    def destinations(self) -> Iterator[tuple[tuple[str, ...], Destination]]:
        """Where outcomes of asynchronous invocations go, each with its keys in the file."""
        declared = self.function.async_invoke_config.destination_config
        for key, destination in (("onSuccess", declared.on_success), ("onFailure", declared.on_failure)):
            if destination is not None:
                yield ("asyncInvokeConfig", "destinationConfig", key, "destination"), destination


@dataclass(frozen=True)
class Sheet:
    """A whole file; its functions, as far as they can be read."""

    file: Path
    document: dict[str, Any]
    resources: tuple[Resource, ...]
    environment: dict[str, str]

    @property
    def triggers(self) -> Iterator[tuple[Resource, int, Trigger]]:
        for resource in self.resources:
            # Some may have been too wrong to be read, so each is found again by its name.
            declared = resource.props["triggers"] if resource.function.triggers else []
            names = [one.get("triggerName") if isinstance(one, dict) else None for one in declared]
            for trigger in resource.function.triggers:
                yield resource, names.index(trigger.trigger_name), trigger


def uses_sightline(function: CloudFunction) -> bool:
    """Whether it is one of this project's, by its layer."""
    return "sightline" in function.layer_names
