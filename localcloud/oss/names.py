"""What may be a bucket and what may be an object key ("Naming conventions" of OSS, help.aliyun.com/document_detail/31827.html)."""

from __future__ import annotations

import re

from localcloud.oss.errors import invalid_bucket_name, invalid_object_name

KEY_BYTES = 1023
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def check_bucket(name: str) -> None:
    """Raises InvalidBucketName."""
    if not _BUCKET.fullmatch(name):
        raise invalid_bucket_name(name)


def check_key(key: str) -> None:
    """Raises InvalidObjectName. All else, `..` segments included, is ordinary text: a key never becomes a path."""
    if not 1 <= len(key.encode()) <= KEY_BYTES or key.startswith(("/", "\\")):
        raise invalid_object_name()
