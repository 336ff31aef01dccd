"""What PAI found, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.analyse.inputs import Input
from cli.output import Output
from sightline.ims.answers import as_text
from sightline.pai.client import AnalysisJob
from sightline.pai.results import Tag
from sightline.value import Value

# More of them say nothing to a person.
_MOST_NUMBERS = 8


class Made(Value):
    """A picture that was written."""

    file: str
    bytes: int
    notes: Sequence[str] = ()


def to_json(found: Any) -> Any:
    """Values by the names of their fields, all the way down."""
    if isinstance(found, Value):
        return {name: to_json(value) for name, value in found._asdict().items()}
    if isinstance(found, Mapping):
        return {name: to_json(value) for name, value in found.items()}
    return [to_json(value) for value in found] if isinstance(found, Sequence) and not isinstance(found, str) else found


def job_json(job: AnalysisJob, said: Mapping[str, str]) -> dict[str, Any]:
    return {**to_json(job), "address": _address(job, said)}


def show(output: Output, found: Any) -> None:
    """A value, or several; their notes come once, at the end."""
    values = [found] if isinstance(found, Value) else list(found)
    for value in values:
        for name, told in value._asdict().items():
            text = _shown(told) if name != "notes" else ""
            if text:
                output.say(f"{name:16} {text}")
    if not values:
        output.say("nothing was found")
    for note in dict.fromkeys(note for value in values for note in value._asdict().get("notes", ())):
        output.say(f"{'note':16} {note}")


def show_jobs(output: Output, jobs: Sequence[AnalysisJob], said: Mapping[str, str]) -> None:
    for job in jobs:
        output.say(f"\n{_address(job, said) or f'job {job.job_id}'}: {job.state}")
        if job.result is None:
            output.say(f"  {job.message}")
        else:
            show(output, job.result)


def typed(inputs: Sequence[Input]) -> dict[str, str]:
    """By the address that PAI was given, and tells again, what was typed."""
    return {each.url: each.said for each in inputs}


def _address(job: AnalysisJob, said: Mapping[str, str]) -> str:
    """Without what signs it, which opens the object to whoever reads it."""
    return said.get(job.address) or job.address.partition("?")[0]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listed(value)
    return as_text(value)


def _listed(values: Sequence[Any]) -> str:
    if all(isinstance(value, Tag) for value in values):
        return ", ".join(f"{tag.name} {tag.score:.3f}" for tag in values)
    if all(isinstance(value, (int, float)) for value in values):
        shown = " ".join(f"{value:g}" for value in values[:_MOST_NUMBERS])
        return f"{shown} … ({len(values)} numbers)" if len(values) > _MOST_NUMBERS else shown
    return ", ".join(map(str, values))
