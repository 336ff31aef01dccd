"""What differs between two descriptions of a resource: as `s.yaml` has it, and as it is deployed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Value = str | int | float | bool | tuple[str, ...]
Description = Mapping[str, Value]
"""Fields by their path (`logConfig.project`). What is empty is left out."""

Outcome = Literal["create", "change", "remove", "unchanged", "only there", "stays", "unknown"]
"""`remove`: not in s.yaml, and a deploy takes it away. `only there`: not in s.yaml, and a deploy leaves it alone.

`stays`: it differs, and a deploy can't change it.
"""

HIDDEN = "(hidden)"
_SECRET_WORDS = {"SECRET", "SECRETS", "TOKEN", "PASSWORD", "PASSWD", "PWD", "PASSPHRASE", "KEY", "CREDENTIAL", "CREDENTIALS", "SIGNATURE"}
_SECRET_VALUE = re.compile(r"LTAI\w{12,}|STS\.\w{8,}|://[^/@\s]*:[^/@\s]*@|[?&](?:\w*[Ss]ignature|\w*[Tt]oken)=|-----BEGIN")
"""Access key ids, temporary ones, addresses with a password or a signature in them, keys in PEM."""


@dataclass(frozen=True)
class FieldChange:
    """One field, from `old` to `new`; None where it is not set. A value that looks like a secret is hidden in both."""

    field: str
    old: Value | None
    new: Value | None

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "old": self.old, "new": self.new}


@dataclass(frozen=True)
class Change:
    """What a deploy would do to one resource, and in `note` why that is, or what to do."""

    resource: str
    name: str
    outcome: Outcome
    fields: tuple[FieldChange, ...] = ()
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        fields = [field.to_json() for field in self.fields]
        return {"resource": self.resource, "name": self.name, "outcome": self.outcome, "fields": fields, "note": self.note or None}


def differences(declared: Description, deployed: Description, defaults: Description, owned: Iterable[str]) -> tuple[FieldChange, ...]:
    """Field by field, in the order of their names; what is not set counts as its default.

    What is deployed and not declared counts only below the prefixes `owned`, which a deploy replaces as a whole. Other fields of that kind
    stay as they are.
    """
    owned = tuple(owned)
    fields = set(declared) | {field for field in deployed if field.startswith(owned)}
    pairs = ((field, deployed.get(field, defaults.get(field)), declared.get(field, defaults.get(field))) for field in sorted(fields))
    return tuple(_change(field, old, new) for field, old, new in pairs if old != new)


def _change(field: str, old: Value | None, new: Value | None) -> FieldChange:
    if not any(value is not None and looks_secret(field, value) for value in (old, new)):
        return FieldChange(field, old, new)
    return FieldChange(field, *(None if value is None else HIDDEN for value in (old, new)))


def looks_secret(field: str, value: Value) -> bool:
    """By the name of an environment variable, or by the look of a value."""
    is_named_so = field.startswith("environmentVariables.") and not _SECRET_WORDS.isdisjoint(
        re.split(r"[^A-Z]+", field.partition(".")[2].upper())
    )
    return is_named_so or bool(_SECRET_VALUE.search(str(value)))


def flat(value: Any, path: str = "") -> dict[str, Value]:
    """A nested description with its fields by their paths, without what is empty; a list is one value."""
    if isinstance(value, Mapping):
        return {field: one for key, inner in value.items() for field, one in flat(inner, f"{path}.{key}" if path else str(key)).items()}
    if value is None or value == "" or value == () or value == []:
        return {}
    if isinstance(value, (list, tuple)):
        return {path: tuple(one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in value)}
    return {path: value}


def would_change(changes: Iterable[Change]) -> bool:
    """Whether anything would change, differs though a deploy can't change it, or can't be known."""
    return any(change.outcome in ("create", "change", "remove", "stays", "unknown") for change in changes)
