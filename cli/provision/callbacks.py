"""The pipeline that jobs wait in, and the topic that it tells of their ends.

A binding is made with UpdatePipeline of MPS (2014-06-18) and read with its QueryPipelineList; IMS's operations of pipelines know nothing of
it. That both services mean the same pipelines by an id is what their documents imply, and nothing that was tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.errors import NOT_FOUND, CommandError
from cli.provision.making import Work
from sightline.ims.answers import Json, as_text, objects

MPS_VERSION = "2014-06-18"
MOST_QUERIED = 10
"""Pipelines that one QueryPipelineList takes."""
ROLE = "AliyunMTSDefaultRole"
"""What the service writes to the topic with: made when somebody grants MPS its access in the console, with a right to publish."""
# Those for smart tags by name (AddPipeline of MPS, ALIYUN::MPS::Pipeline), then the kind that the service makes by itself.
_SPEEDS = ("AIVideoTag", "AIVideoMCU", "Standard")
_TARGETS = ("Topic", "QueueName", "MqTopic")


def callbacks(work: Work) -> str:
    """The pipeline's id; empty where there is none and none may be made. Raises CommandError for one that was named and is not there."""
    bound = _pipelines(work)
    pipeline = _named(work, bound) if _wanted(work) else _chosen(work, bound)
    if pipeline is None:
        return ""
    _bind(work, pipeline)
    return str(pipeline["Id"])


def _wanted(work: Work) -> str:
    return work.wanted.pipeline or work.target.settings.get("SMARTTAG_PIPELINE_ID", "")


def _pipelines(work: Work) -> list[Json]:
    """Of the account in the region, each with its binding."""
    listed = objects(work.target.ims().call("ListPipelines", {}).get("PipelineList"))
    ids = [str(item["PipelineId"]) for item in listed if item.get("PipelineId")]
    bound: list[Json] = []
    for start in range(0, len(ids), MOST_QUERIED):
        asked = {"PipelineIds": ",".join(ids[start : start + MOST_QUERIED])}
        answer = work.target.mps().call("QueryPipelineList", asked, version=MPS_VERSION)
        bound += objects((answer.get("PipelineList") or {}).get("Pipeline"))
    return bound


def _named(work: Work, pipelines: Sequence[Json]) -> Json | None:
    """The pipeline of that id; else the one of that name, which is made where there is none."""
    wanted = _wanted(work)
    by_id = next((item for item in pipelines if item.get("Id") == wanted), None)
    if by_id is not None or wanted == work.target.settings.get("SMARTTAG_PIPELINE_ID"):
        if by_id is None:
            known = ", ".join(f"{as_text(item.get('Id'))} ({as_text(item.get('Name'))})" for item in pipelines) or "none"
            raise CommandError(
                f"there is no pipeline {wanted}, which SIGHTLINE_PIPELINE_ID names", f"unset it, or use one of: {known}", NOT_FOUND
            )
        work.tell("pipeline", as_text(by_id.get("Name")), "found", f"id {wanted}")
        return by_id

    def make() -> Json:
        made = work.target.ims().call("CreatePipeline", {"Name": wanted, "Speed": "Standard"}, again=False)["Pipeline"]
        return {"Id": made["PipelineId"], "Name": made["Name"], "State": made["Status"]}

    found = work.ensure("pipeline", wanted, lambda: next((item for item in _pipelines(work) if item.get("Name") == wanted), None), make)
    if found is not None:
        work.note(f"id {found['Id']}")
    return found


def _chosen(work: Work, pipelines: Sequence[Json]) -> Json | None:
    """One that is bound to our topic; else one for smart tags, else a standard one, the first in the service's order."""
    if not pipelines:
        fix = "open the console of ApsaraVideo Media Processing in this region once, which makes one, or name one with --pipeline"
        work.tell("pipeline", "", "missing", "the account has none here", fix)
        return None

    def rank(item: Json) -> tuple[bool, int]:
        speed = as_text(item.get("Speed"))
        return _binding(item) != {"Topic": work.target.names.topic}, _SPEEDS.index(speed) if speed in _SPEEDS else len(_SPEEDS)

    chosen = min(pipelines, key=rank)
    others = len(pipelines) - 1
    work.tell("pipeline", as_text(chosen.get("Name")), "found", f"id {chosen['Id']}{f'; {others} others' if others else ''}")
    return chosen


def _binding(pipeline: Json) -> dict[str, str]:
    config = pipeline.get("NotifyConfig")
    return {key: as_text(config[key]) for key in _TARGETS if config.get(key)} if isinstance(config, dict) else {}


def _bind(work: Work, pipeline: Json) -> None:
    target, bound = work.target, _binding(pipeline)
    if target.understanding_region != target.region:
        note = f"jobs run in {target.understanding_region}, the topic is in {target.region}: no pipeline tells a topic of another region"
        work.tell("callback", target.names.topic, "left", note, "nothing to mend: `sweep` asks for the ends of such jobs by itself")
        return
    if bound == {"Topic": target.names.topic}:
        work.tell("callback", target.names.topic, "found")
    elif not bound:
        work.tell("callback", target.names.topic, "made" if work.acts else "would make")
        if work.acts:
            _update(work, pipeline)
    else:
        work.tell("callback", target.names.topic, "found")
        whom = ", ".join(f"{key} {name}" for key, name in bound.items())
        taking, apart = work.command("--change", "callback"), work.command("--pipeline", "NAME")
        fix = f"{taking} takes it from there; {apart} makes a pipeline of that name"
        work.change(f"the pipeline tells {whom}", fix, "callback" in work.wanted.change, lambda: _update(work, pipeline))
    if as_text(pipeline.get("State")) == "Paused":
        work.note("the pipeline is paused: jobs wait in it until somebody activates it", "activate it in the console of MPS", "left")


def _update(work: Work, pipeline: Mapping[str, Any]) -> None:
    """Name and state are required, and stay as they are."""
    parameters = {
        "PipelineId": str(pipeline["Id"]),
        "Name": as_text(pipeline.get("Name")),
        "State": as_text(pipeline.get("State")) or "Active",
        "NotifyConfig": json.dumps({"Topic": work.target.names.topic}, separators=(",", ":")),
        "Role": as_text(pipeline.get("Role")) or ROLE,
    }
    work.target.mps().call("UpdatePipeline", parameters, version=MPS_VERSION)
