"""The `.env` files that Serverless Devs reads (npm's dotenv): variables for `${env()}` that are not worth an export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_LINE = re.compile(r"""^[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*=[ \t]*(?P<value>'[^']*'|"[^"]*"|`[^`]*`|[^#\r\n]*)""", re.MULTILINE)


def with_dotenv(environment: Mapping[str, str], folders: Iterable[Path]) -> dict[str, str]:
    """`environment`, and what the `.env` files of `folders` add to it, the first before the others.

    References (`$NAME`) in their values are left as they are.
    """
    found: dict[str, str] = {}
    for folder in folders:
        file = folder / ".env"
        if file.is_file():
            for match in _LINE.finditer(file.read_text(encoding="utf-8")):
                found.setdefault(match["name"], _unquoted(match["value"].strip()))
    return {**found, **environment}


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"`":
        inner = value[1:-1]
        return inner.replace("\\n", "\n") if value[0] == '"' else inner
    return value
