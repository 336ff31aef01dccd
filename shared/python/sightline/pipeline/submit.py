"""From an upload to a running job.

The order of the steps is what makes a crash between any two of them harmless: the pending marker comes before the claim, the claim before
the job, and the job id after it. The job's UserData carries the way home, so its callback is understood even if the id was never written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from sightline.clock import to_iso
from sightline.errors import BadInput, ServiceRefused
from sightline.ledger import Fact, Story
from sightline.media import Ignored, Media, Refused, media_id
from sightline.pipeline.endings import fail, forget, remove
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.sources import job_input
from sightline.store import ObjectInfo


def submit(pipeline: Pipeline, key: str, event_id: str) -> str:
    """Start the job of whatever content the object has now. Says what was done, in a phrase.

    Events are at-least-once and unordered, so the bucket is asked instead of the event: an old event of replaced content
    leads to the new content, which is claimed once. Raises retryable errors only.
    """
    identity = media_id(pipeline.media_bucket.name, key)
    found = pipeline.media_bucket.head(key)
    if found is None:
        return remove(pipeline, key)
    verdict = pipeline.admit(key, found)
    if isinstance(verdict, Ignored):
        return f"ignored: {verdict.reason}"
    if isinstance(verdict, Refused):
        return _refuse(pipeline, identity, key, found, event_id, verdict.reason)
    media = verdict.media
    before = pipeline.ledger.read(identity).story
    if not _is_new(before, media.etag, event_id, pipeline):
        return "nothing to do: this content has been taken on"
    address = f"{media.bucket}/{media.key}"
    pipeline.ledger.mark_pending(identity, address)
    _, facts = pipeline.ledger.update(identity, lambda story: _claim(pipeline, story, media, event_id))
    if not facts:
        return "nothing to do: another invocation has the claim"
    if before.stage != "unknown":
        # Whoever saw earlier content to its end may have taken the marker away before he could see our claim.
        pipeline.ledger.mark_pending(identity, address)
    return _start(pipeline, media)


def _is_new(story: Story, generation: str, event_id: str, pipeline: Pipeline) -> bool:
    """Whether this upload is work that nobody has in hand."""
    if story.generation != generation or story.stage == "uploaded":
        return True
    if story.stage == "claimed":
        return story.claim_until is not None and story.claim_until <= pipeline.clock()
    # Somebody who uploads failed or removed content again wants another try; a repeated event does not.
    return story.stage in ("failed", "refused", "removed") and event_id not in story.events


def _claim(pipeline: Pipeline, story: Story, media: Media, event_id: str) -> Sequence[Fact]:
    if not _is_new(story, media.etag, event_id, pipeline):
        return []
    now = pipeline.clock()
    known = story.generation == media.etag and story.stage in ("uploaded", "claimed")
    attempt = story.attempt + 1 if story.generation == media.etag else 1
    until = to_iso(now + timedelta(seconds=pipeline.settings.claim_seconds))
    claimed = Fact("claimed", now, media.etag, {"attempt": attempt, "until": until})
    return [claimed] if known else [_uploaded(pipeline, media.bucket, media.key, media.etag, media.size, event_id), claimed]


def _uploaded(pipeline: Pipeline, bucket: str, key: str, etag: str, size: int, event_id: str) -> Fact:
    return Fact("uploaded", pipeline.clock(), etag, {"bucket": bucket, "key": key, "size": size, "event": event_id})


def _refuse(pipeline: Pipeline, identity: str, key: str, found: ObjectInfo, event_id: str, reason: str) -> str:
    def decide(story: Story) -> Sequence[Fact]:
        if story.generation == found.etag and story.stage == "refused":
            return []
        refused = Fact("refused", pipeline.clock(), found.etag, {"reason": reason})
        return [_uploaded(pipeline, pipeline.media_bucket.name, key, found.etag, found.size, event_id), refused]

    forget(pipeline, identity)
    pipeline.ledger.update(identity, decide)
    return f"refused: {reason}"


def _start(pipeline: Pipeline, media: Media) -> str:
    try:
        source = job_input(pipeline, media)
        user_data = json.dumps({"mediaId": media.id, "generation": media.etag, "kind": "smarttag"}, separators=(",", ":"))
        job_id = pipeline.tagging.submit(media.key.rpartition("/")[2], source, media.device, user_data)
    except BadInput as error:
        return fail(pipeline, media.id, media.etag, "submit", str(error))
    except ServiceRefused as error:
        if not error.retryable:
            return fail(pipeline, media.id, media.etag, "submit", str(error))
        if error.busy:
            # Nothing runs, so whoever tries next need not wait for the lease. After no answer, or a broken one, the claim stays.
            _follow_claim(pipeline, media, Fact("released", pipeline.clock(), media.etag, {"reason": str(error)}))
        raise
    _follow_claim(pipeline, media, Fact("submitted", pipeline.clock(), media.etag, {"job_id": job_id}))
    return f"submitted: job {job_id}"


def _follow_claim(pipeline: Pipeline, media: Media, fact: Fact) -> None:
    pipeline.ledger.update(media.id, lambda story: [fact] if story.generation == media.etag and story.stage == "claimed" else [])
