"""The policies of a template's RAM roles: what their property tables leave open. Source: "Policy structure and syntax" of RAM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.check.finding import Finding
from cli.check.ros_functions import function_of

VERSION = "1"
_EFFECTS = ("Allow", "Deny")
_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z*?]+")
_RESOURCE = re.compile(r"\*|acs:[^:]+:[^:]*:[^:]*:.+")


def check_policies(place: str, properties: Mapping[str, Any]) -> Iterator[Finding]:
    """Of a role with well-formed properties: who may take it, and what it may do then."""
    yield from _check_document(f"{place}.AssumeRolePolicyDocument", properties.get("AssumeRolePolicyDocument"), ("Action", "Principal"))
    policies = properties.get("Policies")
    for number, named in enumerate(policies if isinstance(policies, list) else []):
        if isinstance(named, dict):
            yield from _check_document(f"{place}.Policies[{number}].PolicyDocument", named.get("PolicyDocument"), ("Action", "Resource"))


def _check_document(place: str, document: Any, needed: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
        return  # its table says so
    if document.get("Version") != VERSION:
        yield Finding(f"{place}.Version", f"{document.get('Version')!r} is no version", f"write '{VERSION}', in quotes")
    if not document["Statement"]:
        yield Finding(f"{place}.Statement", "it is empty", "write who may do what")
    for number, statement in enumerate(document["Statement"]):
        if isinstance(statement, dict):
            yield from _check_statement(f"{place}.Statement[{number}]", statement, needed)


def _check_statement(place: str, statement: Mapping[str, Any], needed: tuple[str, ...]) -> Iterator[Finding]:
    for name in needed:
        if not statement.get(name) and f"Not{name}" not in statement:
            yield Finding(f"{place}.{name}", "it is missing or empty", "write it")
    if "Principal" in needed and isinstance(statement.get("Principal"), dict):
        yield from _check_principal(f"{place}.Principal", statement["Principal"])
    if statement.get("Effect") not in _EFFECTS:
        yield Finding(f"{place}.Effect", f"{statement.get('Effect')!r} is none", f"write {' or '.join(_EFFECTS)}")
    for name, form, example in (("Action", _ACTION, "oss:GetObject"), ("Resource", _RESOURCE, "acs:oss:*:*:bucket/*")):
        for one in _listed(statement.get(name) or []):
            text = _text(one)
            if text is None and not (isinstance(one, str) or function_of(one)):
                yield Finding(f"{place}.{name}", f"{one!r} is no text", f"write it as in {example}")
            elif text is not None and not form.fullmatch(text):
                yield Finding(f"{place}.{name}", f"{text!r} is none", f"write it as in {example}")


def _check_principal(place: str, principal: Mapping[str, Any]) -> Iterator[Finding]:
    for kind, given in principal.items():
        for one in _listed(given) or [None]:
            if not (function_of(one) or (isinstance(one, str) and one.strip() == one and " " not in one)):
                yield Finding(f"{place}.{kind}", f"{one!r} is none", "write it as in fc.aliyuncs.com")


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _text(value: Any) -> str | None:
    """None for what is known when the stack is made."""
    if function_of(value) == "Fn::Sub" and isinstance(value["Fn::Sub"], str):
        return str(value["Fn::Sub"]).replace("${", "").replace("}", "").replace("ALIYUN::", "")
    return value if isinstance(value, str) else None
