"""The same done for several things at once.

`concurrent.futures` does it too; its import takes as long as three hits are looked up in, at every cold start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def side_by_side(act: Callable[[Thing], Result], things: Sequence[Thing], most: int) -> Sequence[Result]:
    """What `act` gives for each, in their order, done in `most` threads, of which this one is one. Raises what the first that fails raises.

    Then nothing more is begun; what is under way is waited for.
    """
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    numbers = iter(range(len(things)))  # its next is one step for Python, so that no two threads get the same

    def work() -> None:
        for number in numbers:
            if errors:
                return
            try:
                results[number] = act(things[number])
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
                errors[number] = error

    helpers = [threading.Thread(target=work) for _ in range(min(most, len(things)) - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if errors:
        raise errors[min(errors)]
    return [results[number] for number in range(len(things))]
