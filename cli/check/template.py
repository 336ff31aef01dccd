"""`template.yaml` against what ROS takes: sections, parameters, the property tables of its resource types, and what its functions name.

No offline validator of ROS does this: the official ones look at the top level, or ask the cloud. Sources: "Template structure" of Resource
Orchestration Service; the tables are `ros_properties.json`, which says where it comes from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cli.check.finding import Finding, nearest
from cli.check.ros_functions import References
from cli.check.ros_policies import check_policies
from cli.check.ros_values import check_properties

TABLES = Path(__file__).with_name("ros_properties.json")
VERSION = "2015-09-01"
_SECTIONS = (
    "ROSTemplateFormatVersion",
    *("Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Rules", "Locals", "Transform"),
)
_PARAMETER_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Number": (int, float),
    "Boolean": (bool,),
    "CommaDelimitedList": (str, list),
    "Json": (str, dict, list),
}
_PARAMETER = (
    *("Type", "Default", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho", "Description"),
    *("ConstraintDescription", "Label", "AssociationProperty", "AssociationPropertyMetadata", "Confirm", "Required", "Placeholder"),
)
_CONSTRAINTS: Mapping[str, tuple[type, ...]] = {
    "AllowedValues": (list,),
    "AllowedPattern": (str,),
    **dict.fromkeys(("MinLength", "MaxLength", "MinValue", "MaxValue"), (int, float)),
    "NoEcho": (bool,),
    "Description": (str, dict),
}
_RESOURCE = ("Type", "Properties", "DependsOn", "DeletionPolicy", "Condition", "Count", "Metadata", "CreationPolicy", "UpdatePolicy")
_DELETION = ("Delete", "Retain")
_OUTPUT = ("Value", "Description", "Label", "Condition", "NoEcho")
_LETTERS = re.compile(r"[A-Za-z0-9_-]{1,255}")


class _Loader(yaml.SafeLoader):
    """Of two keys with one name PyYAML takes the last; here that is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        twice = next((key for key, _ in node.value if names.count(key.value) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice.value} stands there twice", twice.start_mark)
        return super().construct_mapping(node, deep)


@cache
def tables() -> Mapping[str, Any]:
    """What is known of each resource type: its properties, the structures in them, and its attributes."""
    known: Mapping[str, Any] = json.loads(TABLES.read_text(encoding="utf-8"))["types"]
    return known


def check_template(text: str | bytes) -> list[Finding]:
    """All that is wrong with it, in its order."""
    try:
        template = yaml.load(text, _Loader)
    except RecursionError:
        return [Finding("template", "it is nested too deeply", "make it flatter")]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [Finding("template", f"this is no YAML: {' '.join(str(error).split())}", "mend it there")]
    if not isinstance(template, dict):
        return [Finding("template", "this is no mapping", f"begin with ROSTemplateFormatVersion: '{VERSION}'")]
    return list(_check(template))


def _check(template: dict[Any, Any]) -> Iterator[Finding]:
    yield from _only("template", template, _SECTIONS)
    if not isinstance(template.get("Description", ""), str | dict):
        yield Finding("Description", "this is no text", "put it in quotes")
    if template.get("ROSTemplateFormatVersion") != VERSION:
        yield Finding("ROSTemplateFormatVersion", f"{template.get('ROSTemplateFormatVersion')!r} is no version", f"write '{VERSION}'")
    sections = {name: template.get(name) or {} for name in ("Parameters", "Resources", "Outputs")}
    for name, section in sections.items():
        if not isinstance(section, dict):
            yield Finding(name, "this is no mapping", "write each with its name")
            return
    if not sections["Resources"]:
        yield Finding("Resources", "there are none", "declare what is to be made")
    yield from _check_parameters(sections["Parameters"])
    yield from _check_resources(sections["Resources"], sections["Parameters"])
    yield from _check_outputs(sections["Outputs"])
    references = References(sections["Parameters"], {name: _attributes(one) for name, one in sections["Resources"].items()})
    for name in ("Resources", "Outputs"):
        yield from references.check(name, sections[name])


def _only(place: str, given: Mapping[Any, Any], known: tuple[str, ...]) -> Iterator[Finding]:
    for name in given:
        if name not in known:
            yield Finding(f"{place}.{name}", "there is no such key", f"write {nearest(str(name), known)}")


def _attributes(resource: Any) -> tuple[str, ...] | None:
    table = tables().get(str(resource.get("Type"))) if isinstance(resource, dict) else None
    return None if table is None else tuple(table["attributes"])


def _check_parameters(parameters: Mapping[str, Any]) -> Iterator[Finding]:
    for name, one in parameters.items():
        place = f"Parameters.{name}"
        if not isinstance(one, dict):
            yield Finding(place, "this is no mapping", "write its Type in it")
            continue
        yield from _only(place, one, _PARAMETER)
        if str(one.get("Type")) not in _PARAMETER_TYPES:
            yield Finding(f"{place}.Type", f"{one.get('Type')!r} is none", f"write {nearest(str(one.get('Type')), _PARAMETER_TYPES)}")
            continue
        wrong = list(_check_constraints(place, one))
        yield from wrong
        if not wrong and one.get("Default") is not None:
            yield from _check_default(f"{place}.Default", one["Default"], one)


def _check_constraints(place: str, declared: Mapping[str, Any]) -> Iterator[Finding]:
    for name, kinds in _CONSTRAINTS.items():
        given = declared.get(name)
        if name in declared and (not isinstance(given, kinds) or (isinstance(given, bool) and bool not in kinds)):
            yield Finding(f"{place}.{name}", f"{given!r} is none", f"write a {kinds[0].__name__}")
        elif name == "AllowedPattern" and name in declared and not _is_pattern(str(given)):
            yield Finding(f"{place}.{name}", f"{given!r} is no regular expression", "correct it")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _check_default(place: str, default: Any, declared: Mapping[str, Any]) -> Iterator[Finding]:
    kind = declared["Type"]
    if not isinstance(default, _PARAMETER_TYPES[kind]) or (isinstance(default, bool) and kind != "Boolean"):
        yield Finding(place, f"{default!r} is no {kind}", f"write a {kind}, in quotes where it is text")
        return
    if default not in declared.get("AllowedValues", [default]):
        yield Finding(place, f"{default!r} is not among AllowedValues", "choose one of them")
    if not re.search(declared.get("AllowedPattern", ""), str(default)):
        yield Finding(place, f"{default!r} does not match AllowedPattern", f"it has to match {declared['AllowedPattern']}")
    size = len(default) if isinstance(default, str) else default
    least, most = (declared.get(f"{end}{'Length' if isinstance(default, str) else 'Value'}") for end in ("Min", "Max"))
    if isinstance(size, int | float) and not (least if least is not None else size) <= size <= (most if most is not None else size):
        yield Finding(place, f"{default!r} is out of bounds", f"it has to lie between {least} and {most}")


def _check_resources(resources: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[Finding]:
    for name, one in resources.items():
        place = f"Resources.{name}"
        if not _LETTERS.fullmatch(str(name)):
            yield Finding(place, "a name has letters, digits, hyphens and underscores", "rename it")
        if not isinstance(one, dict) or "Type" not in one:
            yield Finding(place, "it has no Type", "write what is to be made")
            continue
        yield from _only(place, one, _RESOURCE)
        if one.get("DeletionPolicy", "Delete") not in _DELETION:
            yield Finding(f"{place}.DeletionPolicy", f"{one['DeletionPolicy']!r} is none", f"write {' or '.join(_DELETION)}")
        yield from _check_dependencies(place, one.get("DependsOn") or [], resources)
        table = tables().get(str(one["Type"]))
        if table is None:
            yield Finding(f"{place}.Type", f"nothing is known of {one['Type']}", f"write {nearest(str(one['Type']), tables())}")
            continue
        properties = one.get("Properties") or {}
        yield from check_properties(f"{place}.Properties", properties, table["properties"], table["structures"], parameters)
        if one["Type"] == "ALIYUN::RAM::Role" and isinstance(properties, dict):
            yield from check_policies(f"{place}.Properties", properties)


def _check_dependencies(place: str, wanted: Any, resources: Mapping[str, Any]) -> Iterator[Finding]:
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if name not in resources:
            yield Finding(f"{place}.DependsOn", f"there is no resource {name}", f"write {nearest(str(name), resources)}")


def _check_outputs(outputs: Mapping[str, Any]) -> Iterator[Finding]:
    for name, one in outputs.items():
        if not isinstance(one, dict) or "Value" not in one:
            yield Finding(f"Outputs.{name}", "it has no Value", "write one")
            continue
        yield from _only(f"Outputs.{name}", one, _OUTPUT)
        if one["Value"] is None:
            yield Finding(f"Outputs.{name}.Value", "it is empty", "write one")
