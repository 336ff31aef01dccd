"""RAM policy documents, and what they allow.

Sources: "Policy structure and syntax", "Basic elements of a policy" and "Policy evaluation process" of RAM. What of them is not
evaluated here (conditions, exceptions) is refused and not passed over: a policy that is read in part would allow or deny something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic.alias_generators import to_pascal

_NOT_EVALUATED = ("Condition", "NotAction", "NotResource", "Principal")


class Verdict(Enum):
    """`DENIED` by a statement, `NOT_ALLOWED` by none."""

    ALLOWED = "Allow"
    DENIED = "ExplicitDeny"
    NOT_ALLOWED = "ImplicitDeny"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, populate_by_name=True, extra="forbid")


class Statement(_Document):
    effect: Literal["Allow", "Deny"]
    action: tuple[str, ...]
    resource: tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _is_evaluated(cls, given: Any) -> Any:
        for name in _NOT_EVALUATED:
            if isinstance(given, dict) and name in given:
                raise ValueError(f"{name} is not evaluated by the laptop cloud; write the statement without it")
        return given

    @field_validator("action", "resource", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    def covers(self, action: str, resource: str) -> bool:
        """In most cases the case of an action does not count ("Permission policy elements"): it denies in any, and allows as written."""
        if self.effect == "Deny":
            return _any_matches([one.lower() for one in self.action], action.lower()) and _any_matches(self.resource, resource)
        return _any_matches(self.action, action) and _any_matches(self.resource, resource)


class Policy(_Document):
    version: Literal["1"]
    statement: tuple[Statement, ...]


def evaluate(policies: Iterable[Policy], action: str, resource: str) -> Verdict:
    """A statement that denies counts before all that allow; what none allows is not allowed."""
    effects = {one.effect for policy in policies for one in policy.statement if one.covers(action, resource)}
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NOT_ALLOWED


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(_expression(pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    """`*` stands for any characters, none and slashes too; `?` for one. Case counts."""
    return re.compile("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), re.DOTALL)
