"""What the facts add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sightline.clock import from_iso
from sightline.ledger.facts import Fact

Stage = Literal[
    "unknown", "uploaded", "refused", "claimed", "submitted", "understood", "inserted", "searchable", "failed", "removed", "forgotten"
]

FINAL: frozenset[Stage] = frozenset({"refused", "searchable", "failed", "removed", "forgotten"})


@dataclass(frozen=True)
class Story:
    """Where the newest generation of a media stands. `since` is when it got there; `reason` why, where it ended badly.

    `events` are all uploads that were taken on, `earlier_jobs` the jobs of those before the last one.
    """

    stage: Stage = "unknown"
    generation: str = ""
    bucket: str = ""
    key: str = ""
    size: int = 0
    since: datetime | None = None
    attempt: int = 0
    claim_until: datetime | None = None  # of whoever submits, or deletes the ledger
    job_id: str = ""
    submitted_at: datetime | None = None
    step: str = ""
    reason: str = ""
    events: frozenset[str] = frozenset()
    earlier_jobs: frozenset[str] = frozenset()

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL

    @property
    def is_unfinished(self) -> bool:
        return self.stage != "unknown" and not self.is_final

    def awaits(self, job_id: str) -> bool:
        """Whether this job counts. Where no fact names the job, because a crash fell before it, any but an earlier one does."""
        return job_id == self.job_id if self.job_id else job_id not in self.earlier_jobs


def tell(facts: Iterable[Fact]) -> Story:
    story = Story()
    for fact in facts:
        story = _next(story, fact)
    return story


def _next(story: Story, fact: Fact) -> Story:
    details = fact.details
    if fact.kind == "uploaded":
        return _arrival(story, fact)
    if fact.generation != story.generation:
        return story  # written by somebody who was late; the newest generation counts
    match fact.kind:
        case "claimed":
            until = from_iso(details["until"])
            return replace(story, stage="claimed", since=fact.at, reason="", attempt=int(details["attempt"]), claim_until=until)
        case "released":
            return replace(story, stage="uploaded", since=fact.at, claim_until=None, reason=str(details["reason"]))
        case "submitted":
            return replace(story, stage="submitted", since=fact.at, submitted_at=fact.at, job_id=str(details["job_id"]))
        case "failed":
            return replace(story, stage="failed", since=fact.at, step=str(details["step"]), reason=str(details["reason"]))
        case "refused":
            return replace(story, stage="refused", since=fact.at, reason=str(details["reason"]))
        case "understood":
            return replace(story, stage="understood", since=fact.at, reason="", job_id=str(details["job_id"]))
        case "reopened":
            return replace(story, stage="understood", since=fact.at, step="", reason=str(details["reason"]))
        case "forgotten":
            return replace(story, stage="forgotten", since=fact.at, claim_until=from_iso(details["until"]))
        case "inserted" | "searchable" | "removed":
            return replace(story, stage=fact.kind, since=fact.at, reason="")


def _arrival(story: Story, fact: Fact) -> Story:
    """A new generation starts anew; the same one again (after a failure) keeps its attempts."""
    details = fact.details
    again = fact.generation == story.generation
    return Story(
        stage="uploaded",
        generation=fact.generation,
        bucket=str(details["bucket"]),
        key=str(details["key"]),
        size=int(details["size"]),
        since=fact.at,
        attempt=story.attempt if again else 0,
        events=story.events | {str(details["event"])},
        earlier_jobs=story.earlier_jobs | {story.job_id} - {""},
    )
