"""A property of a ROS resource against what its type's table says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.check.finding import Finding, nearest
from cli.check.ros_functions import function_of

Facts = Mapping[str, Any]
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str, int, float),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
}


def check_properties(
    place: str, given: Any, known: Mapping[str, Facts], structures: Mapping[str, Mapping[str, Facts]], parameters: Mapping[str, Any]
) -> Iterator[Finding]:
    """`known` are the properties of the resource, or of a structure in it; of a parameter its default is checked."""
    if not isinstance(given, dict):
        yield Finding(place, "this is no mapping", f"write {', '.join(known)} in it, each with its value")
        return
    for name, facts in known.items():
        if facts.get("required") and given.get(name) is None:
            yield Finding(place, f"{name} is required", "write it")
    for name, value in given.items():
        if name not in known:
            yield Finding(f"{place}.{name}", "there is no such property", f"write {nearest(str(name), known)}")
        else:
            yield from _check_value(f"{place}.{name}", value, known[name], structures, parameters)


def _check_value(
    place: str, value: Any, facts: Facts, structures: Mapping[str, Mapping[str, Facts]], parameters: Mapping[str, Any]
) -> Iterator[Finding]:
    function = function_of(value)
    parameter = parameters.get(str(value["Ref"])) if function == "Ref" else None
    if isinstance(parameter, dict):
        default = parameter.get("Default")
        if default is not None:
            yield from _check_plain(f"{place} (the default of {value['Ref']})", default, facts)
    elif function is not None or facts["is"] == "any":
        return  # What a function gives is known when the stack is made
    elif facts["is"] == "structure":
        yield from check_properties(place, value, structures[facts["named"]], structures, parameters)
    else:
        wrong = list(_check_plain(place, value, facts))
        yield from wrong
        if not wrong and facts["is"] in ("list", "map"):
            items = enumerate(value) if isinstance(value, list) else value.items()
            for name, one in items:
                yield from _check_value(f"{place}[{name}]", one, facts["of"], structures, parameters)


def _check_plain(place: str, value: Any, facts: Facts) -> Iterator[Finding]:
    kind = facts["is"]
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield Finding(place, f"{value!r} is no {kind}", f"write a {kind}")
        return
    if "values" in facts and value not in facts["values"]:
        yield Finding(place, f"{value!r} is not allowed", f"write {nearest(str(value), [str(one) for one in facts['values']])}")
    if "pattern" in facts and not re.search(facts["pattern"], str(value)):
        yield Finding(place, f"{value!r} does not fit", f"it has to match {facts['pattern']}")
    yield from _check_bounds(place, value, facts)


def _check_bounds(place: str, value: Any, facts: Facts) -> Iterator[Finding]:
    measures = {"": value if isinstance(value, int | float) else None, "_length": len(value) if isinstance(value, str | list) else None}
    for suffix, measure in measures.items():
        least, most = facts.get(f"least{suffix}"), facts.get(f"most{suffix}")
        if measure is not None and ((least is not None and measure < least) or (most is not None and measure > most)):
            what = "its length" if suffix else "it"
            yield Finding(place, f"{what} is {measure}", f"{what} has to lie between {least if least is not None else 0} and {most}")
