"""What can stand in the way of one object. A service that does not answer is Unavailable; what ends the whole run is a CommandError."""

from __future__ import annotations


class ObjectRefused(Exception):
    """This object can't be brought, and trying again would not help."""


class ObjectChanged(Exception):
    """The object is not what the listing said: it was replaced or deleted since."""
