"""What nobody has attended to: dead letters, and sweeps that did not come."""

from __future__ import annotations

from datetime import timedelta

from cli.doctor.buckets import state_bucket
from cli.doctor.check import check
from cli.doctor.finding import Finding, passed, unknown, warned
from cli.doctor.site import Site
from cli.doctor.triggers import timer_trigger
from localcloud.fc.project.trigger import TimerTrigger
from localcloud.fc.triggers.schedule import Schedule

DEAD, RETRYING, SWEPT = "letters/dead/", "letters/retrying/", "sweep/"
"""Where the functions keep letters (`sightline.letters`) and the cursors that each sweep writes (`sightline.pipeline.cursor`)."""
MISSED = 3
"""So many turns without a trace, and the sweep counts as not running; a sweep may take longer than a turn."""


@check(state_bucket)
def dead_letters(site: Site) -> Finding:
    """No event waits for a person."""
    dead, retrying = (_count(site, prefix) for prefix in (DEAD, RETRYING))
    if dead != "0":
        return warned(f"{dead} dead, {retrying} tried again by the sweep", site.mend.dead_letters)
    return passed(f"none dead, {retrying} tried again by the sweep")


def _count(site: Site, prefix: str) -> str:
    count, is_all = site.buckets.count(site.target.names.state_bucket, prefix)
    return f"{count}" if is_all else f"{count} or more"


@check(state_bucket, timer_trigger)
def sweep(site: Site) -> Finding:
    """The sweep has come in its last turns."""
    turn = _turn(site)
    written = site.buckets.newest(site.target.names.state_bucket, SWEPT)
    if written is None:
        return unknown("no sweep has left a trace in the state bucket yet", f"wait for the timer, or {site.mend.sweep}")
    ago = max(site.clock() - written, timedelta(0))
    found = f"the last one {ago.total_seconds() / 60:.0f} min ago"
    if turn is None:
        return unknown(f"{found}; the timer of s.yaml has no fixed interval to compare it with")
    if ago > MISSED * turn:
        return warned(f"{found}, and the timer says every {turn.total_seconds() / 60:.0f} min", f"{site.mend.sweep}, and look at its log")
    return passed(found)


def _turn(site: Site) -> timedelta | None:
    """Between two turns of the timer; None for one that goes by the calendar."""
    for trigger in (trigger for one in site.functions for trigger in one.triggers):
        if isinstance(trigger, TimerTrigger):
            seconds = Schedule.parse(trigger.trigger_config.cron_expression).every
            return timedelta(seconds=seconds) if seconds else None
    return None


CHECKS = (dead_letters, sweep)
