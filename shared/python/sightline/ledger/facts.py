"""One fact, and its line in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from sightline.clock import from_iso, to_iso
from sightline.value import Value

VERSION = 1

FactKind = Literal[
    "uploaded",  # a generation arrived: bucket, key, size, when it was modified, event, kind
    "repeated",  # the content that is there was uploaded again: event, when it was modified
    "refused",  # it is no media: reason
    "claimed",  # somebody is about to submit its jobs: attempt, until, jobs (the names of all that its rule gives it)
    "released",  # the claim is given back, because nothing was submitted: reason
    "submitted",  # the service took the job: job_id
    "understood",  # the job ended well and its part is stored: job_id; at once for a media that gets no smart tags
    "inserted",  # the search library took the media: library, told (a digest of what it was given)
    "searchable",  # its index jobs ended well
    "reopened",  # an understood media is to be indexed anew: reason
    "failed",  # nothing more will happen by itself, but that another job may tell something where the smart tags failed: step, reason
    "removed",  # the object is gone, and so is everything made of it
    "settled",  # whatever somebody late may have inserted of earlier content was taken out again
    # Of every job but smart tags; each has its name as `job`, and they run beside the facts above.
    "job_claimed",  # somebody is about to submit it: attempt, until, output (its own folder among those of outputs)
    "job_released",  # it was not taken, and is to be tried again: reason, until
    "job_submitted",  # the service took it, or was asked about it: job_id, asks, until
    "job_done",  # it ended well and its part is stored
    "job_failed",  # nothing more will come of it: reason
    "forgotten",  # the ledger itself is about to be deleted; nobody writes to it: until
]


class Fact(Value):
    """`generation` is the eTag of the content that the fact is about; `details` as listed at FactKind."""

    kind: FactKind
    at: datetime
    generation: str
    details: Mapping[str, Any] = MappingProxyType({})

    def to_line(self) -> bytes:
        document = {"v": VERSION, "at": to_iso(self.at), "fact": self.kind, "generation": self.generation, **self.details}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_line(line: bytes) -> Fact | None:
    """None for what this version can't read: a newer deploy, or somebody's hand, may have written it, and the other facts still count."""
    try:
        document = json.loads(line)
        kind = document.pop("fact")
        document.pop("v", None)
        fact = Fact(kind, from_iso(document.pop("at")), str(document.pop("generation")), document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return fact if kind in get_args(FactKind) else None
