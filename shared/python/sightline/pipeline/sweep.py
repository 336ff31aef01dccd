"""What a lost message left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sightline.errors import ServiceRefused, SightlineError, UnusableAnswer
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG, Story
from sightline.pipeline.advance import advance
from sightline.pipeline.audit import find_lost_uploads
from sightline.pipeline.collect import collect, index_deadline
from sightline.pipeline.endings import CHANGED, close, fail, settle
from sightline.pipeline.home import Home
from sightline.pipeline.index import index, reopen
from sightline.pipeline.job_round import JobRound
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.ports import Pipeline, Report
from sightline.pipeline.reclaim import reclaim
from sightline.pipeline.submit import submit

WALK_SECONDS = 15
"""What each sweep has at least for the walks over what was ever uploaded."""
TROUBLES = 3
"""After so many media in a row that a service did not answer for, the others are left to the next sweep: it has enough to do."""


@dataclass
class SweepReport:
    """What was done to whom; `errors` did not hold up the others and are tried again at the next sweep. `left` says why it ended early."""

    done: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left: str = ""


def sweep(pipeline: Pipeline, report_error: Report) -> SweepReport:
    """Look at every pending media once, and take the next step of each that has waited too long; then let the waiting line move on.

    All of them together wait for index jobs as long as one callback may, so that slow ones do not hold up the rest.
    """
    sweeper = _Sweeper(pipeline, report_error)
    sweeper.part("slots", lambda: reclaim(pipeline, sweeper.attempt))
    sweeper.part("pending media", sweeper.attend_to_all)
    sweeper.part("waiting line", lambda: _drain(pipeline))
    sweeper.part("budgets", pipeline.line.budget.forget_past_days)
    # Also where pending media took all the time: what they are about may be what is lost.
    until = max(sweeper.end, pipeline.clock() + timedelta(seconds=WALK_SECONDS))
    sweeper.part("lost uploads", lambda: find_lost_uploads(pipeline, sweeper.attempt, until))
    sweeper.part("orphans", lambda: find_orphans(pipeline, sweeper.attempt, until))
    return sweeper.report


class _Sweeper:
    def __init__(self, pipeline: Pipeline, report_error: Report) -> None:
        self._pipeline = pipeline
        self._report_error = report_error
        self.report = SweepReport()
        self.end = pipeline.clock() + timedelta(seconds=pipeline.settings.sweep_seconds)

    def part(self, name: str, act: Callable[[], Mapping[str, str] | None]) -> bool:
        """Whether trying again may not help: one part's, or one media's, surprise must not cost the others their turn."""
        try:
            self.report.done |= act() or {}
        except Exception as error:  # noqa: BLE001 - whatever it is, the others' turn comes, at every sweep
            self._report_error(name, error)
            self.report.errors[name] = f"{type(error).__name__}: {error}"
            return not (isinstance(error, SightlineError) and error.retryable)
        return True

    def attempt(self, name: str, act: Callable[[], str]) -> bool:
        """For one media. What it answers is reported unless it is empty."""

        def one() -> Mapping[str, str]:
            said = act()
            return {name: said} if said else {}

        return self.part(name, one)

    def attend_to_all(self) -> None:
        pipeline = self._pipeline
        until = index_deadline(pipeline)
        jobs = JobRound(pipeline, until)
        troubles = 0
        for identity in _from_anywhere(pipeline):
            if pipeline.clock() >= self.end or troubles == TROUBLES:
                self.report.left = "no more time" if troubles < TROUBLES else f"{TROUBLES} media in a row got no answer"
                break
            well = self.attempt(identity, partial(_attend, pipeline, identity, until, jobs))
            troubles = 0 if well else troubles + 1
        self.part("jobs in batches", jobs.submit_waiting)


def _from_anywhere(pipeline: Pipeline) -> Iterator[str]:
    """All pending media, beginning anywhere among them: a sweep that is cut short does not always leave the same ones."""
    start = pipeline.chance.randbytes(16).hex()
    yield from pipeline.ledger.pending(after=start)
    for identity in pipeline.ledger.pending():
        if identity > start:
            return
        yield identity


def _drain(pipeline: Pipeline) -> dict[str, str]:
    """Let the line move on; a short pause is waited for, since perhaps nothing runs whose end would start the next."""
    until = pipeline.clock() + timedelta(seconds=pipeline.settings.drain_seconds)
    done: dict[str, str] = {}
    while True:
        done |= advance(pipeline)
        outlook = pipeline.line.look()
        if not outlook.anyone_waits or outlook.pause is None or not pipeline.line.is_paused(outlook) or outlook.pause.until > until:
            return done
        pipeline.sleep((outlook.pause.until - pipeline.clock()).total_seconds())


def _attend(pipeline: Pipeline, identity: str, until: datetime, jobs: JobRound) -> str:
    journal = pipeline.ledger.read(identity)
    if journal.story.bucket not in ("", pipeline.media_bucket.name):
        return f"left: of bucket {journal.story.bucket}, which is not the media bucket"
    outcome = _next_step(pipeline, journal, until)
    if outcome != CHANGED and journal.story.open_jobs:
        outcome = "; ".join(filter(None, [outcome, jobs.attend(identity)]))
    # The event of what is there now may have been lost; if it was not, the claim is taken.
    return _submit(pipeline, identity) if outcome.endswith(CHANGED) else outcome


def _next_step(pipeline: Pipeline, journal: Journal, until: datetime) -> str:
    now, identity, story = pipeline.clock(), journal.media_id, journal.story
    match story.stage:
        case "unknown" | "uploaded":
            return _submit(pipeline, identity)
        case "removed" | "forgotten":
            # The object may be back, and its event lost.
            outcome = _submit(pipeline, identity)
            return _close(pipeline, journal) if outcome == "removed" else outcome
        case "claimed":
            lapsed = story.claim_until is not None and story.claim_until <= now
            return _submit(pipeline, identity) if lapsed else "waiting: claimed"
        case "submitted":
            return _ask(pipeline, identity, story, now, until)
        case "understood" | "inserted":
            return _go_on_indexing(pipeline, journal, now, until)
        case "untagged":
            return ""  # it has failed unless one of its jobs tells something
        case "searchable" if story.open_jobs and story.contested_since is None:
            return ""  # found already, and some of its jobs have more to tell
        case _:
            return _close(pipeline, journal)


def _close(pipeline: Pipeline, journal: Journal) -> str:
    """A marker of what has ended: a crash left it, or somebody may be late."""
    identity, story = journal.media_id, journal.story
    if story.contested_since is None:
        close(pipeline, journal)
        return f"cleared: {story.stage}"
    if not _is_over(story.contested_since, pipeline.settings.longest_invocation_seconds, pipeline.clock()):
        return f"waiting: {story.stage}, and earlier content may still be inserted by somebody who is late"
    if story.stage == "searchable":
        return reopen(pipeline, identity, story, "earlier content may have been inserted by somebody who was late")
    return settle(pipeline, journal)


def _is_over(since: datetime, seconds: float, now: datetime) -> bool:
    return now - since > timedelta(seconds=seconds)


def _submit(pipeline: Pipeline, identity: str) -> str:
    address = pipeline.ledger.pending_address(identity)
    return "nothing to do: finished meanwhile" if address is None else submit(pipeline, address[1], None)


def _go_on_indexing(pipeline: Pipeline, journal: Journal, now: datetime, until: datetime) -> str:
    identity, story = journal.media_id, journal.story
    overdue = _is_over(story.since or now, pipeline.settings.index_deadline_seconds, now)
    try:
        outcome = index(pipeline, identity, story.generation, until, journal)
    except UnusableAnswer as error:
        if not overdue:
            raise
        return fail(pipeline, identity, story.generation, "index", str(error))
    if outcome.startswith("inserted") and overdue:
        return fail(pipeline, identity, story.generation, "index", "the search library did not index the media in time")
    return outcome


def _ask(pipeline: Pipeline, identity: str, story: Story, now: datetime, until: datetime) -> str:
    submitted = story.submitted_at or now
    if now - submitted < timedelta(seconds=pipeline.settings.callback_seconds):
        return "waiting: submitted"
    overdue = _is_over(submitted, pipeline.settings.deadline_seconds(story.kind), now)
    try:
        outcome = collect(pipeline, story.job_id, lambda: until, Home(identity, story.generation, SMARTTAG))
    except UnusableAnswer as error:
        if error.retryable and not overdue:
            raise
        return fail(pipeline, identity, story.generation, "understand", str(error))
    except ServiceRefused as error:
        if not error.missing:
            raise
        return fail(pipeline, identity, story.generation, "understand", f"the service no longer knows job {story.job_id}")
    if outcome.startswith("nothing to do yet") and overdue:
        return fail(pipeline, identity, story.generation, "understand", f"job {story.job_id} did not finish in time ({outcome})")
    return outcome
