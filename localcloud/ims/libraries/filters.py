"""CustomFilters and UtcCreate: what the fields of a media must be, checked here and compiled for SQL.

CustomFilters is a JSON object of intField1, strField1 and strField2, each with one of three kinds of value: exact (12), any of several
([12, 13]), a range ({"gte": 12, "lte": 13}); all must hold. UtcCreate is such a range, in milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from engines.retrieval.types import Filter

MOST_VALUES = 100
"""An assumption: the documents give no limit."""
_TYPES: dict[str, type[int] | type[str]] = {"intField1": int, "strField1": str, "strField2": str}
_COLUMNS = {"intField1": "int_field1", "strField1": "str_field1", "strField2": "str_field2", "utcCreate": "created"}
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_INT64 = range(-(2**63), 2**63)


def _object(value: object) -> dict[str, Any]:
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({type(error).__name__})") from None
    if not isinstance(parsed, dict):
        raise ValueError("it is not a JSON object")
    return parsed


def _range(name: str, given: dict[str, Any]) -> Filter:
    unknown = sorted(set(given) - {"gte", "lte"})
    if unknown or not given:
        raise ValueError(f"the range of {name} has gte, lte or both, and nothing else")
    if not all(_is(int, value) for value in given.values()):
        raise ValueError(f"the range of {name} is one of integers")
    return Filter(name, least=given.get("gte"), most=given.get("lte"))


def _custom_filter(name: str, given: Any) -> Filter:
    kind = _TYPES.get(name)
    if kind is None:
        raise ValueError(f"{name!r} is none of the fields {', '.join(_TYPES)}")
    if isinstance(given, dict):
        if kind is not int:
            raise ValueError(f"{name} is a text, and has no ranges")
        return _range(name, given)
    values = given if isinstance(given, list) else [given]
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"{name} has 1 to {MOST_VALUES} values")
    if not all(_is(kind, value) for value in values):
        raise ValueError(f"{name} is {'an integer' if kind is int else 'a text'}")
    return Filter(name, values=tuple(values))


def _is(kind: type[int] | type[str], value: Any) -> bool:
    if kind is str:
        # JSON can carry half a surrogate pair, which is no text.
        return isinstance(value, str) and not _SURROGATES.search(value)
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT64


def _custom_filters(value: object) -> tuple[Filter, ...]:
    return tuple(_custom_filter(name, given) for name, given in _object(value).items())


def _creation(value: object) -> tuple[Filter, ...]:
    return (_range("utcCreate", _object(value)),)


CustomFilters = Annotated[tuple[Filter, ...], BeforeValidator(_custom_filters)]
UtcCreate = Annotated[tuple[Filter, ...], BeforeValidator(_creation)]


def conditions(filters: Sequence[Filter]) -> tuple[str, list[int | str]]:
    """For the table `media`: SQL that begins with AND (or is empty), and its parameters."""
    sql, given = "", list[int | str]()
    for each in filters:
        column = f"media.{_COLUMNS[each.attribute]}"
        if each.values:
            sql += f" AND {column} IN ({', '.join('?' * len(each.values))})"
            given += each.values
        for operator, bound in ((">=", each.least), ("<=", each.most)):
            if bound is not None:
                sql += f" AND {column} {operator} ?"
                given.append(bound)
    return sql, given
