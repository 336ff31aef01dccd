"""The roles that a ROS template declares, its parameters and functions resolved.

Source: "Template structure", "Functions" and "Pseudo parameters" of Resource Orchestration Service. Only what can stand in a role is
resolved: Ref, Fn::Sub and Fn::Join, of parameters and pseudo parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from localcloud.place import Place
from localcloud.ram.policy import Policy

_ATTACHING = ("ALIYUN::RAM::ManagedPolicy", "ALIYUN::RAM::AttachPolicyToRole")
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """The template can't be used; the message names the file, the place in it, and the fix."""


@dataclass(frozen=True)
class NamedPolicy:
    """`document` as it stands in the template, resolved."""

    name: str
    document: dict[str, Any]
    policy: Policy


@dataclass(frozen=True)
class Role:
    """`trust` is its AssumeRolePolicyDocument; `services` those that may take it, such as `fc.aliyuncs.com`."""

    name: str
    description: str
    trust: dict[str, Any]
    services: frozenset[str]
    policies: tuple[NamedPolicy, ...]


def read_roles(file: Path, place: Place, parameters: Mapping[str, str] | None = None) -> dict[str, Role]:
    """By name. `parameters` count before their defaults. Raises TemplateError."""
    try:
        template = yaml.safe_load(file.read_text(encoding="utf-8"))
        resolver = _Resolver(_values(template, place, parameters or {}))
        resources = template["Resources"]
        declared = {name: one for name, one in resources.items() if one["Type"] == "ALIYUN::RAM::Role"}
        attached = [name for name, one in resources.items() if one["Type"] in _ATTACHING]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise TemplateError(f"{file}: this is no ROS template: {type(error).__name__}: {error}") from error
    if attached:
        raise TemplateError(f"{file}: {attached[0]}: only policies that stand in a role are evaluated here; write it into its roles")
    roles = [_role(f"{file}: {name}", resolver, one.get("Properties") or {}) for name, one in declared.items()]
    return {role.name: role for role in roles}


def _values(template: dict[str, Any], place: Place, parameters: Mapping[str, str]) -> dict[str, str]:
    defaults = {name: str(one["Default"]) for name, one in (template.get("Parameters") or {}).items() if "Default" in one}
    return {**defaults, **parameters, "ALIYUN::TenantId": place.account_id, "ALIYUN::Region": place.region}


def _role(where: str, resolver: _Resolver, declared: dict[str, Any]) -> Role:
    try:
        properties = resolver.resolve(declared)
        if "PolicyAttachments" in properties:
            raise TypeError("PolicyAttachments are not evaluated here; write what they allow under Policies")
        trust = properties["AssumeRolePolicyDocument"]
        services = frozenset(name for one in trust["Statement"] for name in _listed(one["Principal"].get("Service", [])))
        policies = tuple(
            NamedPolicy(one["PolicyName"], one["PolicyDocument"], Policy.model_validate(one["PolicyDocument"]))
            for one in properties.get("Policies") or []
        )
        return Role(properties["RoleName"], properties.get("Description", ""), trust, services, policies)
    except ValidationError as error:
        first = error.errors()[0]
        raise TemplateError(f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise TemplateError(f"{where}: a role needs RoleName, AssumeRolePolicyDocument and whole Policies ({error})") from error


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


@dataclass(frozen=True)
class _Resolver:
    values: Mapping[str, str]

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.resolve(one) for one in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        return {name: self.resolve(one) for name, one in node.items()}

    def _call(self, function: str, argument: Any) -> str:
        if function == "Ref":
            return self._value(argument)
        if function == "Fn::Join":
            return str(argument[0]).join(str(one) for one in self.resolve(argument[1]))
        if function == "Fn::Sub":
            text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.resolve(argument[1]))
            return _VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[1] else str(own.get(found[2]) or self._value(found[2])), text)
        raise TypeError(f"{function} can't be resolved here; use Ref, Fn::Sub or Fn::Join of parameters")

    def _value(self, name: str) -> str:
        if name not in self.values:
            raise KeyError(f"{name} is no parameter with a value")
        return self.values[name]
