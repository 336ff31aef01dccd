"""Making a thing once, whatever happens to the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar

from cli.deployment.target import Target
from cli.provision.report import Item
from cli.provision.wanted import Changeable, Wanted
from sightline.errors import ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.ims.answers import Json, number, objects

T = TypeVar("T")

PAGE_SIZE = 50
"""The most that every listing takes (search libraries and recognition libraries, API reference)."""
PAUSES_SECONDS = (0.5, 1, 2, 4)
"""Between attempts that were turned away unread: somebody else uses up the account's calls a second."""


@dataclass
class Work:
    """One run. Where `acts` is false nothing is made or changed, and the items say what would be."""

    target: Target
    wanted: Wanted
    acts: bool
    sleep: Callable[[float], None] = time.sleep
    items: list[Item] = field(default_factory=list)

    def tell(self, item: Item) -> None:
        self.items.append(item)

    def ensure(self, kind: str, name: str, find: Callable[[], T | None], make: Callable[[], T]) -> tuple[T | None, Item]:
        """What was found or made, and what to tell of it; None where it is missing and nothing may be made."""
        found = find()
        if found is not None:
            return found, Item(kind, name, "found")
        if not self.acts:
            return None, Item(kind, name, "would make")
        return make_once(find, make, self.sleep), Item(kind, name, "made")

    def change(self, item: Item, note: str, fix: str, what: Changeable, change: Callable[[], object]) -> Item:
        """What to tell of a thing in another shape than wanted, as `note` says: it stays so unless it may be changed."""
        if what not in self.wanted.change:
            return replace(item, outcome="left", note=note, fix=fix)
        if not self.acts:
            return replace(item, outcome="would change", note=note)
        change()
        return replace(item, outcome="changed", note=f"before: {note}")

    def command(self, *more: str) -> str:
        """The command of this run with something more, for people to copy."""
        chosen = {
            "--people": self.wanted.people,
            "--pets": self.wanted.pets,
            "--level": self.wanted.level,
            "--pipeline": self.wanted.pipeline,
        }
        options = [part for option, value in chosen.items() if value and option not in more for part in (option, value)]
        return self.target.command("provision", *options, *more)


def make_once(find: Callable[[], T | None], make: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Make what `find` does not find. Where there was no answer, or an error for one, it is looked for again before anything else.

    It is made again only after a refusal that took no effect. Raises what `make` raised last.
    """
    for pause in (*PAUSES_SECONDS, None):
        try:
            return make()
        except (ServiceRefused, ServiceUnreachable) as error:
            made = find()
            if made is not None:
                return made
            if pause is None or not (error.retryable and error.took_no_effect):
                raise
            sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def told(answer: Json, action: str, *path: str) -> str:
    """The text that stands at `path` in the answer of a create. Raises UnusableAnswer where nothing does, so that it is looked for."""
    value = _at(answer, path)
    if not isinstance(value, str) or not value:
        raise UnusableAnswer("IMS", action, ".".join(path), "is missing", retryable=False)
    return value


def listed(answer: Json, action: str, identity: str, *path: str) -> list[Json]:
    """The items at `path` in the answer of a listing; a list that is missing is an empty one.

    Raises UnusableAnswer for what is no list of things with an `identity`: something would be made twice by whoever read it as empty.
    """
    value = _at(answer, path)
    items = objects(value)
    if value and (len(items) != (len(value) if isinstance(value, list) else 1) or not all(item.get(identity) for item in items)):
        raise UnusableAnswer("IMS", action, ".".join(path), f"is no list of things with a {identity}", retryable=True)
    return items


def _at(answer: Json, path: Sequence[str]) -> Any:
    """None where there is nothing; what is no object on the way is given as it is."""
    value: Any = answer
    for part in path:
        if not isinstance(value, dict):
            return value
        value = value.get(part)
    return value


def over_pages(ask: Callable[[int], tuple[list[Json], object]], identity: str) -> Iterator[Json]:
    """The items of a listing, each once. `ask` gives a page, numbered from 1, and what its answer says of how many there are in all.

    A page's size says nothing of the end, since a service may give fewer than were asked for; a page without anything new is the end.
    """
    seen: set[str] = set()
    for page in count(1):
        items, total = ask(page)
        new = [item for item in items if str(item.get(identity)) not in seen]
        yield from new
        seen.update(str(item.get(identity)) for item in new)
        known = number(total)
        if not new or (known is not None and len(seen) >= known):
            return
