"""The page docs/settings.md, written from the settings class, the sources that read it and s.yaml: `python -m cli.settings_table`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.settings_readers import Readers
from sightline.setting import Setting
from sightline.settings import FIELDS

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "settings.md"
HEAD = """# Settings

Written by `python -m cli.settings_table` from `shared/python/sightline/settings.py`, the sources that read it, and `s.yaml`; a test
compares them. Each setting is an environment variable of the functions; one that is missing or wrong stops a function at its start, and is
named in its log. Times are in seconds, unless the name says otherwise. What is set in `s.yaml` is chosen with the `SIGHTLINE_` variable
beside it when that is deployed or `sightline up` runs; to set another one, add it to `vars.environment` there.

"Read by" names the functions, and the modules of `sightline` where they read it.
"""
_VARIABLE = re.compile(r"env\('(SIGHTLINE_\w+)'")
_INNER = re.compile(r"\$\{vars\.(\w+)\}")


def page() -> str:
    readers = Readers(PROJECT)
    variables = yaml.safe_load((PROJECT / "s.yaml").read_text())["vars"]
    rows = (_row(name, field, readers.of(name), _chosen(name.upper(), variables)) for name, field in FIELDS.items())
    head = ["| variable | meaning | default | may be | read by | set in s.yaml with |", "|---|---|---|---|---|---|"]
    return "\n".join([HEAD, *head, *rows]) + "\n"


def _row(name: str, field: Setting, readers: Mapping[str, list[str]], chosen: str) -> str:
    cells = [f"`{name.upper()}`", field.meaning, _default(field), field.rule or "any text", _read_by(readers), chosen]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: Setting) -> str:
    if field.default is None:
        return "none: it must be set"
    return f"`{field.default}`" if field.default != "" else "empty"


def _read_by(readers: Mapping[str, list[str]]) -> str:
    modules = dict.fromkeys(module for found in readers.values() for module in found)
    return f"{', '.join(readers)}: {', '.join(f'`{module}`' for module in modules)}"


def _chosen(name: str, variables: Mapping[str, Any]) -> str:
    value = variables["environment"].get(name)
    if value is None:
        return "not set"
    found = next(_variables(str(value), variables), None)
    return f"`{found}`" if found else f"always `{_resolved(str(value), variables)}`"


def _variables(text: str, variables: Mapping[str, Any]) -> Iterator[str]:
    """The SIGHTLINE_ variables that a value takes, the one of its own first."""
    yield from _VARIABLE.findall(text)
    for inner in _INNER.findall(text):
        yield from _variables(str(variables[inner]), variables)


def _resolved(text: str, variables: Mapping[str, Any]) -> str:
    return _INNER.sub(lambda found: _resolved(str(variables[found.group(1)]), variables), text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
