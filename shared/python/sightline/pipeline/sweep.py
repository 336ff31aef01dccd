"""What a lost message left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sightline.errors import ServiceRefused, SightlineError
from sightline.ledger import Story
from sightline.pipeline.collect import collect
from sightline.pipeline.endings import fail
from sightline.pipeline.index import index
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit


@dataclass
class SweepReport:
    """What was done to whom; `errors` did not hold up the others and are tried again at the next sweep."""

    done: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def sweep(pipeline: Pipeline, report_error: Callable[[str, SightlineError], None]) -> SweepReport:
    """Look at every pending media once, and take the next step of each that has waited too long."""
    report = SweepReport()
    for identity in pipeline.ledger.pending():
        try:
            report.done[identity] = _attend(pipeline, identity)
        except SightlineError as error:
            report_error(identity, error)
            report.errors[identity] = str(error)
    return report


def _attend(pipeline: Pipeline, identity: str) -> str:
    story = pipeline.ledger.read(identity).story
    now = pipeline.clock()
    match story.stage:
        case "unknown" | "uploaded":
            return _submit(pipeline, identity)
        case "claimed":
            lapsed = story.claim_until is not None and story.claim_until <= now
            return _submit(pipeline, identity) if lapsed else "waiting: claimed"
        case "submitted":
            return _ask(pipeline, identity, story, now)
        case "understood" | "inserted":
            return index(pipeline, identity, story.generation)
        case _:
            pipeline.ledger.clear_pending(identity)
            return f"cleared: {story.stage}"


def _submit(pipeline: Pipeline, identity: str) -> str:
    address = pipeline.ledger.pending_address(identity)
    if address is None:
        return "nothing to do: finished meanwhile"
    return submit(pipeline, address[1], f"sweep-{pipeline.clock().timestamp():.0f}")


def _ask(pipeline: Pipeline, identity: str, story: Story, now: datetime) -> str:
    submitted = story.submitted_at or now
    if now - submitted < timedelta(seconds=pipeline.settings.callback_seconds):
        return "waiting: submitted"
    try:
        outcome = collect(pipeline, story.job_id)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return fail(pipeline, identity, story.generation, "understand", f"the service no longer knows job {story.job_id}")
    overdue = now - submitted > timedelta(seconds=pipeline.settings.job_deadline_seconds)
    if overdue and outcome.startswith("nothing to do yet"):
        return fail(pipeline, identity, story.generation, "understand", f"job {story.job_id} did not finish in time")
    return outcome
