"""What the facts about one job add up to: of every job but smart tags, which are what a story's stages are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sightline.clock import from_iso
from sightline.ledger.facts import Fact, FactKind
from sightline.value import Value

JobStage = Literal["planned", "claimed", "released", "submitted", "done", "failed"]

_STAGES: Mapping[FactKind, JobStage] = {
    "job_claimed": "claimed",
    "job_released": "released",
    "job_submitted": "submitted",
    "job_done": "done",
    "job_failed": "failed",
}


class JobStory(Value):
    """`until` is when a claim lapses, a released job is tried again, or a submitted one is asked about; `attempt` counts the submits whose
    outcome nobody knows, `asks` how often the service turned it away, or, once it took it, how often it was asked. `submitted_at` is when
    it was taken, `reason` why it ended badly.
    """

    stage: JobStage = "planned"
    attempt: int = 0
    asks: int = 0
    job_id: str = ""
    until: datetime | None = None
    submitted_at: datetime | None = None
    reason: str = ""

    @property
    def is_over(self) -> bool:
        return self.stage in ("done", "failed")

    def awaits(self, job_id: str) -> bool:
        """Whether this job counts; where a crash fell before its id was noted, any of the same content and name does.

        Before the first submit none does: it is an earlier upload's.
        """
        return self.job_id == job_id if self.job_id else self.attempt > 0


def next_step(story: JobStory, fact: Fact) -> JobStory:
    stage = _STAGES.get(fact.kind)
    if stage is None or story.is_over:
        return story
    details = fact.details
    return JobStory(
        stage=stage,
        attempt=int(details.get("attempt", story.attempt)),
        asks=int(details.get("asks", story.asks)),
        job_id=str(details.get("job_id", story.job_id)),
        until=from_iso(details["until"]) if "until" in details else None,
        submitted_at=(story.submitted_at or fact.at) if stage == "submitted" else story.submitted_at,
        reason=str(details.get("reason", "")),
    )
