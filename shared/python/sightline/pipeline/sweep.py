"""What a lost message left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sightline.errors import ServiceRefused
from sightline.ledger import Story
from sightline.pipeline.collect import collect
from sightline.pipeline.endings import CHANGED, close, fail
from sightline.pipeline.index import index
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit


@dataclass
class SweepReport:
    """What was done to whom; `errors` did not hold up the others and are tried again at the next sweep."""

    done: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def sweep(pipeline: Pipeline, report_error: Callable[[str, Exception], None]) -> SweepReport:
    """Look at every pending media once, and take the next step of each that has waited too long.

    All of them together wait for index jobs as long as one callback may, so that slow ones do not hold up the rest.
    """
    report = SweepReport()
    until = pipeline.clock() + timedelta(seconds=pipeline.settings.index_wait_seconds)
    for identity in pipeline.ledger.pending():
        try:
            report.done[identity] = _attend(pipeline, identity, until)
        except Exception as error:  # noqa: BLE001 - one media's surprise must not cost its neighbours their turn, at every sweep
            report_error(identity, error)
            report.errors[identity] = f"{type(error).__name__}: {error}"
    return report


def _attend(pipeline: Pipeline, identity: str, until: datetime) -> str:
    story = pipeline.ledger.read(identity).story
    outcome = _next_step(pipeline, identity, story, until)
    # The event of what is there now may have been lost; if it was not, the claim is taken.
    return _submit(pipeline, identity) if outcome == CHANGED else outcome


def _next_step(pipeline: Pipeline, identity: str, story: Story, until: datetime) -> str:
    now = pipeline.clock()
    match story.stage:
        case "unknown" | "uploaded" | "removed":
            return _submit(pipeline, identity)
        case "claimed":
            lapsed = story.claim_until is not None and story.claim_until <= now
            return _submit(pipeline, identity) if lapsed else "waiting: claimed"
        case "submitted":
            return _ask(pipeline, identity, story, now, until)
        case "understood" | "inserted":
            outcome = index(pipeline, identity, story.generation, until)
            if outcome.startswith("inserted") and _is_overdue(pipeline, story.since or now, now):
                return fail(pipeline, identity, story.generation, "index", "the search library did not index the media in time")
            return outcome
        case _:
            close(pipeline, identity, story.generation)
            return f"cleared: {story.stage}"


def _is_overdue(pipeline: Pipeline, since: datetime, now: datetime) -> bool:
    return now - since > timedelta(seconds=pipeline.settings.job_deadline_seconds)


def _submit(pipeline: Pipeline, identity: str) -> str:
    address = pipeline.ledger.pending_address(identity)
    if address is None:
        return "nothing to do: finished meanwhile"
    return submit(pipeline, address[1], f"sweep-{pipeline.clock().timestamp():.0f}")


def _ask(pipeline: Pipeline, identity: str, story: Story, now: datetime, until: datetime) -> str:
    submitted = story.submitted_at or now
    if now - submitted < timedelta(seconds=pipeline.settings.callback_seconds):
        return "waiting: submitted"
    try:
        outcome = collect(pipeline, story.job_id, until)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return fail(pipeline, identity, story.generation, "understand", f"the service no longer knows job {story.job_id}")
    if _is_overdue(pipeline, submitted, now) and outcome.startswith("nothing to do yet"):
        return fail(pipeline, identity, story.generation, "understand", f"job {story.job_id} did not finish in time")
    return outcome
