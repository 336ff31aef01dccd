"""The pipelines that jobs wait in, and which of them is ours.

IMS lists them, and ApsaraVideo Media Processing (MPS, 2014-06-18) tells what each is bound to. That both mean the same pipeline by an id is
what their documents imply, and nothing that was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cli.deployment.target import MPS_VERSION, Target
from cli.errors import NOT_FOUND, CommandError
from cli.provision.making import Work, listed, told
from cli.provision.report import Item
from sightline.ims.answers import Json, as_text, decode_data
from sightline.untrusted import plain

MOST_QUERIED = 10
"""Pipelines that one QueryPipelineList takes."""
# Those for smart tags by name (AddPipeline of MPS, ALIYUN::MPS::Pipeline), then the kind that the service makes by itself.
_SPEEDS = ("AIVideoTag", "AIVideoMCU", "Standard")
LONGEST_SHOWN = 120
_TARGETS = ("Topic", "QueueName", "MqTopic")


@dataclass(frozen=True)
class Pipeline:
    """`binding` is what it tells its jobs' news, empty where that is nothing; None where MPS does not know the pipeline."""

    id: str
    name: str
    speed: str
    state: str
    role: str
    binding: Mapping[str, str] | None


def pipeline_of(work: Work) -> Pipeline | None:
    """None where there is none and none may be made. Raises CommandError for an id that is set and is not there."""
    chosen, configured = work.wanted.pipeline, work.target.settings.get("SMARTTAG_PIPELINE_ID", "")
    there = list(_there(work.target))
    by_id = next((one for one in there if one.id == (chosen or configured)), None)
    if by_id is not None:
        work.tell(Item("pipeline", by_id.name, "found", f"id {by_id.id}"))
        return by_id
    if chosen:
        return _named(work, chosen)
    if configured:
        known = ", ".join(f"{one.id} ({one.name})" for one in there) or "there is none"
        problem = f"there is no pipeline {configured}, which SIGHTLINE_PIPELINE_ID names"
        raise CommandError(problem, f"unset it, or use one of these: {known}", NOT_FOUND)
    return _best(work, there)


def _named(work: Work, name: str) -> Pipeline | None:
    def find() -> Pipeline | None:
        return next((one for one in _there(work.target) if one.name == name), None)

    def make() -> Pipeline:
        answer = work.target.ims().call("CreatePipeline", {"Name": name, "Speed": "Standard"}, again=False)
        identity = told(answer, "CreatePipeline", "Pipeline", "PipelineId")
        return Pipeline(identity, name, "Standard", "Active", "", {})

    found, item = work.ensure("pipeline", name, find, make)
    work.tell(replace(item, note=f"id {found.id}" if found else ""))
    return found


def _best(work: Work, there: list[Pipeline]) -> Pipeline | None:
    """One that is bound to our topic; else one for smart tags, else a standard one, the first in the service's order."""
    if not there:
        fix = (
            f"open the console of MPS in {work.target.understanding_region} once, which makes one, or {work.command('--pipeline', 'NAME')}"
        )
        work.tell(Item("pipeline", "of any name", "missing", "the account has none here", fix))
        return None

    def rank(one: Pipeline) -> tuple[bool, int]:
        return one.binding != {"Topic": work.target.names.topic}, _SPEEDS.index(one.speed) if one.speed in _SPEEDS else len(_SPEEDS)

    best, others = min(there, key=rank), len(there) - 1
    work.tell(Item("pipeline", best.name, "found", f"id {best.id}{f'; there are {others} others' if others else ''}"))
    return best


def _there(target: Target) -> Iterator[Pipeline]:
    pipelines = listed(target.ims().call("ListPipelines", {}), "ListPipelines", "PipelineId", "PipelineList")
    for start in range(0, len(pipelines), MOST_QUERIED):
        some = pipelines[start : start + MOST_QUERIED]
        asked = {"PipelineIds": ",".join(str(item["PipelineId"]) for item in some)}
        answer = target.mps().call("QueryPipelineList", asked, version=MPS_VERSION)
        known = {as_text(item["Id"]): item for item in listed(answer, "QueryPipelineList", "Id", "PipelineList", "Pipeline")}
        yield from (_pipeline(item, known.get(str(item["PipelineId"]))) for item in some)


def _pipeline(shown: Json, bound: Json | None) -> Pipeline:
    """Of what IMS lists and MPS tells; the binding is known to the latter alone."""
    return Pipeline(
        id=str(shown["PipelineId"]),
        name=as_text(shown.get("Name")),
        speed=as_text(shown.get("Speed")),
        state=as_text((bound or {}).get("State") or shown.get("Status")),
        role=as_text((bound or {}).get("Role")),
        binding=None if bound is None else _binding(decode_data(bound.get("NotifyConfig"))),
    )


def _binding(config: Any) -> dict[str, str]:
    """What can't be read counts as somebody's all the same."""
    if isinstance(config, dict):
        return {key: plain(as_text(config[key]), LONGEST_SHOWN) for key in _TARGETS if config.get(key)}
    return {"NotifyConfig": plain(as_text(config), LONGEST_SHOWN)} if config else {}
