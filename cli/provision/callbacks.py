"""The topic that the pipeline tells of its jobs' ends.

The binding is made with UpdatePipeline of MPS; the operation of that name of IMS has no parameter for it. SetEventCallback of IMS is left
alone: there is one for a whole region, and smart tag jobs are no event of its.
"""

from __future__ import annotations

import json

from cli.provision.making import Work
from cli.provision.pipelines import MPS_VERSION, Pipeline, pipeline_of

ROLE = "AliyunMTSDefaultRole"
"""What MPS writes to the topic with. It is made in the console of MPS, where that asks to be authorized."""


def callbacks(work: Work) -> str:
    """The pipeline's id; empty where there is none and none may be made. Raises CommandError for one that is set and is not there."""
    pipeline = pipeline_of(work)
    if pipeline is None:
        return ""
    _bind(work, pipeline)
    if pipeline.state == "Paused":
        work.tell("pipeline", pipeline.name, "left", "it is paused: jobs wait in it", "activate it in the console of MPS")
    return pipeline.id


def _bind(work: Work, pipeline: Pipeline) -> None:
    target, topic = work.target, work.target.names.topic
    if target.understanding_region != target.region:
        note = f"jobs run in {target.understanding_region}, the topic is in {target.region}: no pipeline tells a topic of another region"
        work.tell("callback", topic, "left", note, "nothing to mend: `sweep` asks for the ends of such jobs by itself")
    elif pipeline.binding is None:
        fix = "name the one that smart tag jobs wait in with --pipeline; until then `sweep` asks for their ends"
        work.tell("callback", topic, "left", f"IMS lists the pipeline {pipeline.id}, and MPS does not know it", fix)
    elif not pipeline.binding:
        work.tell("callback", topic, "made" if work.acts else "would make")
        if work.acts:
            _update(work, pipeline)
    else:
        work.tell("callback", topic, "found")
        if pipeline.binding != {"Topic": topic}:
            _rebind(work, pipeline)


def _rebind(work: Work, pipeline: Pipeline) -> None:
    whom = ", ".join(f"{kind} {name}" for kind, name in (pipeline.binding or {}).items())
    taking, apart = work.command("--change", "callback"), work.command("--pipeline", "NAME")
    fix = f"{taking} takes it from there; {apart} makes a pipeline of that name"
    work.change(f"the pipeline tells {whom}", fix, "callback" in work.wanted.change, lambda: _update(work, pipeline))


def _update(work: Work, pipeline: Pipeline) -> None:
    """Name and state are required, and stay as they are."""
    parameters = {
        "PipelineId": pipeline.id,
        "Name": pipeline.name,
        "State": pipeline.state or "Active",
        "NotifyConfig": json.dumps({"Topic": work.target.names.topic}, separators=(",", ":")),
        "Role": pipeline.role or ROLE,
    }
    work.target.mps().call("UpdatePipeline", parameters, version=MPS_VERSION)
