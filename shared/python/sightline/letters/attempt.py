"""One attempt at one record, and the one place where anything unexpected is caught."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sightline.errors import SightlineError
from sightline.events.records import Event
from sightline.value import Value

Act = Callable[[Event], str]
"""What a function does with one record; says what was done, in a phrase."""

Result = TypeVar("Result")

logger = logging.getLogger("sightline")


class Failure(Value):
    """`may_pass` says whether another attempt may go well without anybody changing anything, `is_unanswered` that a service gave no usable
    answer or was too busy: then other records would hardly fare better now.
    """

    reason: str
    may_pass: bool
    is_unanswered: bool = False


def attempt(act: Callable[[], Result]) -> Result | Failure:
    """What `act` gives, or why it gives nothing. What nobody expected may pass: it is tried again, and then kept."""
    try:
        return act()
    except SightlineError as error:
        return Failure(str(error), may_pass=error.retryable, is_unanswered=error.retryable)
    except Exception as error:  # one record's surprise must not cost its neighbours their turn
        logger.exception("unexpected")
        return Failure(f"{type(error).__name__}: {error}", may_pass=True)
