"""The ends that are not a searchable media: failed, and removed."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal, until_unchanged
from sightline.ledger.story import Story
from sightline.media.identity import media_id
from sightline.pipeline.ports import Pipeline

GONE = ("unknown", "removed", "forgotten")
BEFORE_THE_END_OF_TAGS = ("uploaded", "claimed", "submitted")
CHANGED = "ignored: the content has changed since"


def fail(pipeline: Pipeline, identity: str, generation: str, step: str, reason: str) -> str:
    """The end of the road for this content, until somebody uploads it again. Newer content goes its own way.

    Where it was the smart tags that failed, the media may still be found by what its other jobs tell.
    """
    fact = Fact("failed", pipeline.clock(), generation, {"step": step, "reason": reason})

    def decide(story: Story) -> Sequence[Fact]:
        # What was understood can fail to be indexed, and nothing else.
        is_open = story.is_being_inserted if step == "index" else story.stage in BEFORE_THE_END_OF_TAGS
        return [fact] if story.generation == generation and is_open else []

    journal, facts = pipeline.ledger.update(identity, decide)
    story = journal.story
    if story.generation != generation:
        return CHANGED
    if facts:
        free_slot(pipeline, story.slot, identity, generation)
    if not story.is_final:
        return f"no smart tags: {reason}" if story.tags_failed else f"left: the media is {story.stage}"
    close(pipeline, journal)
    return f"failed: {reason}"


def close(pipeline: Pipeline, journal: Journal) -> None:
    """What follows a last fact: nothing is found but the content that it is about, and the marker goes.

    The marker stays where somebody who is late may still insert earlier content: the sweep looks again when that can't be any more.
    """
    story, identity = journal.story, journal.media_id
    kept = pipeline.records.generation(identity)
    # Of searchable content another's record is somebody's who was late: the walk over known media makes its own anew, of its parts.
    told_nothing = story.stage in ("refused", *GONE) or (story.stage == "failed" and story.step != "index")
    if kept is not None and story.stage != "searchable" and (told_nothing or kept != story.generation):
        forget(pipeline, journal)
    if not story.needs_attention:
        pipeline.ledger.clear_pending(identity)


def free_slot(pipeline: Pipeline, slot: int | None, identity: str, generation: str) -> None:
    """Nothing runs in it any more, if it is still this one's."""
    if slot is not None:
        pipeline.line.slots.free(slot, identity, generation)


def remove(pipeline: Pipeline, key: str) -> str:
    """Take the media of a deleted object out of the library. The bucket is asked first: an object that is there stays.

    Raises retryable errors.
    """
    return until_unchanged(lambda: _remove(pipeline, key))


def _remove(pipeline: Pipeline, key: str) -> str:
    identity = media_id(pipeline.media_bucket.name, key)
    address = f"{pipeline.media_bucket.name}/{key}"
    journal = pipeline.ledger.read(identity)
    if pipeline.media_bucket.head(key) is not None:
        return "nothing to do: the object is there"
    if journal.story.stage not in GONE:
        pipeline.ledger.mark_pending(identity, address)
        journal = pipeline.ledger.extend(journal, [Fact("removed", pipeline.clock(), journal.story.generation)])
    close(pipeline, journal)
    if pipeline.media_bucket.head(key) is not None:
        # It came back meanwhile, and its own event may have found nothing to do: the sweep looks again.
        pipeline.ledger.mark_pending(identity, address)
    return "removed"


def forget(pipeline: Pipeline, journal: Journal) -> None:
    """Nothing is found any more of any content that the ledger knows; the ledger stays. Whoever is late leaves newer content alone."""
    identity, known = journal.media_id, {fact.generation for fact in journal.facts}
    record = pipeline.records.get(identity)
    if record is not None and record.generation not in known:
        return
    namespace = record.namespace if record is not None else pipeline.namespace_of(journal.story.key)
    pipeline.library.delete(identity, namespace)
    if any(fact.kind == "job_claimed" for fact in journal.facts):  # else it costs no import either
        from sightline.pipeline.derivatives import forget_derivatives

        forget_derivatives(pipeline, journal, known)
    pipeline.records.remove(identity, known)


def settle(pipeline: Pipeline, journal: Journal) -> str:
    """Nobody can be late any more: whatever of earlier content was inserted after its end is taken out."""
    identity, story = journal.media_id, journal.story
    forget(pipeline, journal)
    settled = Fact("settled", pipeline.clock(), story.generation)
    pipeline.ledger.update(identity, lambda now: [settled] if now == story else [])
    pipeline.ledger.clear_pending(identity)
    return f"settled: {story.stage}"
