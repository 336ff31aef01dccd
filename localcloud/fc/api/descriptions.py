"""How the API describes what a project file declares. Fields: the models of the SDKs alibabacloud_fc20230330 and aliyun-fc2."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from localcloud.fc.project.code_folder import CodeFolder
from localcloud.fc.project.project import Function
from localcloud.fc.project.trigger import Trigger
from localcloud.place import Place

NEWER, OLDER = "2023-03-30", "2016-08-15"
_FUNCTION_FIELDS = {
    "function_name", "runtime", "handler", "description", "role", "memory_size", "cpu", "disk_size", "timeout",
    "environment_variables", "instance_lifecycle_config", "log_config", "instance_concurrency",
}  # fmt: skip


@dataclass(frozen=True)
class Descriptions:
    """Puts what the file does not say beside what it says: the place, and since when it runs (seconds since the epoch)."""

    place: Place
    deployed: float

    def function(self, function: Function, version: str) -> dict[str, Any]:
        described = function.model_dump(by_alias=True, include=_FUNCTION_FIELDS, exclude_none=True)
        code = CodeFolder.of(function.code)
        layers: list[Any] = list(function.layers)
        return {
            **described,
            **self._times(),
            "codeChecksum": code.checksum,
            "codeSize": code.size,
            "functionArn": self.function_arn(function),
            "functionId": function.function_name,
            "internetAccess": True,
            "layers": [{"arn": arn} for arn in layers] if version == NEWER else layers,
            "state": "Active",
            "lastUpdateStatus": "Successful",
            **({"tags": [{"Key": tag.key, "Value": tag.value} for tag in function.tags]} if function.tags else {}),
        }

    def function_arn(self, function: Function) -> str:
        return self.place.function_arn(function.function_name)

    def trigger(self, function: Function, trigger: Trigger, version: str) -> dict[str, Any]:
        described = {name: value for name, value in trigger.model_dump(by_alias=True, exclude_none=True).items() if value != ""}
        if version == NEWER:
            # A text with JSON in it in the newer API (its SDK types it so), an object in the older one.
            described["triggerConfig"] = json.dumps(described["triggerConfig"])
        target = f"{self.function_arn(function)}/triggers/{trigger.trigger_name}"
        return {**described, **self._times(), "targetArn": target, "triggerId": target, "status": "ACTIVE"}

    def async_config(self, function: Function) -> dict[str, Any]:
        described = function.async_invoke_config.model_dump(by_alias=True, exclude_none=True)
        return {**described, **self._times(), "functionArn": self.function_arn(function)}

    def layer(self, arn: str) -> dict[str, Any]:
        """A layer version that functions use; `arn` as the file names it."""
        name, version = layer_of(arn)
        return {"layerName": name, "version": version, "layerVersionArn": arn, "acl": "0", "createTime": _time(self.deployed)}

    def _times(self) -> dict[str, str]:
        return {"createdTime": _time(self.deployed), "lastModifiedTime": _time(self.deployed)}


def layer_of(arn: str) -> tuple[str, int]:
    """Name and version of `acs:fc:<region>:<account>:layers/<name>/versions/<version>`."""
    name, _, version = arn.partition(":layers/")[2].partition("/versions/")
    return name, int(version)


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
