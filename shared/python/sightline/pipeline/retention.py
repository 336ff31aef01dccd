"""Facts are kept for a while after their media is gone, then the ledger goes too.

What else there was of a media goes at once (`endings.remove`): its library entry, its record and the parts. Its thumbnails need no
deleting: OSS makes one from the object whenever it is asked for (`x-oss-process` in `search`), and keeps none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sightline.clock import to_iso
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import ledger_key
from sightline.ledger.story import Story
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit


def forget_facts(pipeline: Pipeline, identity: str) -> str:
    """Delete the ledger of a removed media whose time is over. Says what was done; nothing where nothing is due.

    A deletion can't be made conditional, so the ledger is locked first: the fact `forgotten`, appended where the ledger is as it was read.
    While its lease lasts nobody writes to it. Whoever crashes in between leaves a lease that lapses, and the next round begins again.
    """
    journal, facts = pipeline.ledger.update(identity, lambda story: _forgotten(pipeline, story))
    story = journal.story
    if not facts or story.claim_until is None:
        return ""
    if pipeline.media_bucket.head(story.key) is not None:
        return _give_back(pipeline, identity, story)
    _delete_the_rest(pipeline, identity, story)
    if pipeline.clock() >= story.claim_until - _lease(pipeline) / 2:
        return "its facts are to be deleted: that took too long, so the next round does it"
    pipeline.state_bucket.delete(ledger_key(identity))
    return "its facts were deleted"


def _forgotten(pipeline: Pipeline, story: Story) -> Sequence[Fact]:
    until = to_iso(pipeline.clock() + _lease(pipeline))
    return [Fact("forgotten", pipeline.clock(), story.generation, {"until": until})] if _is_due(pipeline, story) else []


def _is_due(pipeline: Pipeline, story: Story) -> bool:
    now = pipeline.clock()
    if story.stage == "forgotten":
        return story.claim_until is not None and story.claim_until <= now
    kept = timedelta(days=pipeline.settings.facts_retention_days)
    return story.stage == "removed" and story.since is not None and story.since + kept <= now


def _lease(pipeline: Pipeline) -> timedelta:
    """A deletion is sent in the first half of it, so that a slow one does not meet what was written after it."""
    return timedelta(seconds=pipeline.settings.claim_seconds)


def _delete_the_rest(pipeline: Pipeline, identity: str, story: Story) -> None:
    """Whatever a crash has left of the media, of which its ledger is the last trace."""
    pipeline.library.delete(identity, pipeline.namespace_of(story.key))
    for key in list(pipeline.state_bucket.keys(f"{identity}/")):
        if key != ledger_key(identity):
            pipeline.state_bucket.delete(key)


def _give_back(pipeline: Pipeline, identity: str, story: Story) -> str:
    """The object came back before the lock: its event may have met the lock, and need not come again."""
    removed = Fact("removed", pipeline.clock(), story.generation)
    pipeline.ledger.update(identity, lambda now: [removed] if now == story else [])
    return f"its object came back; {submit(pipeline, story.key, None)}"
