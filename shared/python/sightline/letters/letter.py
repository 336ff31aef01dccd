"""One letter, and its JSON."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Literal, get_args

from sightline.clock import from_iso, to_iso
from sightline.errors import BadInput
from sightline.events.records import Event, event_bytes
from sightline.letters.redaction import redacted
from sightline.untrusted import plain
from sightline.value import Value

VERSION = 1

LARGEST_EVENT_BYTES = 256 * 1024
"""The longest that Function Compute takes asynchronously, once its limit is raised ("Limits", Function Compute documentation)."""

LONGEST_REASON = 2000

State = Literal[
    "retrying",  # the sweep tries it again when it is due
    "dead",  # only a person can help: replay, or drop
]


class Letter(Value):
    """A record that failed. `event` holds this record alone, in the shape that `function` takes; of one that is not `is_whole`, the start.

    `first` and `last` are when it failed for the first and the last time.
    """

    id: str
    function: str
    state: State
    reason: str
    attempts: int
    first: datetime
    last: datetime
    due: datetime | None
    event: Event
    is_whole: bool = True

    @classmethod
    def new(cls, function: str, event: Event, reason: str, now: datetime) -> Letter:
        """Not tried yet. The id comes from function and record, so that the same poison twice is one letter."""
        event = redacted(event)
        content = event_bytes(event)
        is_whole = len(content) <= LARGEST_EVENT_BYTES
        kept = event if is_whole else content[:LARGEST_EVENT_BYTES].decode(errors="replace")
        return cls(_identity(function, event), function, "retrying", told(reason), 0, now, now, now, kept, is_whole)

    @property
    def outcome(self) -> str:
        """In a phrase, for logs and answers."""
        if self.state == "dead":
            return f"dead: {self.reason} (letter {self.id})"
        return f"parked until {to_iso(self.due or self.last)}: {self.reason} (letter {self.id})"

    def is_due(self, now: datetime) -> bool:
        return self.due is None or self.due <= now

    def to_json(self) -> bytes:
        document = {
            "v": VERSION,
            "id": self.id,
            "function": self.function,
            "state": self.state,
            "reason": self.reason,
            "attempts": self.attempts,
            "first": to_iso(self.first),
            "last": to_iso(self.last),
            "due": to_iso(self.due) if self.due else None,
            "is_whole": self.is_whole,
            "event": self.event,
        }
        try:
            return json.dumps(document, ensure_ascii=False, indent=2).encode()
        except UnicodeEncodeError:  # half a surrogate, which only an escape can hold
            return json.dumps(document, indent=2).encode()


def told(reason: str) -> str:
    """A reason as it is kept: one line, without secrets, not longer than somebody reads."""
    return plain(redacted(reason), LONGEST_REASON) or "no reason was given"


def read_letter(content: bytes) -> Letter:
    """Raises BadInput for what is no letter: somebody has edited it, or a later version writes another form."""
    try:
        document: dict[str, Any] = json.loads(content)
        if document["state"] not in get_args(State):
            raise ValueError(f"state {document['state']!r}")
        return Letter(
            id=str(document["id"]),
            function=str(document["function"]),
            state=document["state"],
            reason=str(document["reason"]),
            attempts=int(document["attempts"]),
            first=from_iso(document["first"]),
            last=from_iso(document["last"]),
            due=from_iso(document["due"]) if document.get("due") else None,
            event=document["event"],
            is_whole=bool(document.get("is_whole", True)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput("letter", f"can't be read ({type(error).__name__}: {error})", "drop it, or mend its JSON") from error


def _identity(function: str, event: Event) -> str:
    """Whatever order the fields came in."""
    canonical = event if isinstance(event, str) else json.dumps(event, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{function}\n{canonical}".encode("utf-8", errors="surrogatepass")).hexdigest()[:32]
