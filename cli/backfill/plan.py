"""What is to be done with an object: one look at the media bucket, and one at the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cli.backfill.address import MOST_KEY_BYTES, Address, KeyMap
from cli.backfill.source import Found
from cli.backfill.target import Existing
from sightline.ledger.story import Story
from sightline.media.admission import Admitted, Ignored, Refused
from sightline.media.identity import media_id
from sightline.media.layout import is_sequence_part
from sightline.media.types import Media, MediaKind

Action = Literal[
    "copy",  # into the media bucket; the event of its upload starts the work
    "submit",  # it is there, and the pipeline has not heard of it
    "already",  # it is there, and the pipeline has it
    "refused",  # it is no media: the pipeline would say so too
    "ignored",  # nobody meant it as a media
    "gone",  # deleted from the source since it was listed
    "failed",  # it should have been brought, and was not
]


@dataclass(frozen=True)
class Plan:
    """What is to be done with the object at `source_key`, or was.

    `key` and `size` are those of the copy, `kind` that of the job that follows, None where none does; `reason` belongs to the last
    four actions, `stage` to "already", and `generation` is the content of what is there already.
    """

    action: Action
    source_key: str
    key: str = ""
    size: int = 0
    kind: MediaKind | None = None
    reason: str = ""
    stage: str = ""
    replaces: bool = False
    generation: str = ""


Admit = Callable[[str, str, int, datetime], Admitted | Refused | Ignored]


@dataclass(frozen=True)
class Planner:
    """`admit` judges key, eTag, size and time as the pipeline does, and `why_no_job` by the rules, empty for a media that gets one; `story`
    reads a media's ledger; `look` is None for objects in place.
    """

    source: Address
    bucket: str
    keys: KeyMap
    admit: Admit
    why_no_job: Callable[[Media], str]
    story: Callable[[str], Story]
    look: Callable[[str], Existing | None] | None

    def plan(self, found: Found) -> Plan:
        """Raises what `story` and `look` raise."""
        key = self.keys.target(found.key)
        blank = Plan("ignored", found.key, key, found.size)
        length = len(key.encode())
        if length > MOST_KEY_BYTES:
            return replace(
                blank, action="failed", reason=f"its key would have {length:,} bytes, and OSS takes {MOST_KEY_BYTES:,}; rename it"
            )
        verdict = self.admit(key, found.etag, found.size, found.modified)
        if isinstance(verdict, Refused):
            return replace(blank, action="refused", reason=verdict.reason)
        if isinstance(verdict, Ignored) and (key.endswith("/") or not is_sequence_part(key)):
            return replace(blank, reason=verdict.reason)
        if isinstance(verdict, Ignored):
            return self._bring(found, blank)
        plan = self._bring(found, replace(blank, kind=verdict.media.kind))
        # What was taken on already keeps its jobs, whatever the rules are now.
        reason = self.why_no_job(verdict.media) if plan.action in ("copy", "submit") else ""
        return replace(blank, action="refused", reason=reason) if reason else plan

    def _bring(self, found: Found, plan: Plan) -> Plan:
        if self.look is None:
            return self._there(replace(plan, generation=found.etag))
        existing = self.look(plan.key)
        address = self.source.of(found.key)
        if existing is None:
            return replace(plan, action="copy")
        if existing.holds(found, address):
            return self._there(replace(plan, generation=existing.etag))
        if existing.source == address:
            return replace(plan, action="copy", replaces=True)
        reason = f"another object is at {plan.key} already; choose another --namespace or --device, or delete that one"
        return replace(plan, action="failed", kind=None, reason=reason)

    def _there(self, plan: Plan) -> Plan:
        if plan.kind is None:
            return replace(plan, action="already", stage="part of a sequence")
        story = self.story(media_id(self.bucket, plan.key))
        taken_on = story.generation == plan.generation and story.stage not in ("unknown", "refused", "removed", "forgotten")
        return replace(plan, action="already", stage=story.stage) if taken_on else replace(plan, action="submit")
