"""One setting: what it means, what it may be, and what is wrong with a value that it may not be.

Written by hand, and not with a validation library: reading fifty variables is all that it does, and a library's import would cost more CPU
than everything else that a function does before its first answer (bench/RESULTS.md, cold start).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any

from sightline.errors import BadSetting
from sightline.value import Value


class Setting(Value):
    """Numbers lie from `least` to `most`; a text has at least `least` characters, and is `good` in that `form`.

    `default` None says that it must be set.
    """

    kind: type[str] | type[int] | type[float]
    default: str | int | float | None
    meaning: str
    least: float = 0
    most: float = inf
    form: str = ""
    good: Callable[[str], bool] | None = None

    def read(self, name: str, value: str | int | float | None) -> str | int | float:
        """The value, from its text too. Raises BadSetting, under the name of the environment variable."""
        if value is None:
            raise BadSetting(name.upper(), "is not set", f"set it in s.yaml. {self.meaning}")
        problem = self._problem(value)
        if problem:
            raise BadSetting(name.upper(), problem, f"set it to {self.rule}. {self.meaning}")
        return self.kind(value)

    @property
    def rule(self) -> str:
        """What a value has to be, in a phrase; empty for any text."""
        if self.kind is str:
            return self.form or (
                "at least one character" if self.least == 1 else f"at least {self.least:g} characters" if self.least else ""
            )
        what = "a whole number" if self.kind is int else "a number"
        return f"{what} of at least {self.least:g}" if self.most == inf else f"{what} from {self.least:g} to {self.most:g}"

    def _problem(self, value: str | int | float) -> str:
        if self.kind is str:
            is_good = isinstance(value, str) and len(value) >= self.least and (self.good is None or self.good(value))
            return "" if is_good else f"is {_shown(str(value))!r}" if value else "is empty"
        try:
            number = float(self.kind(value))
        except (ValueError, OverflowError):
            return f"is {value!r}"
        return "" if isfinite(number) and self.least <= number <= self.most else f"is {value}"


def _shown(text: str) -> str:
    """Without what stands before the host of an address: it may be a password."""
    _, at, host = text.rpartition("@")
    return f"…{at}{host}" if at else text


def text(default: str | None, meaning: str, *, least: int = 0, form: str = "", good: Callable[[str], bool] | None = None) -> Any:
    """A text; typed as what an instance of the settings holds."""
    return Setting(str, default, meaning, least, inf, form, good)


def whole(default: int, meaning: str, *, least: int = 0, most: float = inf) -> Any:
    """A whole number."""
    return Setting(int, default, meaning, least, most)


def number(default: float, meaning: str, *, least: float = 0, most: float = inf) -> Any:
    """Any finite number."""
    return Setting(float, default, meaning, least, most)
