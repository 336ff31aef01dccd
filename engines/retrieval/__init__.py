"""Finding media by a sentence. Callers know `Library` and `open_library`, and not which engine stands behind them."""

from __future__ import annotations

from pathlib import Path

from engines.retrieval.sqlite_library import SqliteLibrary
from engines.retrieval.types import Answer, Clip, Document, Filter, Hit, Library, Query, Segment

__all__ = ["Answer", "Clip", "Document", "Filter", "Hit", "Library", "Query", "Segment", "open_library"]


def open_library(path: Path, power_safe: bool = False) -> Library:
    """The library in this file, made if it isn't there; with `power_safe` what is put into it outlives a loss of power too."""
    return SqliteLibrary(path, power_safe=power_safe)
