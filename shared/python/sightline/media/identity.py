"""The media id."""

from __future__ import annotations

import hashlib


def media_id(bucket: str, key: str) -> str:
    """32 hex digits from bucket and key, so that a new upload to the same key replaces its own entry.

    InsertMediaToSearchLib makes ids of this form itself where it is given none.
    """
    return hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()[:32]
