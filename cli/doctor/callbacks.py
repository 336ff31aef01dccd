"""How news of jobs comes home, from a pipeline to a topic; and the queue of what failed on the way."""

from __future__ import annotations

from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from sightline.errors import ServiceRefused
from sightline.ims.answers import Json, as_text, objects


@check(credentials)
def callback_topic(site: Site) -> Finding:
    """The topic of the jobs' news exists."""
    name = site.target.names.topic
    try:
        site.messages.topic(name)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return failed(f"there is no topic {name}", f"{site.mend.stack}; without it, the sweep has to ask for every job")
    return passed(name)


@check(credentials)
def pipeline(site: Site) -> Finding:
    """The pipeline of smart tag and production jobs is active, and tells its news to our topic."""
    target, topic = site.target, site.target.names.topic
    if target.understanding_region != target.region:
        away = f"jobs run in {target.understanding_region}, and no pipeline tells a topic of {target.region}: the sweep has to ask for each"
        return warned(away, f"set SIGHTLINE_IMS_ENDPOINT to {target.region}'s, if smart tags are there; then {site.mend.deploy}")
    identity = _pipeline_id(site)
    told = site.mps("QueryPipelineList", PipelineIds=identity).get("PipelineList")
    found = next(iter(objects(told.get("Pipeline") if isinstance(told, dict) else None)), None)
    if found is None:
        return failed(
            f"there is no pipeline {identity}",
            site.mend.provision_and_set("SIGHTLINE_PIPELINE_ID"),
        )
    if as_text(found.get("State")) != "Active":
        return failed(f"pipeline {identity} is {as_text(found.get('State'))}: jobs wait in it", site.mend.change("pipeline"))
    bound = _bound(found)
    if bound != f"topic {topic}":
        return failed(
            f"pipeline {identity} tells its news to {bound or 'nobody'}, not to topic {topic}",
            site.mend.change("callback") if bound else site.mend.provision,
        )
    return passed(f"{identity} tells topic {topic}")


def _pipeline_id(site: Site) -> str:
    """The one that is set, else the account's first, which jobs without a pipeline go into."""
    chosen = site.target.settings.get("SMARTTAG_PIPELINE_ID", "")
    if chosen:
        return chosen
    first: Json = next(iter(objects(site.ims("ListPipelines").get("PipelineList"))), {})
    return as_text(first.get("PipelineId"))


def _bound(pipeline: Json) -> str:
    config = pipeline.get("NotifyConfig")
    told = config if isinstance(config, dict) else {}
    for kind, field in (("topic", "Topic"), ("queue", "QueueName")):
        if told.get(field):
            return f"{kind} {as_text(told[field])}"
    return ""


@check(credentials)
def dead_queue(site: Site) -> Finding:
    """The queue of failed events exists, and nothing waits in it."""
    name = site.target.names.dead_queue
    try:
        attributes = site.messages.queue(name)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return failed(f"there is no queue {name}: events whose retries are used up are lost", site.mend.stack)
    counts = [attributes.get(count, "") for count in ("ActiveMessages", "InactiveMessages", "DelayMessages")]
    if not all(count.isdecimal() for count in counts):
        # The SDK warns that the counts are going away.
        return unknown(f"{name} is there, and MNS does not tell how much waits in it")
    waiting = sum(map(int, counts))
    if waiting:
        return warned(f"{waiting} failed events wait in {name} for the next sweep", f"{site.mend.sweep}, which makes letters of them")
    return passed(f"{name} is empty")


CHECKS = (callback_topic, pipeline, dead_queue)
