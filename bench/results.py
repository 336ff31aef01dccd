"""bench/RESULTS.md: one section for each bench, which that bench replaces."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def record(title: str, text: str) -> None:
    """Put `text` in the place of the section `title`, or behind the others."""
    section = f"## {title}\n\n{text.strip()}\n"
    before = RESULTS.read_text()
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    known = pattern.search(before)
    after = pattern.sub(lambda _: section + "\n", before) if known else f"{before.rstrip()}\n\n{section}"
    RESULTS.write_text(after.rstrip() + "\n")
