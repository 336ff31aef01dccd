"""The shape of a file: keys that nobody knows, values of the wrong kind or size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cli.check.declared import CloudFunction, Resource
from cli.check.finding import Finding, Findings, error, nearest, severe
from localcloud.fc.project.problems import keys, message, problems

# https://docs.serverless-devs.com/user-guide/spec/
DOCUMENT_KEYS = ("edition", "name", "access", "vars", "resources", "template", "extend", "env", "flow", "actions", "validation", "output")
RESOURCE_KEYS = ("component", "access", "props", "actions", "extend")
EDITION = "3.0.0"


def document_findings(document: Mapping[str, Any]) -> Findings:
    """Of what stands around the functions' properties."""
    # A key of one's own may hold what YAML's anchors repeat; only what looks like a slip is an error.
    yield from _unknown(document, DOCUMENT_KEYS, "")
    if document.get("edition") != EDITION:
        problem = f"is {document.get('edition')!r}; Serverless Devs then reads the file by its older rules, in which resources mean nothing"
        yield error("edition", problem, f"write edition: {EDITION}")
    for name, resource in document["resources"].items():
        if not isinstance(resource, Mapping) or not isinstance(resource.get("props"), Mapping):
            yield error(f"resources.{name}", "has no props", "add the function's properties")
        else:
            yield from _unknown(resource, RESOURCE_KEYS, f"resources.{name}.")


def is_function(resource: Any) -> bool:
    """Whether fc3 deploys it: by name, with a version, or from a folder of its own."""
    component = resource.get("component") if isinstance(resource, Mapping) else None
    name = component.partition("@")[0].rstrip("/").rpartition("/")[2] if isinstance(component, str) else ""
    # fc3-domain is another one, with properties of its own.
    return name.startswith("fc3") and not name.startswith("fc3-")


def read(name: str, props: Mapping[str, Any]) -> tuple[Resource | None, list[Finding]]:
    """The function, without what is wrong with it, and what that was."""
    findings: list[Finding] = []
    rest = deepcopy(dict(props))
    taken: list[tuple[str | int, ...]] = []
    while True:
        try:
            function = CloudFunction.model_validate_json(json.dumps(rest), strict=True)
            return Resource(name, dict(props), function), findings
        except ValidationError as failure:
            wrong = problems(failure)
        fresh = [problem for problem in wrong if not _is_consequence(keys(problem), taken)]
        findings += [_finding(name, problem) for problem in fresh]
        places = [_removable(problem, taken) for problem in wrong]
        if not all(places):
            return None, findings
        # From behind, so that the numbers before it stay right.
        for place in sorted({place for place in places if place}, key=_order, reverse=True):
            _remove(rest, place)
            taken.append(place)


def _finding(name: str, problem: ErrorDetails) -> Finding:
    place = keys(problem)
    path = f"resources.{name}.props" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    if problem["type"] == "extra_forbidden":
        return error(path, f"'{place[-1]}' is not a key of this part", f"did you mean {nearest(str(place[-1]), _keys_at(place[:-1]))}?")
    what, mark, fix = message(problem).removesuffix("; other kinds do not run on a laptop").rpartition("; ")
    return error(path, what if mark else fix, fix if mark and not fix.startswith("it is ") else f"correct it{_given(problem)}")


def _given(problem: ErrorDetails) -> str:
    given = problem["input"]
    return f": it is {given!r}" if isinstance(given, (str, int, float)) else ""


def _unknown(given: Mapping[str, Any], known: tuple[str, ...], place: str) -> Findings:
    for key in given:
        if key not in known and not key.startswith(("x-", ".")):
            alike = get_close_matches(key, known, 1)
            yield severe(bool(alike))(f"{place}{key}", f"'{key}' is not a key of this part", f"did you mean {nearest(key, known)}?")


def _keys_at(place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand at a place of a function's properties."""
    models: list[type[BaseModel]] = [CloudFunction]
    for key in place:
        if isinstance(key, str):
            models = [model for one in models for model in _models(_annotation(one, key))]
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _annotation(model: type[BaseModel], key: str) -> Any:
    return next((field.annotation for name, field in model.model_fields.items() if key in (field.alias, name)), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _is_consequence(place: tuple[str | int, ...], taken: list[tuple[str | int, ...]]) -> bool:
    """Whether it is wrong because something in it was taken out."""
    return any(one[: len(place)] == place or place[: len(one)] == one for one in taken)


def _removable(problem: ErrorDetails, taken: list[tuple[str | int, ...]]) -> tuple[str | int, ...] | None:
    """What to take out, so that the rest can be read: the value, or what it is missing in. None: then nothing is left."""
    place = keys(problem)
    if problem["type"] == "missing":
        place = place[:-1]
    while place in taken:
        place = place[:-1]
    return place or None


def _order(place: tuple[str | int, ...]) -> tuple[tuple[str, int], ...]:
    return tuple(("", key) if isinstance(key, int) else (key, -1) for key in place)


def _remove(rest: Any, place: tuple[str | int, ...]) -> None:
    for key in place[:-1]:
        rest = _part(rest, key)
    last = place[-1]
    if _part(rest, last) is not None or (isinstance(rest, dict) and last in rest):
        del rest[last]


def _part(value: Any, key: str | int) -> Any:
    """What lies there; None where it does not: pydantic also counts the entries of what it has taken apart itself."""
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None
