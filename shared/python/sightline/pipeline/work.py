"""What an upload means now: work that nobody has in hand, or nothing to do.

Events are at-least-once and unordered, so the bucket is asked instead of the event: an old event of replaced content leads to the new
content, which is claimed once. The ledger is read before the bucket is asked, and whatever is appended names the position that was read:
so nobody who is slow puts older content behind newer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sightline.clock import to_iso
from sightline.errors import LedgerLocked
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG, Story
from sightline.media.admission import Ignored, Refused
from sightline.media.identity import media_id
from sightline.media.types import Media
from sightline.pipeline.endings import close, remove
from sightline.pipeline.plan import NO_JOBS, jobs_of
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job
from sightline.store.types import ObjectInfo
from sightline.value import Value

UNKNOWN_EVENT = "none"
TAKEN_ON = "nothing to do: this content has been taken on"


class Work(Value):
    """A media to be taken on. `journal` is its ledger as it was before the bucket was asked.

    `modified` is when the object was written, by OSS's clock; `event_id` the upload's, None where no event told of it. `jobs` are what the
    rules give it to do.
    """

    media: Media
    modified: datetime
    journal: Journal
    event_id: str | None
    jobs: Sequence[Job] = ()

    @property
    def story(self) -> Story:
        return self.journal.story

    @property
    def is_tagged(self) -> bool:
        """Whether a smart tag job is among them: that one takes a place in line."""
        return any(job.name == SMARTTAG for job in self.jobs)

    @property
    def is_known(self) -> bool:
        """Whether the ledger has its arrival."""
        return self.story.generation == self.media.etag and self.story.stage in ("uploaded", "claimed")

    def is_new(self, pipeline: Pipeline) -> bool:
        """Whether nobody has it in hand."""
        story = self.story
        if story.generation != self.media.etag or story.stage in ("uploaded", "removed", "forgotten"):
            return True
        if story.stage == "claimed":
            return story.claim_until is not None and story.claim_until <= pipeline.clock()
        # Whoever looks at refused content judges it anew, since settings and rules change. Somebody who uploads failed content again wants
        # another try; a repeated event does not.
        return story.stage == "refused" or (story.may_be_tried_again and self.was_written_again)

    @property
    def was_written_again(self) -> bool:
        """Since the upload that the ledger knows: events come twice and late, but the object tells when it was written."""
        return self.story.modified != self.modified

    def arrival(self, pipeline: Pipeline) -> Sequence[Fact]:
        """The fact that it arrived, unless the ledger has it."""
        if self.is_known:
            return []
        found = ObjectInfo(self.media.etag, self.media.size, self.modified)
        return [_uploaded(pipeline, self.media.key, found, self.event_id, self.media.kind)]


def find_work(pipeline: Pipeline, key: str, event_id: str | None) -> Work | str:
    """The work that an object is, or in a phrase what was done instead.

    Raises retryable errors: LedgerConflict where another was faster, LedgerLocked while the ledger is about to be deleted.
    """
    journal = pipeline.ledger.read(media_id(pipeline.media_bucket.name, key))
    found = pipeline.media_bucket.head(key)
    if found is None:
        return remove(pipeline, key)
    verdict = pipeline.admit(key, found)
    if isinstance(verdict, Ignored):
        return f"ignored: {verdict.reason}"
    _wait_for_the_deletion(pipeline, journal.story)
    if isinstance(verdict, Refused):
        return _refuse(pipeline, journal, key, found, event_id, verdict.reason)
    work = Work(verdict.media, found.modified, journal, event_id)
    if work.is_new(pipeline):
        jobs = jobs_of(pipeline, verdict.media)
        return work._replace(jobs=jobs) if jobs else _refuse(pipeline, journal, key, found, event_id, NO_JOBS)
    if work.was_written_again and work.story.is_unfinished:
        # Noted, so that no late event of it is taken for another try if the content fails.
        details = {"event": event_id or UNKNOWN_EVENT, "modified": to_iso(found.modified)}
        pipeline.ledger.extend(journal, [Fact("repeated", pipeline.clock(), found.etag, details)])
    return TAKEN_ON


def _wait_for_the_deletion(pipeline: Pipeline, story: Story) -> None:
    if story.stage == "forgotten" and story.claim_until is not None and pipeline.clock() < story.claim_until:
        raise LedgerLocked(f"the facts of {story.key} are being deleted; again after {story.claim_until:%H:%M:%S}")


def _refuse(pipeline: Pipeline, journal: Journal, key: str, found: ObjectInfo, event_id: str | None, reason: str) -> str:
    story = journal.story
    if (story.generation, story.stage, story.modified) != (found.etag, "refused", found.modified):
        uploaded = _uploaded(pipeline, key, found, event_id, None)
        pipeline.ledger.mark_pending(journal.media_id, f"{pipeline.media_bucket.name}/{key}")
        journal = pipeline.ledger.extend(journal, [uploaded, Fact("refused", pipeline.clock(), found.etag, {"reason": reason})])
    close(pipeline, journal)
    return f"refused: {reason}"


def _uploaded(pipeline: Pipeline, key: str, found: ObjectInfo, event_id: str | None, kind: str | None) -> Fact:
    details = {"bucket": pipeline.media_bucket.name, "key": key, "size": found.size, "modified": to_iso(found.modified)}
    details |= {"event": event_id or UNKNOWN_EVENT, **({"kind": kind} if kind else {})}
    return Fact("uploaded", pipeline.clock(), found.etag, details)
