"""The pages of a list: `limit`, `prefix` and `nextToken`, as every list of the API takes them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from localcloud.fc.errors import InvalidArgument

PAGE, LONGEST_PAGE = 20, 100
"""The API reference gives both for every list."""
Item = TypeVar("Item")


def page(items: Iterable[Item], query: Mapping[str, str], key: Callable[[Item], str]) -> tuple[list[Item], dict[str, str]]:
    """The items of one page, in the order of their keys, and `nextToken` where more follow. Raises InvalidArgument.

    `startKey`, which the older API has besides, is the first key that may be listed.
    """
    after, first, prefix = read_token(query.get("nextToken", "")), query.get("startKey", ""), query.get("prefix", "")
    wanted = [item for item in sorted(items, key=key) if key(item).startswith(prefix) and key(item) >= first and key(item) > after]
    size = limit(query)
    return wanted[:size], {"nextToken": token(key(wanted[size - 1]))} if len(wanted) > size else {}


def limit(query: Mapping[str, str]) -> int:
    """Raises InvalidArgument."""
    text = query.get("limit", str(PAGE))
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= LONGEST_PAGE:
        raise InvalidArgument(f"limit has to be a number from 1 to {LONGEST_PAGE}, not '{text[:40]}'")
    return int(text)


def token(key: str) -> str:
    """Where the next page begins, in the form of the reference's example (`MTIzNCNhYmM=`)."""
    return base64.urlsafe_b64encode(key.encode(errors="surrogateescape")).decode()


def read_token(text: str) -> str:
    """Raises InvalidArgument."""
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode(errors="surrogateescape")
    except (binascii.Error, UnicodeError):
        raise InvalidArgument(f"nextToken '{text[:40]}' is none that a list has given") from None
