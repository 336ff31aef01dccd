"""The topic that the pipeline tells of its jobs' ends.

The binding is made with UpdatePipeline of MPS; the operation of that name of IMS has no parameter for it. SetEventCallback of IMS is left
alone: there is one for a whole region, and smart tag jobs are no event of its.
"""

from __future__ import annotations

import json
from functools import partial

from cli.deployment.target import MPS_VERSION
from cli.provision.making import Work
from cli.provision.pipelines import Pipeline, pipeline_of
from cli.provision.report import Item

ROLE = "AliyunMTSDefaultRole"
"""What MPS writes to the topic with. It is made in the console of MPS, where that asks to be authorized."""


def callbacks(work: Work) -> str:
    """The pipeline's id; empty where there is none and none may be made. Raises CommandError for one that is set and is not there."""
    pipeline = pipeline_of(work)
    if pipeline is None:
        return ""
    work.tell(_bound(work, pipeline))
    if pipeline.state == "Paused":
        work.tell(_activated(work, pipeline))
    return pipeline.id


def _activated(work: Work, pipeline: Pipeline) -> Item:
    fix = f"{work.command('--change', 'pipeline')} activates it"
    parameters = {"PipelineId": pipeline.id, "Name": pipeline.name, "State": "Active"}
    activate = partial(work.target.mps().call, "UpdatePipeline", parameters, version=MPS_VERSION)
    return work.change(Item("pipeline", pipeline.name, "found"), "it is paused: jobs wait in it", fix, "pipeline", activate)


def _bound(work: Work, pipeline: Pipeline) -> Item:
    target, topic = work.target, work.target.names.topic
    if target.understanding_region != target.region:
        note = f"jobs run in {target.understanding_region}, the topic is in {target.region}: no pipeline tells a topic of another region"
        return Item("callback", topic, "left", note, "nothing to mend: `sweep` asks for the ends of such jobs by itself")
    if pipeline.binding is None:
        fix = "name the one that smart tag jobs wait in with --pipeline; until then `sweep` asks for their ends"
        return Item("callback", topic, "left", f"IMS lists the pipeline {pipeline.id}, and MPS does not know it", fix)
    if pipeline.binding == {"Topic": topic}:
        return Item("callback", topic, "found")
    if pipeline.binding:
        return _rebound(work, pipeline, ", ".join(f"{kind} {name}" for kind, name in pipeline.binding.items()))
    if not work.acts:
        return Item("callback", topic, "would make")
    _update(work, pipeline)
    return Item("callback", topic, "made")


def _rebound(work: Work, pipeline: Pipeline, whom: str) -> Item:
    taking, apart = work.command("--change", "callback"), work.command("--pipeline", "NAME")
    fix = f"{taking} takes it from there; {apart} makes a pipeline of that name"
    item = Item("callback", work.target.names.topic, "found")
    return work.change(item, f"the pipeline tells {whom}", fix, "callback", partial(_update, work, pipeline))


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
