"""What starts the functions, beside what s.yaml says."""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployment.function_compute import DeployedTrigger
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown
from cli.doctor.functions import functions, said
from cli.doctor.site import Site
from cli.plan import declared, deployed
from cli.plan.changes import differences
from localcloud.fc.project.project import Function
from localcloud.fc.project.trigger import AnyTrigger

PATIENT = "EXPONENTIAL_DECAY_RETRY"
"""176 tries over a day; BACKOFF_RETRY, the default, makes three within a minute."""


@check(functions)
def oss_trigger(site: Site) -> Finding:
    """Uploads trigger their function: the bucket, the events and the prefix are those of s.yaml."""
    return _triggered(site, "oss", site.mend.deploy)


@check(functions)
def topic_trigger(site: Site) -> Finding:
    """The topic triggers its function, and tries for a day to reach it."""
    return _triggered(site, "mns_topic", site.mend.topic_trigger)


@check(functions)
def timer_trigger(site: Site) -> Finding:
    """The sweep's timer is on."""
    return _triggered(site, "timer", site.mend.deploy)


@check(functions)
def http_trigger(site: Site) -> Finding:
    """The search page has its address, open to those that s.yaml says."""
    return _triggered(site, "http", site.mend.deploy)


def _triggered(site: Site, kind: str, fix: str) -> Finding:
    named, problems = [], []
    for function, wanted in _declared(site, kind):
        found = _deployed(site, function).get(wanted.trigger_name)
        name = f"{wanted.trigger_name} of {function.function_name}"
        different = ["is not deployed"] if found is None else list(_problems(wanted, found))
        problems += [f"{name}: {', '.join(different)}"] if different else []
        named.append(name)
    if problems:
        return failed("; ".join(problems), fix)
    return passed(", ".join(named)) if named else unknown("s.yaml declares none")


def _problems(wanted: AnyTrigger, found: DeployedTrigger) -> Iterator[str]:
    kind = wanted.trigger_type
    ours, theirs = declared.of_trigger(wanted), deployed.of_trigger(found)
    changes = differences(ours, theirs, declared.trigger_defaults(kind), declared.trigger_owned(kind))
    yield from (said(one) for one in changes if one.field != "description")
    # Whatever s.yaml says.
    if kind == "mns_topic" and ours.get("triggerConfig.notifyStrategy") != PATIENT:
        yield f"triggerConfig.notifyStrategy is not {PATIENT} in s.yaml either: what is down for a minute loses news"
    # No document lists the states; the SDK's model has the field, and a trigger at work shows ACTIVE or none.
    if found.status.upper() not in ("", "ACTIVE"):
        yield f"it is {found.status}"


def _declared(site: Site, kind: str) -> list[tuple[Function, AnyTrigger]]:
    return [(one, trigger) for one in site.functions for trigger in one.triggers if trigger.trigger_type == kind]


def _deployed(site: Site, function: Function) -> dict[str, DeployedTrigger]:
    return {one.trigger_name: one for one in site.function_compute.list_triggers(function.function_name)}


CHECKS = (oss_trigger, topic_trigger, timer_trigger, http_trigger)
