"""The Match expression of SearchMedia: parsed here, compiled for SQL in `media_search`.

    title = 'yard' and (mediaId == 'id' or status in ('3', '4')) and utcCreate = ['1693367158561', '1693367158562')

`=` is fuzzy, `==` exact, `in (…)` any of several; a pair in brackets is a range, closed at `[` and `]`, open at `(` and `)`.
Sources: "Media asset search filter syntax" of IMS, and the media search protocol of ApsaraVideo VOD, which has the same syntax with more
examples; `or` is taken from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

LONGEST = 10_000
DEEPEST = 20
MOST_CONDITIONS = 100
"""Limits of our own; the documents name none."""
_TOKEN = re.compile(r"""\s*(?:(==|=|[()\[\],])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s=()\[\],'"]+))""")


class BadMatch(Exception):
    """The expression can't be read; the text says where."""


@dataclass(frozen=True)
class Fuzzy:
    field: str
    value: str


@dataclass(frozen=True)
class Exact:
    """`values` has one for `==`, several for `in`."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    field: str
    low: str
    high: str
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True)
class Both:
    """All of `parts` with `and`, any of them with `or`."""

    word: Literal["and", "or"]
    parts: tuple[Expression, ...]


Expression = Fuzzy | Exact | Between | Both


@dataclass(frozen=True)
class _Token:
    kind: Literal["mark", "text", "word", "end"]
    text: str


def parse(text: str) -> Expression:
    """Raises BadMatch."""
    if len(text) > LONGEST:
        raise BadMatch(f"it is longer than {LONGEST} characters")
    parser = _Parser(_tokens(text))
    expression = parser.any_of(0)
    parser.expect("end", "")
    return expression


def _tokens(text: str) -> list[_Token]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadMatch(f"it can't be read from character {position + 1} on")
        mark, single, double, word = match.groups()
        if mark is not None:
            found.append(_Token("mark", mark))
        elif word is not None:
            found.append(_Token("word", word))
        else:
            found.append(_Token("text", re.sub(r"\\(.)", r"\1", single if single is not None else double, flags=re.DOTALL)))
        position = match.end()
    return [*found, _Token("end", "")]


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._conditions = 0

    def any_of(self, depth: int) -> Expression:
        parts = [self._all_of(depth)]
        while self._word("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Both("or", tuple(parts))

    def expect(self, kind: str, text: str) -> None:
        if (self._next.kind, self._next.text) != (kind, text):
            wanted = f'"{text}"' if text else "the end"
            raise BadMatch(f"there should be {wanted} and not {self._shown()}")
        self._position += 1

    def _all_of(self, depth: int) -> Expression:
        parts = [self._term(depth)]
        while self._word("and"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _term(self, depth: int) -> Expression:
        if not self._mark("("):
            return self._condition()
        if depth == DEEPEST:
            raise BadMatch(f"its parentheses are nested more than {DEEPEST} deep")
        inner = self.any_of(depth + 1)
        self.expect("mark", ")")
        return inner

    def _condition(self) -> Expression:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise BadMatch(f"it has more than {MOST_CONDITIONS} conditions")
        if self._next.kind != "word":
            raise BadMatch(f"there should be a field and not {self._shown()}")
        field = self._take().text
        if self._mark("=="):
            return Exact(field, (self._value(),))
        if self._word("in"):
            self.expect("mark", "(")
            return Exact(field, self._values(")"))
        self.expect("mark", "=")
        if self._next in (_Token("mark", "["), _Token("mark", "(")):
            return self._between(field)
        return Fuzzy(field, self._value())

    def _between(self, field: str) -> Between:
        low_closed = self._take().text == "["
        low = self._value()
        self.expect("mark", ",")
        high = self._value()
        if self._next not in (_Token("mark", "]"), _Token("mark", ")")):
            raise BadMatch(f'the range of {field} ends with "]" or ")" and not {self._shown()}')
        return Between(field, low, high, low_closed, self._take().text == "]")

    def _values(self, end: str) -> tuple[str, ...]:
        values = [self._value()]
        while self._mark(","):
            values.append(self._value())
        self.expect("mark", end)
        return tuple(values)

    def _value(self) -> str:
        if self._next.kind not in ("text", "word"):
            raise BadMatch(f"there should be a value and not {self._shown()}")
        return self._take().text

    def _mark(self, text: str) -> bool:
        return self._skip("mark", text)

    def _word(self, text: str) -> bool:
        return self._skip("word", text)

    def _skip(self, kind: str, text: str) -> bool:
        found = self._next.kind == kind and self._next.text.lower() == text
        self._position += found
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def _shown(self) -> str:
        return "the end" if self._next.kind == "end" else f'"{self._next.text[:50]}"'
