"""Paging through names in order, with a prefix and a delimiter that folds what shares a folder into one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

# No key can sort between a folder's members and this, but those that go on with this very noncharacter; `_folded` looks at them again.
_LAST = "\U0010ffff"


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Entry = TypeVar("Entry", bound=Keyed)
FromKey = Callable[[str, bool], Iterable[Entry]]
"""The entries from a key on, in order; the flag says whether the key itself counts."""


@dataclass(frozen=True)
class Page(Generic[Entry]):
    """`last` is the name with which the page ends, an entry's or a folded prefix: the next page begins after it."""

    entries: list[Entry]
    prefixes: list[str]
    truncated: bool
    last: str


def page(from_key: FromKey[Entry], prefix: str, delimiter: str, after: str, limit: int) -> Page[Entry]:
    """At most `limit` entries and folded prefixes together, all greater than `after`."""
    found = list(islice(_folded(from_key, prefix, delimiter, after), limit + 1))
    shown = found[:limit]
    entries = [one for one in shown if not isinstance(one, str)]
    prefixes = [one for one in shown if isinstance(one, str)]
    last = (shown[-1] if isinstance(shown[-1], str) else shown[-1].key) if shown else ""
    return Page(entries, prefixes, len(found) > limit, last)


def _folded(from_key: FromKey[Entry], prefix: str, delimiter: str, after: str) -> Iterator[Entry | str]:
    position, inclusive = (after, False) if after >= prefix else (prefix, True)
    folded = ""
    while True:
        for entry in from_key(position, inclusive):
            if not entry.key.startswith(prefix):
                return
            head, cut, _ = entry.key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if not cut:
                yield entry
                continue
            group = prefix + head + cut
            if group != folded and group > after:
                yield group
            jump = group + _LAST
            if group != folded and jump > position:
                # Skip the rest of the folder instead of reading it.
                folded, position, inclusive = group, jump, True
                break
        else:
            return
