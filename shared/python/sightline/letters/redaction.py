"""Keeps secrets out of letters: a person reads them, and they stay for long.

What counts as one: signatures, tokens and keys as they stand in signed addresses (OSS, "Include signatures in a URL"), headers and JSON.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"

_NAME = r"(?:signature|security[-_]?token|access[-_]?key[-_]?secret|authorization|password)"
# A value, not a word: "InvalidSecurityToken: expired" stays as it is.
_VALUE = re.compile(rf"""(?i)({_NAME}\\*["']?\s*[=:]\s*\\*["']?)[A-Za-z0-9+/%_.~-]{{12,}}=*""")
_NAMED = re.compile(rf"(?i).*{_NAME}$")


def redacted(value: Any) -> Any:
    """The same JSON, or text, without secrets. Twice is the same as once."""
    if isinstance(value, str):
        return _VALUE.sub(rf"\1{HIDDEN}", value)
    if isinstance(value, list):
        return [redacted(item) for item in value]
    if isinstance(value, dict):
        return {name: HIDDEN if _hides(name, item) else redacted(item) for name, item in value.items()}
    return value


def _hides(name: str, value: Any) -> bool:
    return isinstance(value, str) and value != "" and _NAMED.fullmatch(name) is not None
