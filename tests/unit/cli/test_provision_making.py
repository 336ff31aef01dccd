"""Listings over all their pages, and making a thing once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from cli.provision.making import PAUSES_SECONDS, make_once, over_pages
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.answers import Json

ITEMS: list[Json] = [{"Id": str(number)} for number in range(7)]
BUSY = ServiceRefused("IMS", "Create", 400, "Throttling.User", "no")
LOST = ServiceUnreachable("IMS", "Create", "timeout")
NEVER_SENT = ServiceUnreachable("IMS", "Create", "refused", sent=False)
TAKEN = ServiceRefused("IMS", "Create", 400, "InvalidParameter", "exists already")


def in_pages_of(size: int) -> Callable[[int], list[Json]]:
    return lambda page: ITEMS[(page - 1) * size : page * size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("total", [7, "7", None, 0, 100], ids=["total", "total as text", "no total", "total 0", "total too high"])
def test_every_item_comes_once(size: int, total: object) -> None:
    page = in_pages_of(size)
    if total == 0:  # a service that says so is believed after the page that it gave
        assert list(over_pages(lambda number: (page(number), total), "Id")) == ITEMS[:size]
    else:
        assert list(over_pages(lambda number: (page(number), total), "Id")) == ITEMS


def test_a_service_that_gives_the_same_page_for_ever_ends() -> None:
    asked = count(1)
    assert list(over_pages(lambda _number: (ITEMS, 1000) if next(asked) < 10 else pytest.fail("it goes on"), "Id")) == ITEMS


class Thing:
    """`outcomes` of the attempts to make it: an error, with or without its being there afterwards, or None for an answer."""

    def __init__(self, *outcomes: tuple[Exception | None, bool]) -> None:
        self.outcomes = list(outcomes)
        self.is_there = False
        self.sleeps: list[float] = []

    def find(self) -> str | None:
        return "found" if self.is_there else None

    def make(self) -> str:
        error, self.is_there = self.outcomes.pop(0)
        if error is not None:
            raise error
        return "made"


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ([(None, True)], "made"),
        ([(LOST, True)], "found"),
        ([(TAKEN, True)], "found"),
        ([(BUSY, False), (None, True)], "made"),
        ([(NEVER_SENT, False), (BUSY, False), (None, True)], "made"),
        ([(BUSY, True)], "found"),
    ],
    ids=["made", "answer lost", "somebody was faster", "busy", "unreachable, then busy", "busy, and somebody was faster"],
)
def test_a_thing_is_made_once(outcomes: list[tuple[Exception | None, bool]], result: str) -> None:
    thing = Thing(*outcomes)
    assert make_once(thing.find, thing.make, thing.sleeps.append) == result
    assert thing.outcomes == []
    assert len(thing.sleeps) == len(outcomes) - 1


@pytest.mark.parametrize("error", [LOST, TAKEN], ids=["answer lost", "refused"])
def test_what_may_have_happened_is_not_tried_again(error: Exception) -> None:
    thing = Thing((error, False), (None, True))
    with pytest.raises(type(error)):
        make_once(thing.find, thing.make, thing.sleeps.append)
    assert thing.sleeps == []


def test_patience_ends() -> None:
    thing = Thing(*[(BUSY, False)] * 10)
    with pytest.raises(ServiceRefused, match="Throttling"):
        make_once(thing.find, thing.make, thing.sleeps.append)
    assert thing.sleeps == list(PAUSES_SECONDS)
