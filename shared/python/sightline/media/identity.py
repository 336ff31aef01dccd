"""The media id."""

from __future__ import annotations

import hashlib

_HEX = frozenset("0123456789abcdef")


def media_id(bucket: str, key: str) -> str:
    """32 hex digits from bucket and key, so that a new upload to the same key replaces its own entry.

    InsertMediaToSearchLib makes ids of this form itself where it is given none.
    """
    return hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()[:32]


def is_media_id(text: str) -> bool:
    """Whether it has the form of our ids: a search library may hold entries of others, too."""
    return len(text) == 32 and set(text) <= _HEX
