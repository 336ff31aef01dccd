"""What stands between `${` and `}`.

Serverless Devs hands it to JavaScript (github.com/Serverless-Devs, art-template). Read here is what its documentation names: names with
dots and calls; and of JavaScript beside them an index in brackets, `+` and parentheses. Anything else is refused by its name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_TOKEN = re.compile(r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<mark>\S))""")
_CALL = re.compile(r"\(.*\)")
_ARGUMENTS = re.compile(r"\((.+)\)")
_QUOTED = re.compile(r"""'.+'|".+\"""")

MISSING = object()
"""What a name without a value stands for: JavaScript's undefined."""

Function = Callable[..., Any]


class UnresolvedVariable(Exception):
    """A variable that has no value; the message says why and what to do."""


def evaluate(code: str, names: Mapping[str, Any], functions: Mapping[str, Function]) -> Any:
    """The value of `code`, or MISSING. Raises UnresolvedVariable for what is not read here, and what `functions` raise."""
    if not _CALL.search(code):
        head, *keys = code.split(".")
        return follow(names.get(head, MISSING), keys)
    # Arguments without quotes are one text, as `env(HOME)` was written in older files.
    if not _QUOTED.search(code):
        code = _ARGUMENTS.sub(lambda match: f"('{match[1]}')", code, count=1)
    return _Parser(code, names, functions).parse()


def follow(value: Any, keys: list[str]) -> Any:
    """`value` with one key after the other; MISSING where there is none."""
    for key in keys:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


@dataclass
class _Parser:
    """One expression; a parser by recursive descent that evaluates as it goes."""

    code: str
    names: Mapping[str, Any]
    functions: Mapping[str, Function]

    def __post_init__(self) -> None:
        self.tokens = [(str(match.lastgroup), match[str(match.lastgroup)]) for match in _TOKEN.finditer(self.code)]

    def parse(self) -> Any:
        value = self._sum()
        if self.tokens:
            self._refuse()
        return value

    def _sum(self) -> Any:
        value = self._member()
        while self._take("+"):
            other = self._member()
            numbers = all(isinstance(part, (int, float)) and not isinstance(part, bool) for part in (value, other))
            value = value + other if numbers else as_text(value) + as_text(other)
        return value

    def _member(self) -> Any:
        value = self._primary()
        while self.tokens and self.tokens[0][1] in (".", "["):
            if self._take("."):
                value = follow(value, [self._next()[1]])
            else:
                self._expect("[")
                value = follow(value, [as_text(self._sum())])
                self._expect("]")
        return value

    def _primary(self) -> Any:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text == "(":
            value = self._sum()
            self._expect(")")
            return value
        if kind != "name":
            self._refuse()
        return self._call(text) if self._take("(") else self.names.get(text, MISSING)

    def _call(self, name: str) -> Any:
        if name not in self.functions:
            known = ", ".join(sorted(self.functions))
            raise UnresolvedVariable(f"${{{self.code}}} calls {name}(), which is unknown; use one of {known}")
        arguments = []
        while not self._take(")"):
            arguments.append(self._sum())
            if self.tokens and self.tokens[0][1] != ")":
                self._expect(",")
        try:
            return self.functions[name](*arguments)
        except TypeError:
            raise UnresolvedVariable(f"${{{self.code}}} has the wrong number or kind of arguments") from None

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            self._refuse()
        return self.tokens.pop(0)

    def _take(self, mark: str) -> bool:
        if self.tokens and self.tokens[0] == ("mark", mark):
            del self.tokens[0]
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            self._refuse()

    def _refuse(self) -> None:
        raise UnresolvedVariable(f"${{{self.code}}} can't be read; write names with dots, env(), file() and their like, [ ] and + only")


def as_text(value: Any) -> str:
    """As JavaScript turns a value into a text."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return "null" if value is None else "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number_as_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else as_text(item) for item in value)
    return "[object Object]" if isinstance(value, Mapping) else str(value)


def _number_as_text(value: int | float) -> str:
    """ECMA-262, Number::toString: with an exponent from 1e21 on, and below 1e-6."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if abs(value) < 1e21 and value == int(value):
        return str(int(value))
    shortest = Decimal(repr(float(value)))
    return f"{shortest:f}" if 1e-6 <= abs(value) < 1e21 else f"{shortest:e}"
