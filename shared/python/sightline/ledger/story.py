"""What the facts add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from sightline.clock import from_iso
from sightline.ledger.facts import Fact, FactKind
from sightline.ledger.jobs import JobStory, next_step
from sightline.value import Value

Stage = Literal[
    "unknown", "uploaded", "refused", "claimed", "submitted", "untagged",
    "understood", "inserted", "searchable", "failed", "removed", "forgotten",
]  # fmt: skip

SMARTTAG = "smarttag"
FINAL: frozenset[Stage] = frozenset({"refused", "searchable", "failed", "removed", "forgotten"})


class Story(Value):
    """Where the newest generation of a media stands. `since` is when it got there; `reason` why, where it ended badly.

    `arrived` is when we came to know of it, or of earlier content that still waited in line: a media keeps its place. `kind` is what it is,
    "video" where an earlier version did not say. `attempt` counts the submits whose outcome nobody knows, `claim_until` ends the lease of
    whoever submits, or deletes the ledger, `slot` is where the job runs. `contested_since` is set where earlier content was about to be
    inserted when it was replaced or removed: whoever does that may be late. `modified` is when the last upload that we know of was written,
    by OSS's clock; `earlier_jobs` the jobs of uploads before the last one, of any kind. `told` is a digest of what the
    library was last given of this content. `is_tagged` says whether it gets smart tags, the
    job that the stages are about; `jobs` are its others, by their names. `tags_failed` is why the smart tags told nothing: the media is
    "untagged" while another job may tell something, then goes into the library with that, or has failed where none did.
    """

    stage: Stage = "unknown"
    generation: str = ""
    bucket: str = ""
    key: str = ""
    size: int = 0
    modified: datetime | None = None
    kind: str = "video"
    arrived: datetime | None = None
    since: datetime | None = None
    attempt: int = 0
    claim_until: datetime | None = None
    slot: int | None = None
    job_id: str = ""
    submitted_at: datetime | None = None
    step: str = ""
    reason: str = ""
    contested_since: datetime | None = None
    earlier_jobs: frozenset[str] = frozenset()
    told: str = ""
    is_tagged: bool = True
    jobs: Mapping[str, JobStory] = {}
    tags_failed: str = ""

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL

    @property
    def is_being_inserted(self) -> bool:
        return self.stage in ("understood", "inserted")

    @property
    def is_unfinished(self) -> bool:
        return self.stage != "unknown" and not self.is_final

    @property
    def may_be_tried_again(self) -> bool:
        """Whether it has ended, and an upload of the same content is another try."""
        return self.stage == "failed" or (self.stage == "searchable" and bool(self.tags_failed))

    @property
    def has_told(self) -> bool:
        """Whether a job beside the smart tags has ended well."""
        return any(job.stage == "done" for job in self.jobs.values())

    @property
    def open_jobs(self) -> Mapping[str, JobStory]:
        """Jobs beside the smart tags that may still tell something; none of what has ended badly."""
        if self.stage in ("unknown", "refused", "failed", "removed", "forgotten"):
            return {}
        return {name: job for name, job in self.jobs.items() if not job.is_over}

    @property
    def ended_jobs(self) -> frozenset[str]:
        """Those beside the smart tags that have told all that they will."""
        return frozenset(name for name, job in self.jobs.items() if job.is_over)

    @property
    def needs_attention(self) -> bool:
        return self.is_unfinished or self.contested_since is not None or bool(self.open_jobs)

    def awaits(self, job_id: str) -> bool:
        """Whether this job counts. Where no fact names the job, because a crash fell before it, any but an earlier one does."""
        return job_id == self.job_id if self.job_id else job_id not in self.earlier_jobs


def tell(facts: Iterable[Fact]) -> Story:
    story = Story()
    for fact in facts:
        story = _next(story, fact)
    return story


def _next(story: Story, fact: Fact) -> Story:
    if fact.kind == "uploaded":
        return _arrival(story, fact)
    if fact.generation != story.generation:
        return story  # written by somebody who was late; the newest generation counts
    if fact.kind == "settled":
        return story._replace(contested_since=None)
    if fact.kind == "repeated":
        return story._replace(modified=_modified(fact))
    if fact.kind.startswith("job_"):
        return _of_another_job(story, fact)
    told = {name: read(fact.details[detail]) for detail, (name, read) in _DETAILS.items() if detail in fact.details}
    if fact.kind == "submitted":
        told["submitted_at"] = fact.at
    if "jobs" in fact.details:
        planned = [str(name) for name in fact.details["jobs"]]
        told["is_tagged"] = SMARTTAG in planned
        told["jobs"] = {name: story.jobs.get(name) or JobStory() for name in planned if name != SMARTTAG}
    if fact.kind == "removed" and story.is_being_inserted:
        told["contested_since"] = fact.at
    after = story._replace(
        **{"stage": _STAGES.get(fact.kind, fact.kind), "since": fact.at, "reason": "", **_ENDS.get(fact.kind, {}), **told}
    )
    if fact.kind == "failed" and after.step != "index":
        return _without_tags(after._replace(tags_failed=after.reason or "no reason is known"))
    return after


def _without_tags(story: Story) -> Story:
    if story.has_told:
        return story._replace(stage="understood", step="", reason="")
    return story._replace(stage="failed" if all(job.is_over for job in story.jobs.values()) else "untagged")


def _of_another_job(story: Story, fact: Fact) -> Story:
    """Where the media is in the library, what the job told has to get there: it is understood anew."""
    name = str(fact.details.get("job", ""))
    jobs = {**story.jobs, name: next_step(story.jobs.get(name) or JobStory(), fact)}
    after = story._replace(jobs=jobs)
    if fact.kind not in ("job_done", "job_failed"):
        return after
    if story.stage == "untagged":
        return _without_tags(after._replace(since=fact.at))
    return after._replace(stage="understood", since=fact.at) if story.stage in ("inserted", "searchable") else after


_DETAILS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "attempt": ("attempt", int),
    "until": ("claim_until", from_iso),
    "slot": ("slot", int),
    "job_id": ("job_id", str),
    "step": ("step", str),
    "reason": ("reason", str),
    "told": ("told", str),
}
_STAGES: Mapping[FactKind, str] = {"released": "uploaded", "reopened": "understood"}
# What a fact puts an end to.
_ENDS: Mapping[FactKind, Mapping[str, Any]] = {
    "claimed": {"slot": None},
    "released": {"slot": None, "claim_until": None},
    "reopened": {"step": "", "contested_since": None, "told": ""},
}


def _modified(fact: Fact) -> datetime | None:
    return from_iso(fact.details["modified"]) if "modified" in fact.details else None


def _arrival(story: Story, fact: Fact) -> Story:
    details = fact.details
    return Story(
        stage="uploaded",
        generation=fact.generation,
        bucket=str(details["bucket"]),
        key=str(details["key"]),
        size=int(details["size"]),
        modified=_modified(fact),
        kind=details.get("kind", "video"),
        arrived=(story.arrived if story.stage == "uploaded" else None) or fact.at,
        since=fact.at,
        contested_since=fact.at if story.is_being_inserted else story.contested_since,
        earlier_jobs=story.earlier_jobs | {story.job_id, *(job.job_id for job in story.jobs.values())} - {""},
    )
