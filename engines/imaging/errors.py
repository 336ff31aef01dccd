"""The one error of this room."""


class UnreadableMedia(Exception):
    """The media can't be understood, for a reason that a person can act on (truncated, not an image, too large …)."""
