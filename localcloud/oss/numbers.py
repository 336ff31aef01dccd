"""Numbers as clients write them."""

from __future__ import annotations

import re

# Eighteen digits hold every size, time and position; Python refuses to read several thousand of them.
MOST_DIGITS = 18
_WHOLE = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")


def whole_number(text: str) -> int | None:
    """The number, or None for anything but a few ASCII digits."""
    return int(text) if _WHOLE.fullmatch(text) else None
