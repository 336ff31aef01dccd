"""The same for several things at once."""

from __future__ import annotations

import threading

import pytest

from sightline.search.side_by_side import side_by_side


@pytest.mark.parametrize("count", [0, 1, 3, 20])
@pytest.mark.parametrize("most", [1, 4])
def test_results_come_in_the_order_of_the_things(count: int, most: int) -> None:
    assert side_by_side(str, range(count), most) == [str(number) for number in range(count)]


def test_they_are_done_side_by_side_and_not_more_than_so_many() -> None:
    together = threading.Barrier(4)
    assert side_by_side(lambda number: together.wait(5) >= 0, range(8), 4) == [True] * 8
    threads: set[int] = set()
    side_by_side(lambda number: threads.add(threading.get_ident()), range(50), 4)
    assert len(threads) <= 4


def test_the_first_that_fails_is_what_is_raised_and_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def act(number: int) -> None:
        begun.append(number)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        side_by_side(act, range(1000), 4)
    assert len(begun) <= 4
