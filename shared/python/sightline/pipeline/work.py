"""What an upload means now: work that nobody has in hand, or nothing to do.

Events are at-least-once and unordered, so the bucket is asked instead of the event: an old event of replaced content leads to the new
content, which is claimed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.errors import LedgerConflict
from sightline.ledger import Fact, Story
from sightline.media import Ignored, Media, Refused, media_id
from sightline.pipeline.endings import forget, remove
from sightline.pipeline.ports import Pipeline
from sightline.store import ObjectInfo

UNKNOWN_EVENT = "none"


@dataclass(frozen=True)
class Work:
    """A media to be taken on. `before` is its story as it was read, `event_id` the upload; None where no event told of it."""

    media: Media
    before: Story
    event_id: str | None

    def is_new(self, pipeline: Pipeline, story: Story) -> bool:
        """Whether nobody has it in hand. Raises LedgerConflict while the ledger is about to be deleted."""
        _wait_for_the_deletion(pipeline, story)
        now = pipeline.clock()
        if story.generation != self.media.etag or story.stage in ("uploaded", "removed", "forgotten"):
            return True
        if story.stage == "claimed":
            return story.claim_until is not None and story.claim_until <= now
        # Somebody who uploads failed content again wants another try; a repeated event does not.
        return story.stage in ("failed", "refused") and self.event_id is not None and self.event_id not in story.events

    def arrival(self, pipeline: Pipeline, story: Story) -> Fact | None:
        """The fact that it arrived, unless the ledger has it."""
        if story.generation == self.media.etag and story.stage in ("uploaded", "claimed"):
            return None
        return _uploaded(pipeline, self.media.key, self.media.etag, self.media.size, self.event_id, self.media.kind)


def find_work(pipeline: Pipeline, key: str, event_id: str | None) -> Work | str:
    """The work that an object is, or in a phrase what was done instead. Raises retryable errors only."""
    found = pipeline.media_bucket.head(key)
    if found is None:
        return remove(pipeline, key)
    verdict = pipeline.admit(key, found)
    if isinstance(verdict, Ignored):
        return f"ignored: {verdict.reason}"
    if isinstance(verdict, Refused):
        return _refuse(pipeline, key, found, event_id, verdict.reason)
    work = Work(verdict.media, pipeline.ledger.read(verdict.media.id).story, event_id)
    return work if work.is_new(pipeline, work.before) else "nothing to do: this content has been taken on"


def _wait_for_the_deletion(pipeline: Pipeline, story: Story) -> None:
    if story.stage == "forgotten" and story.claim_until is not None and pipeline.clock() < story.claim_until:
        raise LedgerConflict(f"the facts of {story.key} are being deleted; again after {story.claim_until:%H:%M:%S}")


def _refuse(pipeline: Pipeline, key: str, found: ObjectInfo, event_id: str | None, reason: str) -> str:
    identity = media_id(pipeline.media_bucket.name, key)

    def decide(story: Story) -> Sequence[Fact]:
        _wait_for_the_deletion(pipeline, story)
        if story.generation == found.etag and story.stage == "refused":
            return []
        refused = Fact("refused", pipeline.clock(), found.etag, {"reason": reason})
        return [_uploaded(pipeline, key, found.etag, found.size, event_id, None), refused]

    forget(pipeline, identity)
    pipeline.ledger.update(identity, decide)
    return f"refused: {reason}"


def _uploaded(pipeline: Pipeline, key: str, etag: str, size: int, event_id: str | None, kind: str | None) -> Fact:
    details = {"bucket": pipeline.media_bucket.name, "key": key, "size": size, "event": event_id or UNKNOWN_EVENT}
    return Fact("uploaded", pipeline.clock(), etag, {**details, "kind": kind} if kind else details)
