"""Conditional and partial reads: which part of an object a GET sends, if any."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from localcloud.oss.errors import NotModified, invalid_range, precondition_failed
from localcloud.oss.numbers import MOST_DIGITS

_RANGE = re.compile(rf"bytes=(\d{{0,{MOST_DIGITS}}})-(\d{{0,{MOST_DIGITS}}})")


@dataclass(frozen=True)
class Slice:
    start: int
    length: int
    partial: bool


def check_conditions(headers: Mapping[str, str], etag: str, modified: float, prefix: str = "") -> None:
    """Raises PreconditionFailed or NotModified. `prefix` is `x-oss-copy-source-` for the source of a copy.

    A tag that does not match answers before a date is looked at (RFC 9110, 13.2.2).
    """
    if_match, if_none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    since, unmodified_since = _time(headers.get(f"{prefix}if-modified-since")), _time(headers.get(f"{prefix}if-unmodified-since"))
    if if_match is not None and not _names(if_match, etag):
        raise precondition_failed("If-Match")
    if if_match is None and unmodified_since is not None and int(modified) > unmodified_since:
        raise precondition_failed("If-Unmodified-Since")
    if if_none_match is not None and _names(if_none_match, etag):
        raise NotModified(f'"{etag}"')
    if if_none_match is None and since is not None and int(modified) <= since:
        raise NotModified(f'"{etag}"')


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().strip('"') for tag in condition.split(",")]
    return "*" in tags or etag in tags


def _time(text: str | None) -> float | None:
    """A date that can't be read is no condition (RFC 9110, 13.1.3)."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError):
        return None


def wanted_slice(headers: Mapping[str, str], size: int) -> Slice:
    """The part of an object of `size` bytes that is asked for. Raises InvalidRange.

    OSS ignores a range that leaves the object on either side and sends the whole, unless `x-oss-range-behavior: standard` asks for
    the usual rule: clipped at the end, 416 beyond it ("Range download" of OSS, help.aliyun.com/document_detail/39571.html).
    """
    wanted = headers.get("range", "")
    whole = Slice(0, size, False)
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match.group(1) == match.group(2) == "":
        return whole
    standard = headers.get("x-oss-range-behavior", "").lower() == "standard"
    first, last = _bounds(match.group(1), match.group(2), size, standard)
    if match.group(1) and match.group(2) and int(match.group(1)) > int(match.group(2)):
        return whole
    if 0 <= first <= last < size:
        return Slice(first, last - first + 1, True)
    if standard:
        raise invalid_range(wanted, size)
    return whole


def _bounds(start: str, end: str, size: int, standard: bool) -> tuple[int, int]:
    if not start:
        first = size - int(end)
        return (max(first, 0) if standard else first), size - 1
    if not end:
        return int(start), size - 1
    return int(start), (min(int(end), size - 1) if standard else int(end))
