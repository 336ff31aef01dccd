"""The functions of a ROS template: what they may name, and what is known of their result.

Source: "Functions" and "Pseudo parameters" of Resource Orchestration Service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.check.finding import Finding, nearest

PSEUDO_PARAMETERS = (
    "ALIYUN::StackName",
    "ALIYUN::StackId",
    "ALIYUN::TenantId",
    "ALIYUN::Region",
    "ALIYUN::AccountId",
    "ALIYUN::NoValue",
    "ALIYUN::Index",
    "ALIYUN::PartnerId",
)
FUNCTIONS = (
    "Ref",
    *(
        f"Fn::{name}"
        for name in (
            *("Add", "And", "Avg", "Base64Decode", "Base64Encode", "Calculate", "Cidr", "Contains", "Equals", "EachMemberIn", "FindInMap"),
            *(
                "FormatTime",
                "GetAtt",
                "GetAZs",
                "GetJsonValue",
                "GetStackOutput",
                "If",
                "Index",
                "Indent",
                "Join",
                "Jq",
                "Length",
                "ListMerge",
            ),
            *("MarketplaceImage", "MatchPattern", "Max", "MemberListToMap", "MergeMap", "MergeMapToList", "Min", "Not", "Or", "Replace"),
            *("Select", "SelectMapList", "Split", "Str", "Sub", "Test", "Transform", "Any"),
        )
    ),
)
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


def function_of(node: Any) -> str | None:
    """Its name, where a value is the call of a function; a misspelt one is one too."""
    if isinstance(node, dict) and len(node) == 1:
        (name,) = node
        return str(name) if name == "Ref" or str(name).startswith("Fn:") else None
    return None


class References:
    """What can be named: `attributes` are those of each resource, None where its type is unknown."""

    def __init__(self, parameters: Mapping[str, Any], attributes: Mapping[str, tuple[str, ...] | None]) -> None:
        self.parameters = parameters
        self._attributes = attributes

    def check(self, place: str, node: Any) -> Iterator[Finding]:
        """Every function in it, however deep."""
        if isinstance(node, list):
            for number, one in enumerate(node):
                yield from self.check(f"{place}[{number}]", one)
        elif isinstance(node, dict):
            name = function_of(node)
            if name is not None:
                yield from self._check_call(place, name, node[name])
            for key, one in node.items():
                yield from self.check(f"{place}.{key}", one)

    def _check_call(self, place: str, name: str, argument: Any) -> Iterator[Finding]:
        if name not in FUNCTIONS:
            yield Finding(place, f"there is no function {name}", f"write {nearest(name, FUNCTIONS)}")
        elif name == "Ref":
            yield from self._check_name(place, argument)
        elif name == "Fn::GetAtt":
            yield from self._check_attribute(place, argument)
        elif name == "Fn::Sub":
            yield from self._check_text(place, argument)

    def _check_name(self, place: str, name: Any) -> Iterator[Finding]:
        known = [*self.parameters, *self._attributes, *PSEUDO_PARAMETERS]
        if name not in known:
            yield Finding(place, f"{name} is no parameter and no resource", f"write {nearest(str(name), known)}, or declare it")

    def _check_attribute(self, place: str, argument: Any) -> Iterator[Finding]:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) != 2:
            yield Finding(place, "Fn::GetAtt takes a resource and an attribute", "write [Resource, Attribute]")
            return
        resource, attribute = parts
        if not isinstance(resource, str) or resource not in self._attributes:
            yield Finding(place, f"there is no resource {resource}", f"write {nearest(str(resource), self._attributes)}")
            return
        known = self._attributes[resource]
        if known is not None and attribute not in known:
            yield Finding(place, f"{resource} has no attribute {attribute}", f"write {nearest(str(attribute), known)}")

    def _check_text(self, place: str, argument: Any) -> Iterator[Finding]:
        text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(own, dict):
            yield Finding(place, "Fn::Sub takes a text, or a list of a text and a mapping", "write it so")
            return
        for name in _VARIABLE.findall(text):
            if name in own:
                continue
            resource, dot, attribute = name.partition(".")
            yield from self._check_attribute(place, [resource, attribute]) if dot else self._check_name(place, name)
