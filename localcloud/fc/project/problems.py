"""What pydantic finds wrong with a project file, in the words of the file."""

from __future__ import annotations

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from localcloud.fc.project.declared import Declared

_TAGS = {"oss", "mns_topic", "timer", "http", "eventbridge", "eventbridge-other", "log", "cdn_events", "tablestore"}
_UNION = re.compile(r"(literal|tuple|dict)\[.*|str")


def keys(problem: ErrorDetails) -> tuple[str | int, ...]:
    """Where in the function's properties the problem lies; pydantic's own marks are left out."""
    parts = list(problem["loc"])
    if len(parts) > 2 and parts[0] == "triggers" and parts[2] in _TAGS:
        del parts[2]
    return tuple(part for index, part in enumerate(parts) if not (index and _is_mark(part)))


def problems(failure: ValidationError) -> list[ErrorDetails]:
    """What it found, without what is moot; of a value that is none of its forms, all of it."""
    found = failure.errors()
    return [problem for problem in found if not _is_moot(problem)] or found


def _is_moot(problem: ErrorDetails) -> bool:
    """Whether it is about the shorter of two forms, such as `auto` for a whole part, where the longer one stands."""
    branch = str(problem["loc"][-1]) if problem["loc"] else ""
    return isinstance(problem["input"], (dict, list)) and _UNION.fullmatch(branch) is not None


def _is_mark(part: str | int) -> bool:
    """Whether pydantic has put it there: the branch of a union, or the key of a mapping."""
    return isinstance(part, str) and (part == "[key]" or part in _models(Declared) or _UNION.fullmatch(part) is not None)


def _models(model: type[Declared]) -> set[str]:
    return {one.__name__ for one in model.__subclasses__()}.union(*(_models(one) for one in model.__subclasses__()))


def location(problem: ErrorDetails) -> str:
    """The same as text: `.triggers[0].triggerConfig`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in keys(problem))


def message(problem: ErrorDetails) -> str:
    """What is wrong, and after the last semicolon how to mend it."""
    given = problem["input"]
    fixes = {
        "missing": "is missing; add it",
        "extra_forbidden": "is not a key of this part; remove it or correct its name",
        "string_type": f"is {given!r}, not a text; put it in quotes",
        "int_type": f"is {given!r}, not a whole number; write one without quotes",
        "int_from_float": f"is {given!r}, not a whole number; round it",
        "float_type": f"is {given!r}, not a number; write one without quotes",
        "bool_type": f"is {given!r}, not true or false; write one of them without quotes",
        "tuple_type": f"is {given!r}, not a list; write one",
        "union_tag_invalid": f"{problem['msg']}; other kinds do not run on a laptop",
        "value_error": problem["msg"].removeprefix("Value error, "),
    }
    return fixes.get(problem["type"], f"{problem['msg']}; it is {given!r}")
