"""What the ROS template beside the file declares: the queues, topics, log stores and roles that functions name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.check.declared import Resource, Sheet, uses_sightline
from cli.check.finding import Finding, Findings, error, warning
from localcloud.fc.project.project import LogConfig
from localcloud.fc.project.trigger import EventBridgeTrigger, MnsTopicTrigger
from sightline.settings import FIELDS

TEMPLATE = "template.yaml"
_ACCOUNT = re.compile(r"acs:\w+:[^:]*:(\d+):")
_VARIABLE = re.compile(r"\$\{([^}!]+)\}")
_NAMES = {
    "ALIYUN::MNS::Queue": "QueueName",
    "ALIYUN::MNS::Topic": "TopicName",
    "ALIYUN::SLS::Project": "Name",
    "ALIYUN::SLS::Logstore": "LogstoreName",
    "ALIYUN::RAM::Role": "RoleName",
}


def declared(sheet: Sheet) -> Findings:
    """Queues and topics of destinations and triggers, log stores and roles are declared; nothing is said where there is no template."""
    template = _template(sheet.file.parent / TEMPLATE)
    if template is None:
        return
    for resource in sheet.resources:
        stack = _Stack(template, resource, sheet)
        yield from stack.wants_role(resource.function.role, ("role",))
        for keys, destination in resource.destinations:
            yield from stack.wants(_KINDS.get(destination.kind, ""), destination.name, keys)
        config = resource.function.log_config
        if isinstance(config, LogConfig):
            yield from stack.wants("ALIYUN::SLS::Project", config.project, ("logConfig", "project"))
            yield from stack.wants("ALIYUN::SLS::Logstore", config.logstore, ("logConfig", "logstore"))
    for resource, index, trigger in sheet.triggers:
        stack = _Stack(template, resource, sheet)
        yield from stack.wants_role(trigger.invocation_role, ("triggers", index, "invocationRole"))
        if isinstance(trigger, MnsTopicTrigger):
            yield from stack.wants("ALIYUN::MNS::Topic", trigger.topic, ("triggers", index, "sourceArn"))
        if isinstance(trigger, EventBridgeTrigger):
            yield from stack.wants(
                "ALIYUN::MNS::Queue", trigger.source.queue_name, ("triggers", index, "triggerConfig", "eventSourceConfig")
            )


def folders(sheet: Sheet) -> Findings:
    """Our functions' folders are those that the template's roles may read and write, as long as nobody gives its stack others."""
    template = _template(sheet.file.parent / TEMPLATE)
    parameters = (template or {}).get("Parameters") or {}
    for resource in sheet.resources:
        for setting, parameter in _FOLDERS.items() if uses_sightline(resource.function) else ():
            declared = parameters.get(parameter)
            granted = declared.get("Default") if isinstance(declared, dict) else None
            named = resource.function.environment_variables.get(setting) or str(FIELDS[setting.lower()].default)
            if isinstance(granted, str) and not named.startswith(granted):
                problem = f"is '{named}', and the roles of {TEMPLATE} may go below '{granted}' alone ({parameter})"
                yield warning(resource.path("environmentVariables", setting), problem, f"give the stack the parameter {parameter}={named}")


_FOLDERS = {"UPLOAD_PREFIX": "UploadPrefix", "DERIVED_PREFIX": "DerivedPrefix"}
_KINDS = {"queues": "ALIYUN::MNS::Queue", "topics": "ALIYUN::MNS::Topic"}


def _template(file: Path) -> dict[str, Any] | None:
    try:
        template = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):  # told of where the template is checked
        return None
    return template if isinstance(template, dict) and isinstance(template.get("Resources"), dict) else None


@dataclass(frozen=True)
class _Stack:
    """The template as the stack of a function's stage would be made of it."""

    template: Mapping[str, Any]
    resource: Resource
    sheet: Sheet

    def wants(self, kind: str, name: str, keys: tuple[str | int, ...]) -> list[Finding]:
        """A finding if nothing of that kind has this name. One that the operator's environment names is the operator's business."""
        names = self._names(kind)
        if not kind or not name or "${" in name or name in names or name in self.sheet.environment.values():
            return []
        fix = f"declare it there, or use one of {', '.join(sorted(names)) or 'what you declare'}"
        return [error(self.resource.path(*keys), f"{TEMPLATE} declares no {kind.rpartition('::')[2].lower()} '{name}'", fix)]

    def wants_role(self, role: str | None, keys: tuple[str | int, ...]) -> list[Finding]:
        """By name, in lower case, as fc3 writes it. Alibaba's own roles, Aliyun…, are others' business, and so are
        all where the template has none.
        """
        name = (role or "").rpartition("/")[2].lower()
        known = {one.lower() for one in self._names("ALIYUN::RAM::Role")}
        return [] if not known or name in known or name.startswith("aliyun") else self.wants("ALIYUN::RAM::Role", name, keys)

    def _names(self, kind: str) -> set[str]:
        """By the parameters' defaults, and by those with the stage's suffix."""
        key = _NAMES.get(kind, "")
        named = [
            one["Properties"][key]
            for one in self.template["Resources"].values()
            if one.get("Type") == kind and key in one.get("Properties", {})
        ]
        return {text for one in named for suffix in ("", self._suffix) for text in (self._text(one, suffix),) if text}

    @property
    def _suffix(self) -> str:
        """What the stage ends names with: vars.suffix."""
        suffix = (self.sheet.document.get("vars") or {}).get("suffix")
        return suffix if isinstance(suffix, str) else ""

    def _text(self, value: Any, suffix: str) -> str:
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            return ""
        if "Ref" in value:
            return self._parameter(value["Ref"], suffix)
        text = value.get("Fn::Sub", "")
        return _VARIABLE.sub(lambda match: self._parameter(match[1], suffix), text) if isinstance(text, str) else ""

    def _parameter(self, name: str, suffix: str) -> str:
        if name == "ALIYUN::Region":
            return self.resource.function.region
        if name == "ALIYUN::TenantId":
            found = _ACCOUNT.search(json.dumps(self.resource.props))
            return found[1] if found else ""
        return f"{(self.template.get('Parameters') or {}).get(name, {}).get('Default', '')}{suffix}"
