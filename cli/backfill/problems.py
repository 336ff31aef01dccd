"""What can stand in the way of one object. A service that does not answer is Unavailable; what ends the whole run is a CommandError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import CommandError


class ObjectRefused(Exception):
    """This object can't be brought, and trying again would not help."""


class ObjectChanged(Exception):
    """The object is not what the listing said: it was replaced or deleted since."""


@contextmanager
def of_a_listing(address: object) -> Iterator[None]:
    """Raises CommandError for what would be one object's problem elsewhere: without a listing there is nothing to go on with."""
    try:
        yield
    except (ObjectChanged, ObjectRefused) as error:
        raise CommandError(f"{address} can't be listed: {error}", "check the address, and what the key in use may do") from error
