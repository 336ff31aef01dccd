"""What starts the functions, beside what s.yaml says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from cli.deployment.function_compute import DeployedTrigger
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown
from cli.doctor.functions import functions
from cli.doctor.site import Site
from localcloud.fc.project.project import Function
from localcloud.fc.project.trigger import HttpTrigger, MnsTopicTrigger, OssTrigger, TimerTrigger, Trigger

PATIENT = "EXPONENTIAL_DECAY_RETRY"
"""176 tries over a day; BACKOFF_RETRY, the default, makes three within a minute."""

Kind = TypeVar("Kind", bound=Trigger)


@check(functions)
def oss_trigger(site: Site) -> Finding:
    """Uploads trigger their function: the bucket, the events and the prefix are those of s.yaml."""
    return _triggered(site, OssTrigger, _oss_differences)


def _oss_differences(wanted: OssTrigger, found: DeployedTrigger) -> Iterator[str]:
    config = found.trigger_config
    if found.source_arn != wanted.source_arn:
        yield f"watches {found.source_arn}, not {wanted.source_arn}"
    if set(config.get("events", [])) != set(wanted.trigger_config.events):
        yield "its events are not those of s.yaml"
    key = (config.get("filter") or {}).get("key") or {}
    if (key.get("prefix") or "", key.get("suffix") or "") != (wanted.key.prefix, wanted.key.suffix):
        yield f"watches {key.get('prefix') or 'everything'}, not {wanted.key.prefix}"
    yield from _status(found)


@check(functions)
def topic_trigger(site: Site) -> Finding:
    """The topic triggers its function, and tries for a day to reach it."""
    return _triggered(site, MnsTopicTrigger, _topic_differences, site.mend.topic_trigger)


def _topic_differences(wanted: MnsTopicTrigger, found: DeployedTrigger) -> Iterator[str]:
    if not found.source_arn.endswith(f"/topics/{wanted.topic}"):
        yield f"listens to {found.source_arn or 'nobody'}, not to topic {wanted.topic}"
    strategy = found.trigger_config.get("notifyStrategy", "BACKOFF_RETRY")
    if strategy != PATIENT:
        yield f"tries as {strategy}, which gives up after a minute, not as {PATIENT}"
    if found.trigger_config.get("notifyContentFormat", "STREAM") != wanted.trigger_config.notify_content_format:
        yield f"its messages are {found.trigger_config.get('notifyContentFormat')}, not {wanted.trigger_config.notify_content_format}"
    yield from _status(found)


@check(functions)
def timer_trigger(site: Site) -> Finding:
    """The sweep's timer is on."""
    return _triggered(site, TimerTrigger, _timer_differences)


def _timer_differences(wanted: TimerTrigger, found: DeployedTrigger) -> Iterator[str]:
    if found.trigger_config.get("enable", True) is not True:
        yield "is switched off"
    if found.trigger_config.get("cronExpression") != wanted.trigger_config.cron_expression:
        yield f"fires {found.trigger_config.get('cronExpression')}, not {wanted.trigger_config.cron_expression}"
    yield from _status(found)


@check(functions)
def http_trigger(site: Site) -> Finding:
    """The search page has its address, open to those that s.yaml says."""
    return _triggered(site, HttpTrigger, _http_differences)


def _http_differences(wanted: HttpTrigger, found: DeployedTrigger) -> Iterator[str]:
    if found.trigger_config.get("authType") != wanted.trigger_config.auth_type:
        yield f"lets in by {found.trigger_config.get('authType')}, not by {wanted.trigger_config.auth_type}"
    if set(found.trigger_config.get("methods", [])) != set(wanted.trigger_config.methods):
        yield "its methods are not those of s.yaml"
    yield from _status(found)


def _status(found: DeployedTrigger) -> Iterator[str]:
    # No document lists the states; the SDK's model has the field, and a trigger at work shows ACTIVE or none.
    if found.status.upper() not in ("", "ACTIVE"):
        yield f"is {found.status}"


def _triggered(site: Site, kind: type[Kind], differences: Callable[[Kind, DeployedTrigger], Iterator[str]], fix: str = "") -> Finding:
    named, problems = [], []
    for function, wanted in _declared(site, kind):
        found = _deployed(site, function).get(wanted.trigger_name)
        name = f"{wanted.trigger_name} of {function.function_name}"
        different = ["is not deployed"] if found is None else list(differences(wanted, found))
        problems += [f"{name} {', '.join(different)}"] if different else []
        named.append(name)
    if problems:
        return failed("; ".join(problems), fix or site.mend.deploy)
    return passed(", ".join(named)) if named else unknown("s.yaml declares none")


def _declared(site: Site, kind: type[Kind]) -> list[tuple[Function, Kind]]:
    return [(one, trigger) for one in site.functions for trigger in one.triggers if isinstance(trigger, kind)]


def _deployed(site: Site, function: Function) -> dict[str, DeployedTrigger]:
    return {one.trigger_name: one for one in site.function_compute.list_triggers(function.function_name)}


CHECKS = (oss_trigger, topic_trigger, timer_trigger, http_trigger)
