"""The ends that are not a searchable media: failed, and removed."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.ledger import Fact, Story
from sightline.media import media_id
from sightline.pipeline.ports import Pipeline

GONE = ("unknown", "removed", "forgotten")
CHANGED = "ignored: the content has changed since"


def fail(pipeline: Pipeline, identity: str, generation: str, step: str, reason: str) -> str:
    """The end of the road for this content, until somebody uploads it again. Newer content goes its own way."""
    fact = Fact("failed", pipeline.clock(), generation, {"step": step, "reason": reason})
    story, facts = pipeline.ledger.update(identity, lambda story: [fact] if story.generation == generation and not story.is_final else [])
    if story.generation != generation:
        return CHANGED
    if facts:
        free_slot(pipeline, story.slot, identity, generation)
    close(pipeline, identity, generation)
    return f"failed: {reason}"


def close(pipeline: Pipeline, identity: str, generation: str) -> None:
    """What follows the last fact of a generation: nothing of other content is found any more, and the marker goes.

    It stays where somebody who is late may still insert earlier content: the sweep looks again when that can't be any more.
    """
    record = pipeline.records.get(identity)
    if record is not None and record.generation != generation:
        forget(pipeline, identity)
    pipeline.ledger.clear_pending(identity)


def free_slot(pipeline: Pipeline, slot: int | None, identity: str, generation: str) -> None:
    """Nothing runs in it any more, if it is still this one's."""
    if slot is not None:
        pipeline.line.slots.free(slot, identity, generation)


def remove(pipeline: Pipeline, key: str) -> str:
    """Take the media of a deleted object out of the library. The bucket is asked first: an object that is there stays."""
    identity = media_id(pipeline.media_bucket.name, key)
    story = pipeline.ledger.read(identity).story
    if pipeline.media_bucket.head(key) is not None:
        return "nothing to do: the object is there"
    if story.stage not in GONE:
        forget(pipeline, identity)
        pipeline.ledger.update(identity, lambda now: _removed(pipeline, now) if now.generation == story.generation else [])
    if pipeline.media_bucket.head(key) is not None:
        # It came back meanwhile, and its own event may have found nothing to do: the sweep looks again.
        pipeline.ledger.mark_pending(identity, f"{pipeline.media_bucket.name}/{key}")
    else:
        pipeline.ledger.clear_pending(identity)
    return "removed"


def forget(pipeline: Pipeline, identity: str) -> None:
    """Nothing of earlier content is found any more; its ledger stays."""
    record = pipeline.records.get(identity)
    if record is not None:
        pipeline.library.delete(identity, record.namespace)
        pipeline.records.remove(identity)


def settle(pipeline: Pipeline, identity: str, story: Story) -> str:
    """Nobody can be late any more: whatever of earlier content was inserted after its end is taken out."""
    pipeline.library.delete(identity, pipeline.namespace_of(story.key))
    pipeline.records.remove(identity)
    settled = Fact("settled", pipeline.clock(), story.generation)
    pipeline.ledger.update(identity, lambda now: [settled] if now == story else [])
    pipeline.ledger.clear_pending(identity)
    return f"settled: {story.stage}"


def _removed(pipeline: Pipeline, story: Story) -> Sequence[Fact]:
    return [] if story.stage in GONE else [Fact("removed", pipeline.clock(), story.generation)]
